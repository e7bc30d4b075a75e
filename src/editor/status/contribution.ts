import type { Contribution } from '../manifest/contribution';

export const contribution = {
  settings: {
    notifyLongRunMinutes: {
      type: 'number',
      default: 10,
      minimum: 0,
      scope: 'window',
      order: 7,
      markdownDescription: 'Tell when a run that took longer than this many minutes has completed. `0`: never.',
    },
  },
} as const satisfies Contribution;
