import type { Contribution } from '../manifest/contribution';

export const contribution = {
  settings: {
    interpreter: {
      type: 'string',
      default: '',
      scope: 'machine-overridable',
      order: 1,
      markdownDescription:
        'Path to the Python interpreter for launched scripts. If empty, the interpreter selected in the Python extension is used, or else `python3`. `~` and `${workspaceFolder}` are substituted.',
      trustedOnly: true,
    },
  },
} as const satisfies Contribution;
