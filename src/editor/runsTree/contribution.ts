import type { Contribution } from '../manifest/contribution';
import { RUNS_VIEW, VIEW_CONTAINER } from '../manifest/ids';
import { HAS_RUNS, IN_FOLDER, IN_RUNS_VIEW, IS_RUN, NEVER, TRUSTED, all } from '../manifest/when';

export const contribution = {
  commands: {
    'xtrack.filterRuns': {
      title: 'Filter Runs…',
      icon: 'search',
      palette: HAS_RUNS,
      menus: [{ menu: 'view/title', group: 'navigation@2', when: all(IN_RUNS_VIEW, HAS_RUNS) }],
      keys: [{ key: 'ctrl+f', mac: 'cmd+f', when: 'focusedView == xtrack.runs' }],
    },
    'xtrack.clearFilter': {
      title: 'Clear Filter',
      icon: 'clear-all',
      palette: 'xtrack.filtered',
      menus: [{ menu: 'view/title', group: 'navigation@3', when: all(IN_RUNS_VIEW, 'xtrack.filtered') }],
    },
    'xtrack.refresh': {
      title: 'Refresh',
      icon: 'refresh',
      menus: [{ menu: 'view/title', group: '1_view@1', when: IN_RUNS_VIEW }],
    },
    'xtrack.loadMore': { title: 'Load More Runs', palette: NEVER },
    'xtrack.openArtifact': {
      title: 'Open',
      palette: NEVER,
      menus: [
        {
          menu: 'view/item/context',
          group: '1_open@1',
          when: all(IN_RUNS_VIEW, 'viewItem =~ /^(artifact|checkpoint)$/'),
        },
      ],
    },
    'xtrack.copyRunId': {
      title: 'Copy Run ID',
      palette: HAS_RUNS,
      menus: [{ menu: 'view/item/context', group: '4_data@1', when: all(IN_RUNS_VIEW, IS_RUN) }],
    },
  },
  viewsContainers: { activitybar: [{ id: 'xtrack', title: 'XTrack', icon: 'media/icon.svg' }] },
  views: { [VIEW_CONTAINER]: [{ id: 'xtrack.runs', name: 'Runs', icon: 'media/icon.svg', contextualTitle: 'XTrack' }] },
  viewsWelcome: [
    {
      view: RUNS_VIEW,
      when: all(TRUSTED, "xtrack.view == 'empty'"),
      contents:
        'No training runs yet. Track a script to see its run and live charts here.\n[Open Example](command:xtrack.openExample)\n[Track This Script](command:xtrack.launchCurrentFile)\n[Watch Existing Folder](command:xtrack.watchFolder)',
    },
    {
      view: RUNS_VIEW,
      when: all('workspaceFolderCount == 0', "xtrack.view == 'empty'"),
      contents: 'You can also open your project folder.\n[Open Folder](command:vscode.openFolder)',
    },
    {
      view: RUNS_VIEW,
      when: all(TRUSTED, "xtrack.view == 'empty'"),
      contents:
        'New to XTrack? [Get started in four steps](command:workbench.action.openWalkthrough?%22xtrack.xtrack%23xtrack.start%22). Runs missing? [Run the doctor](command:xtrack.doctor).',
    },
    {
      view: RUNS_VIEW,
      when: all(IN_FOLDER, '!isWorkspaceTrusted', "xtrack.view == 'empty'"),
      contents:
        'No training runs yet. This workspace is not trusted, so scripts cannot be launched from it.\n[Manage Workspace Trust](command:workbench.trust.manage)\n[Open Example](command:xtrack.openExample)',
    },
    {
      view: RUNS_VIEW,
      when: "xtrack.view == 'nomatch'",
      contents:
        'No runs match the filter.\n[Clear Filter](command:xtrack.clearFilter)\n[Change Filter](command:xtrack.filterRuns)',
    },
    {
      view: RUNS_VIEW,
      when: "xtrack.view == 'error'",
      contents:
        'Runs cannot be shown because the collector is not responding.\n[Try Again](command:xtrack.refresh)\n[Run Doctor](command:xtrack.doctor)\n[Show Log](command:xtrack.showLog)',
    },
  ],
} as const satisfies Contribution;
