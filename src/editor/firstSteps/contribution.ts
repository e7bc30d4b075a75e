import type { Contribution } from '../manifest/contribution';
import { IN_RUNS_VIEW, NEVER, TRUSTED, all } from '../manifest/when';

export const contribution = {
  commands: {
    'xtrack.watchFolder': {
      title: 'Watch an Existing Folder…',
      palette: TRUSTED,
      menus: [{ menu: 'view/title', group: '3_more@1', when: all(IN_RUNS_VIEW, TRUSTED) }],
    },
    'xtrack.openExample': {
      title: 'Open the Example',
      menus: [{ menu: 'view/title', group: '3_more@2', when: IN_RUNS_VIEW }],
    },
    'xtrack.copyLines': { title: 'Copy the Three Lines', palette: NEVER },
  },
  walkthrough: {
    id: 'xtrack.start',
    title: 'Get Started with XTrack',
    description: 'From nothing to live curves of your own training, in four steps.',
    steps: {
      example: {
        title: 'Open the example',
        description:
          'A small training that needs nothing but Python: it opens in a window of its own, with a button above the script that starts it.\n[Open the Example](command:xtrack.openExample)',
        altText: 'The example script with the line "Track this script" above it, and its loss as a curve beside it',
      },
      track: {
        title: 'Track your own script',
        description:
          'Open a Python script that trains and click **Track this script** above it. It runs as it is: its output, its exit, its Git state and the values that it prints are recorded.\n[Track a Script](command:xtrack.launchCurrentFile)',
        altText: 'A run appears in the list of runs, with its status and its key metric',
      },
      lines: {
        title: 'Add three lines',
        description:
          'Log what matters to you: metrics, parameters, checkpoints. Nothing has to be installed for scripts that are launched here.\n[Copy the Three Lines](command:xtrack.copyLines)\nTraining elsewhere? [Install the client](command:xtrack.installClient) there.',
        altText: 'from xtrack import Tracker; with Tracker.start_run() as run; run.log_metric',
      },
      compare: {
        title: 'Compare runs',
        description:
          'Select several runs and open them in one panel: every metric is one chart with a curve for each run.\n[Choose Runs to Compare](command:xtrack.openCharts)',
        altText: 'Two runs drawn as two curves in each chart',
      },
    },
  },
} as const satisfies Contribution;
