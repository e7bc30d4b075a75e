import type { Contribution } from '../manifest/contribution';
import { IN_RUNS_VIEW, TRUSTED, all } from '../manifest/when';

export const contribution = {
  commands: {
    'xtrack.installClient': {
      title: 'Install Client…',
      palette: TRUSTED,
      menus: [{ menu: 'view/title', group: '3_more@3', when: all(IN_RUNS_VIEW, TRUSTED) }],
    },
  },
} as const satisfies Contribution;
