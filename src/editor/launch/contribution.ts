import type { Contribution } from '../manifest/contribution';
import { TASK_TYPE } from '../manifest/ids';
import { HAS_RUNS, IN_RUNS_VIEW, IS_RUN, ON_DISK, TRUSTED, all } from '../manifest/when';

/** What a profile or a task runs, and how. */
const PROGRAM = {
  script: { type: 'string', pattern: '\\S', description: 'The Python script, relative to the workspace folder.' },
  module: { type: 'string', pattern: '\\S', description: 'A Python module, run as with `python -m`.' },
  command: {
    anyOf: [
      { type: 'string', minLength: 1 },
      { type: 'array', items: { type: 'string' }, minItems: 1 },
    ],
    description: 'Any program with its arguments.',
  },
  args: {
    anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    description: 'Arguments, as a line or a list. ${workspaceFolder} and ${env:NAME} are replaced.',
  },
  interpreter: {
    type: 'string',
    pattern: '\\S',
    description: 'The Python to run it with. Without: as for other scripts.',
  },
  cwd: { type: 'string', pattern: '\\S', description: 'The working directory. Without: the workspace folder.' },
  env: { type: 'object', additionalProperties: { type: 'string' }, description: 'Variables added to the environment.' },
  tty: {
    type: 'boolean',
    default: false,
    description: 'Give the script a terminal, and input that is typed in its output.',
  },
  backend: { type: 'string', enum: ['local'], default: 'local', description: 'Where it runs.' },
  gpus: {
    anyOf: [
      { type: 'string', pattern: '^[\\w,: -]*$' },
      { type: 'array', items: { type: 'integer', minimum: 0 } },
    ],
    description: 'GPUs that the script sees (CUDA_VISIBLE_DEVICES). An empty text: none.',
  },
  workers: {
    type: 'integer',
    minimum: 1,
    maximum: 256,
    default: 1,
    description:
      'So many processes of the script on one run, each with RANK, LOCAL_RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as torchrun starts them.',
  },
  recovery: {
    description: 'Whether a run that failed goes on by itself from its last checkpoint.',
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
              'A failed run is left as it is.',
              'It is started again when it has logged a checkpoint since it was last started.',
            ],
            default: 'on-failure',
          },
          maxAttempts: {
            type: 'integer',
            minimum: 1,
            maximum: 1000,
            default: 3,
            description: 'How often it is started at most, the first time included.',
          },
          backoffSeconds: {
            type: 'number',
            minimum: 0,
            maximum: 86400,
            default: 10,
            description: 'Before the second attempt; doubled before each further one.',
          },
        },
      },
    ],
  },
  runName: { type: 'string', pattern: '\\S', description: 'The name of its runs.' },
  experiment: { type: 'string', pattern: '\\S', description: 'The experiment that its runs belong to.' },
  tags: { type: 'object', additionalProperties: { type: 'string' }, description: 'Tags of its runs.' },
} as const;

export const contribution = {
  commands: {
    'xtrack.launch': {
      title: 'Launch a Script…',
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
      markdownDescription:
        'What *XTrack: Launch a Script…*, tasks of type `xtrack` and *Run Again* launch, each under a name of its own.',
      items: {
        type: 'object',
        required: ['name'],
        oneOf: [{ required: ['script'] }, { required: ['module'] }, { required: ['command'] }],
        additionalProperties: false,
        properties: {
          name: { type: 'string', pattern: '\\S', description: 'What it is called in menus and tasks.' },
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
        "Regular expressions (Python's) by which metrics are read from what a launched script prints, before the built-in rules, which know `loss=0.1`, `epoch 3/10 val_acc: 0.9`, lines of JSON and progress bars. Named groups say what is what: `(?P<step>\\d+)`, `(?P<epoch>\\d+)`, `(?P<key>\\w+)` with `(?P<value>[\\d.]+)`; any other name is a metric's, such as `(?P<val__loss>[\\d.]+)` for `val/loss`. Only scripts that log no metrics themselves are read.",
      trustedOnly: true,
    },
  },
  tasks: {
    [TASK_TYPE]: {
      profile: { type: 'string', description: 'A launch profile of xtrack.launchProfiles.' },
      folder: {
        type: 'string',
        description: 'The workspace folder whose profile it is, by its name, where several have one of that name.',
      },
      ...PROGRAM,
    },
  },
} as const satisfies Contribution;
