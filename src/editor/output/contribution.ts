import type { Contribution } from '../manifest/contribution';
import { HAS_RUNS, IN_RUNS_VIEW, IS_RUN, NEVER, all } from '../manifest/when';

export const contribution = {
  commands: {
    'xtrack.showOutput': {
      title: 'Show Output',
      icon: 'terminal',
      palette: HAS_RUNS,
      menus: [{ menu: 'view/item/context', group: '1_open@2', when: all(IN_RUNS_VIEW, IS_RUN) }],
    },
    'xtrack.openFailure': {
      title: 'Go to Failing Line',
      icon: 'go-to-file',
      palette: NEVER,
      menus: [{ menu: 'view/item/context', group: '1_open@3', when: all(IN_RUNS_VIEW, 'viewItem =~ /\\.located/') }],
    },
  },
} as const satisfies Contribution;
