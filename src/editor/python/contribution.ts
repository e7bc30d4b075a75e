import type { Contribution } from '../manifest/contribution';

export const contribution = {
  settings: {
    interpreter: {
      type: 'string',
      default: '',
      scope: 'machine-overridable',
      order: 1,
      markdownDescription:
        'Python interpreter for launched scripts. Empty: the one chosen in the Python extension, else `python3`. `~` and `${workspaceFolder}` are replaced.',
      trustedOnly: true,
    },
  },
} as const satisfies Contribution;
