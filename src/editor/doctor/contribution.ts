import type { Contribution } from '../manifest/contribution';
import { IN_RUNS_VIEW } from '../manifest/when';

export const contribution = {
  commands: {
    'xtrack.doctor': { title: 'Doctor', menus: [{ menu: 'view/title', group: '3_more@4', when: IN_RUNS_VIEW }] },
    'xtrack.showLog': { title: 'Show Log', menus: [{ menu: 'view/title', group: '3_more@5', when: IN_RUNS_VIEW }] },
  },
} as const satisfies Contribution;
