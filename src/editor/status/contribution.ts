import type { Contribution } from '../manifest/contribution';

export const contribution = {
  settings: {
    notifyLongRunMinutes: {
      type: 'number',
      default: 10,
      minimum: 0,
      scope: 'window',
      order: 7,
      markdownDescription: 'Notify when a run longer than this many minutes completes. Set to `0` to disable.',
    },
  },
} as const satisfies Contribution;
