import type { Contribution } from '../manifest/contribution';
import { TASK_TYPE } from '../manifest/ids';
import { HAS_RUNS, IN_RUNS_VIEW, IS_RUN, ON_DISK, TRUSTED, all } from '../manifest/when';

/** What a profile or a task runs, and how. */
const PROGRAM = {
  script: { type: 'string', pattern: '\\S', description: 'Python script to run, relative to the workspace folder.' },
  module: { type: 'string', pattern: '\\S', description: 'Python module to run, as with `python -m`.' },
  command: {
    anyOf: [
      { type: 'string', minLength: 1 },
      { type: 'array', items: { type: 'string' }, minItems: 1 },
    ],
    description: 'Program to run, with its arguments.',
  },
  args: {
    anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    description: 'Arguments, as a string or a list. ${workspaceFolder} and ${env:NAME} are substituted.',
  },
  interpreter: {
    type: 'string',
    pattern: '\\S',
    description: 'Python interpreter. Defaults to the one used for other scripts.',
  },
  cwd: { type: 'string', pattern: '\\S', description: 'Working directory. Defaults to the workspace folder.' },
  env: { type: 'object', additionalProperties: { type: 'string' }, description: 'Environment variables to add.' },
  tty: {
    type: 'boolean',
    default: false,
    description: 'Run the script in a terminal, so that it accepts input typed in its output.',
  },
  backend: { type: 'string', enum: ['local'], default: 'local', description: 'Where to run the script.' },
  gpus: {
    anyOf: [
      { type: 'string', pattern: '^[\\w,: -]*$' },
      { type: 'array', items: { type: 'integer', minimum: 0 } },
    ],
    description: 'GPUs visible to the script (CUDA_VISIBLE_DEVICES). An empty string hides all GPUs.',
  },
  workers: {
    type: 'integer',
    minimum: 1,
    maximum: 256,
    default: 1,
    description:
      'Number of processes to start for one run. As with torchrun, each gets RANK, LOCAL_RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT.',
  },
  recovery: {
    description: 'Whether a failed run is resumed automatically from its last checkpoint.',
    anyOf: [
      { type: 'string', enum: ['never', 'on-failure'], default: 'on-failure' },
      {
        type: 'object',
        required: ['policy'],
        additionalProperties: false,
        default: { policy: 'on-failure', maxAttempts: 3 },
        properties: {
          policy: {
            type: 'string',
            enum: ['never', 'on-failure'],
            enumDescriptions: [
              'Do not restart a failed run.',
              'Restart a failed run if it has logged a checkpoint since its last start.',
            ],
            default: 'on-failure',
          },
          maxAttempts: {
            type: 'integer',
            minimum: 1,
            maximum: 1000,
            default: 3,
            description: 'Maximum number of attempts, including the first one.',
          },
          backoffSeconds: {
            type: 'number',
            minimum: 0,
            maximum: 86400,
            default: 10,
            description: 'Seconds to wait before the second attempt. The delay doubles with each further attempt.',
          },
        },
      },
    ],
  },
  runName: { type: 'string', pattern: '\\S', description: 'Name for the runs.' },
  experiment: { type: 'string', pattern: '\\S', description: 'Experiment that the runs belong to.' },
  tags: { type: 'object', additionalProperties: { type: 'string' }, description: 'Tags for the runs.' },
} as const;

export const contribution = {
  commands: {
    'xtrack.launch': {
      title: 'Launch Script…',
      icon: 'play',
      palette: TRUSTED,
      menus: [{ menu: 'view/title', group: 'navigation@1', when: all(IN_RUNS_VIEW, TRUSTED) }],
    },
    'xtrack.launchCurrentFile': {
      title: 'Track This Script',
      icon: 'play',
      palette: all(TRUSTED, 'editorLangId == python', ON_DISK),
      menus: [
        { menu: 'editor/title/run', group: 'navigation@9', when: all(TRUSTED, 'resourceLangId == python', ON_DISK) },
        { menu: 'explorer/context', group: '4_search@9', when: all(TRUSTED, 'resourceLangId == python', ON_DISK) },
      ],
      keys: [
        { key: 'ctrl+k x', mac: 'cmd+k x', when: all('editorTextFocus', 'editorLangId == python', ON_DISK, TRUSTED) },
      ],
    },
    'xtrack.runAgain': {
      title: 'Run Again',
      icon: 'run-all',
      palette: all(TRUSTED, HAS_RUNS),
      menus: [{ menu: 'view/item/context', group: '2_control@5', when: all(IN_RUNS_VIEW, TRUSTED, IS_RUN) }],
    },
    'xtrack.editAndRun': {
      title: 'Edit Parameters and Run…',
      icon: 'edit',
      palette: all(TRUSTED, HAS_RUNS),
      menus: [{ menu: 'view/item/context', group: '2_control@6', when: all(IN_RUNS_VIEW, TRUSTED, IS_RUN) }],
    },
  },
  settings: {
    launchProfiles: {
      type: 'array',
      default: [],
      scope: 'resource',
      order: 2,
      markdownDescription: 'Named launch profiles for *XTrack: Launch Script…* and for tasks of type `xtrack`.',
      items: {
        type: 'object',
        required: ['name'],
        oneOf: [{ required: ['script'] }, { required: ['module'] }, { required: ['command'] }],
        additionalProperties: false,
        properties: {
          name: { type: 'string', pattern: '\\S', description: 'Name of the profile, shown in menus and tasks.' },
          ...PROGRAM,
        },
        defaultSnippets: [
          {
            label: 'Python script',
            body: { name: '${1:train}', script: '${2:train.py}', args: '${3:--epochs 20}', recovery: 'on-failure' },
          },
          { label: 'Distributed script', body: { name: '${1:train}', script: '${2:train.py}', workers: 4 } },
        ],
      },
      trustedOnly: true,
    },
    outputPatterns: {
      type: 'array',
      items: { type: 'string' },
      default: [],
      scope: 'resource',
      order: 4,
      markdownDescription:
        'Python regular expressions that extract metrics from the output of launched scripts. They are tried before the built-in patterns, which recognize `loss=0.1`, `epoch 3/10 val_acc: 0.9`, JSON lines and progress bars. Use the named groups `(?P<step>\\d+)`, `(?P<epoch>\\d+)`, and `(?P<key>\\w+)` with `(?P<value>[\\d.]+)`. Any other group name is the name of a metric, such as `(?P<val__loss>[\\d.]+)` for `val/loss`. Applies only to scripts that log no metrics themselves.',
      trustedOnly: true,
    },
  },
  tasks: {
    [TASK_TYPE]: {
      profile: { type: 'string', description: 'Name of a launch profile in xtrack.launchProfiles.' },
      folder: {
        type: 'string',
        description:
          'Name of the workspace folder that defines the profile, if several folders define one with this name.',
      },
      ...PROGRAM,
    },
  },
} as const satisfies Contribution;
