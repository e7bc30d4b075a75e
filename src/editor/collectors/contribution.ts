import type { Contribution } from '../manifest/contribution';

export const contribution = {
  settings: {
    directory: {
      type: 'string',
      default: '',
      scope: 'machine-overridable',
      order: 3,
      markdownDescription:
        'The `.xtrack` directory whose runs are shown, relative to the workspace folder. Empty: the nearest `.xtrack` upwards, else that of the Git root, else that of the workspace folder. The variable `XTRACK_DIR` wins over it.',
      trustedOnly: true,
    },
    journals: {
      type: 'string',
      enum: ['delete', 'gzip', 'keep'],
      enumDescriptions: [
        'Remove them: the database has everything, in about a tenth of the space.',
        'Pack them beside the database, so that it can be made again from them.',
        'Leave runs as they are; nothing is sealed.',
      ],
      default: 'delete',
      scope: 'machine',
      order: 11,
      markdownDescription:
        'What becomes of the journals of a run that ended, once its database was written, read back and found to have every event that they have.',
    },
    'retention.days': {
      type: 'number',
      default: 0,
      minimum: 0,
      scope: 'machine',
      order: 12,
      markdownDescription:
        'Days after which runs that ended move to the trash. `0`: they are kept for ever. Never moved: runs that still go on, and those that somebody starred, renamed, tagged, wrote notes on, or took out of the trash. What moved is said in the log of the background process.',
    },
    'retention.trashDays': {
      type: 'number',
      default: 30,
      minimum: 0,
      scope: 'machine',
      order: 13,
      markdownDescription:
        'Days after which runs in the trash are deleted for good. `0`: only *Empty Trash* deletes them. Checkpoints and artifacts outside `.xtrack` are never deleted.',
    },
    idleExitMinutes: {
      type: 'number',
      default: 10,
      minimum: 1,
      scope: 'machine',
      order: 14,
      description:
        'Minutes without a window and without a run after which the background process that keeps the runs ends.',
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
    untrusted: 'Shows runs, but launches, resumes, stops and installs nothing.',
  },
} as const satisfies Contribution;
