import type { Contribution } from '../manifest/contribution';
import { HAS_RUNS, IN_RUNS_VIEW, IS_RUN, all } from '../manifest/when';

export const contribution = {
  commands: {
    'xtrack.exportRun': {
      title: 'Export…',
      icon: 'export',
      palette: HAS_RUNS,
      menus: [{ menu: 'view/item/context', group: '4_data@2', when: all(IN_RUNS_VIEW, IS_RUN) }],
    },
  },
} as const satisfies Contribution;
