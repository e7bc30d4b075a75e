import type { Contribution } from '../manifest/contribution';
import { IN_FOLDER, IN_RUNS_VIEW, all } from '../manifest/when';

export const contribution = {
  commands: {
    'xtrack.restoreDeleted': {
      title: 'Restore from Trash…',
      palette: IN_FOLDER,
      menus: [{ menu: 'view/title', group: '2_data@1', when: all(IN_RUNS_VIEW, IN_FOLDER) }],
    },
    'xtrack.emptyTrash': {
      title: 'Empty Trash…',
      palette: IN_FOLDER,
      menus: [{ menu: 'view/title', group: '2_data@4', when: all(IN_RUNS_VIEW, IN_FOLDER) }],
    },
    'xtrack.diskUsage': {
      title: 'Disk Usage',
      palette: IN_FOLDER,
      menus: [{ menu: 'view/title', group: '2_data@3', when: all(IN_RUNS_VIEW, IN_FOLDER) }],
    },
    'xtrack.rebuildDatabase': {
      title: 'Rebuild Database',
      palette: IN_FOLDER,
      menus: [{ menu: 'view/title', group: '2_data@2', when: all(IN_RUNS_VIEW, IN_FOLDER) }],
    },
  },
} as const satisfies Contribution;
