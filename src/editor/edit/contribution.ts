import type { Contribution } from '../manifest/contribution';
import { HAS_RUNS, IN_RUNS_VIEW, IS_RUN, NEVER, RUN_HAS_FOCUS, all } from '../manifest/when';

export const contribution = {
  commands: {
    'xtrack.rename': {
      title: 'Rename…',
      palette: HAS_RUNS,
      menus: [{ menu: 'view/item/context', group: '3_edit@2', when: all(IN_RUNS_VIEW, IS_RUN) }],
      keys: [{ key: 'f2', when: RUN_HAS_FOCUS }],
    },
    'xtrack.editNotes': {
      title: 'Edit Notes',
      palette: HAS_RUNS,
      menus: [{ menu: 'view/item/context', group: '3_edit@4', when: all(IN_RUNS_VIEW, IS_RUN) }],
    },
    'xtrack.tag': {
      title: 'Edit Tags…',
      palette: HAS_RUNS,
      menus: [{ menu: 'view/item/context', group: '3_edit@3', when: all(IN_RUNS_VIEW, IS_RUN) }],
    },
    'xtrack.star': {
      title: 'Star',
      palette: HAS_RUNS,
      menus: [
        {
          menu: 'view/item/context',
          group: '3_edit@1',
          when: all(IN_RUNS_VIEW, 'viewItem =~ /^run\\.(?!.*\\.starred)/'),
        },
      ],
    },
    'xtrack.unstar': {
      title: 'Remove Star',
      palette: NEVER,
      menus: [
        { menu: 'view/item/context', group: '3_edit@1', when: all(IN_RUNS_VIEW, 'viewItem =~ /^run\\..*\\.starred/') },
      ],
    },
    'xtrack.delete': {
      title: 'Move to Trash',
      palette: HAS_RUNS,
      menus: [{ menu: 'view/item/context', group: '5_delete@1', when: all(IN_RUNS_VIEW, IS_RUN) }],
      keys: [{ key: 'delete', mac: 'cmd+backspace', when: RUN_HAS_FOCUS }],
    },
  },
} as const satisfies Contribution;
