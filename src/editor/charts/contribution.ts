import type { Contribution } from '../manifest/contribution';
import { HAS_RUNS, IN_RUNS_VIEW, IS_RUN, all } from '../manifest/when';

export const contribution = {
  commands: {
    'xtrack.openCharts': {
      title: 'Open Charts',
      icon: 'graph-line',
      palette: HAS_RUNS,
      menus: [
        { menu: 'view/title', group: '1_view@2', when: all(IN_RUNS_VIEW, "xtrack.view == 'runs'") },
        { menu: 'view/item/context', group: 'inline@2', when: all(IN_RUNS_VIEW, IS_RUN) },
        { menu: 'view/item/context', group: 'inline@2', when: all(IN_RUNS_VIEW, 'viewItem == experiment') },
        { menu: 'view/item/context', group: '1_open@1', when: all(IN_RUNS_VIEW, IS_RUN) },
      ],
    },
  },
  settings: {
    openChartsOnLaunch: {
      type: 'boolean',
      default: true,
      scope: 'window',
      order: 5,
      description: 'Open live charts beside the editor when a run is launched.',
    },
  },
} as const satisfies Contribution;
