import type { Contribution } from '../manifest/contribution';
import { IN_RUNS_VIEW, NEVER, TRUSTED, all } from '../manifest/when';

export const contribution = {
  commands: {
    'xtrack.watchFolder': {
      title: 'Watch Existing Folder…',
      palette: TRUSTED,
      menus: [{ menu: 'view/title', group: '3_more@1', when: all(IN_RUNS_VIEW, TRUSTED) }],
    },
    'xtrack.openExample': {
      title: 'Open Example',
      menus: [{ menu: 'view/title', group: '3_more@2', when: IN_RUNS_VIEW }],
    },
    'xtrack.copyLines': { title: 'Copy Three Lines', palette: NEVER },
  },
  walkthrough: {
    id: 'xtrack.start',
    title: 'Get Started with XTrack',
    description: 'See live charts of your own training in four steps.',
    steps: {
      example: {
        title: 'Open the example',
        description:
          'A small training script that only needs Python. It opens in a new window, with a button above the script to start it.\n[Open Example](command:xtrack.openExample)',
        altText: 'The example script with "Track this script" above it, and a chart of its loss beside it',
      },
      track: {
        title: 'Track your own script',
        description:
          'Open a Python training script and select **Track this script** above it. The script runs unchanged, and XTrack records its output, exit code, Git state and the values it prints.\n[Track a Script](command:xtrack.launchCurrentFile)',
        altText: 'A run in the Runs view, with its status and key metric',
      },
      lines: {
        title: 'Add three lines',
        description:
          'Log what matters to you: metrics, parameters and checkpoints. Scripts launched from VS Code need no installation.\n[Copy Three Lines](command:xtrack.copyLines)\nTraining somewhere else? [Install the client](command:xtrack.installClient) there.',
        altText: 'from xtrack import Tracker; with Tracker.start_run() as run; run.log_metric',
      },
      compare: {
        title: 'Compare runs',
        description:
          'Select several runs and open them in one panel. Each metric is a chart with one curve per run.\n[Select Runs to Compare](command:xtrack.openCharts)',
        altText: 'Charts with two curves each, one per run',
      },
    },
  },
} as const satisfies Contribution;
