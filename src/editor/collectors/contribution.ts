import type { Contribution } from '../manifest/contribution';

export const contribution = {
  settings: {
    directory: {
      type: 'string',
      default: '',
      scope: 'machine-overridable',
      order: 3,
      markdownDescription:
        'The `.xtrack` directory whose runs are shown, relative to the workspace folder. If empty, the nearest `.xtrack` in a parent folder is used, or else the one in the Git root or the workspace folder. The environment variable `XTRACK_DIR` takes precedence.',
      trustedOnly: true,
    },
    journals: {
      type: 'string',
      enum: ['delete', 'gzip', 'keep'],
      enumDescriptions: [
        'Delete the journals. The database contains everything in about a tenth of the space.',
        'Compress the journals and keep them beside the database, so that it can be rebuilt from them.',
        'Keep the journals as they are. Runs are not sealed.',
      ],
      default: 'delete',
      scope: 'machine',
      order: 11,
      markdownDescription:
        'What happens to the journals of a finished run after its database has been verified to contain every event.',
    },
    'retention.days': {
      type: 'number',
      default: 0,
      minimum: 0,
      scope: 'machine',
      order: 12,
      markdownDescription:
        'Number of days after which finished runs are moved to the trash. Set to `0` to keep them forever. Runs that are active, starred, renamed, tagged, have notes or were restored from the trash are never moved. Moved runs are listed in the log of the collector.',
    },
    'retention.trashDays': {
      type: 'number',
      default: 30,
      minimum: 0,
      scope: 'machine',
      order: 13,
      markdownDescription:
        'Number of days after which runs in the trash are permanently deleted. Set to `0` to delete them only with *Empty Trash*. Checkpoints and artifacts outside `.xtrack` are never deleted.',
    },
    idleExitMinutes: {
      type: 'number',
      default: 10,
      minimum: 1,
      scope: 'machine',
      order: 14,
      description:
        'Number of minutes after which the collector, the background process that stores runs, exits when no window is open and no run is active.',
    },
  },
  configurationDefaults: {
    'files.watcherExclude': { '**/.xtrack/**': true },
    'search.exclude': { '**/.xtrack/**': true },
    'remote.portsAttributes': {
      '.+/collector-[0-9a-f]+/collector\\.js': { label: 'XTrack collector', onAutoForward: 'ignore' },
    },
  },
  texts: {
    description:
      'Watch, launch, stop and resume training runs inside the editor: live charts, nothing lost, nothing sent anywhere.',
    untrusted: 'Runs are shown, but launching, resuming, stopping and installing are disabled.',
  },
} as const satisfies Contribution;
