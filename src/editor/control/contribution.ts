import type { Contribution } from '../manifest/contribution';
import { HAS_RUNS, IN_RUNS_VIEW, IS_ACTIVE_RUN, IS_CHECKPOINT, IS_ENDED_RUN, TRUSTED, all } from '../manifest/when';

export const contribution = {
  commands: {
    'xtrack.stop': {
      title: 'Stop Run',
      icon: 'debug-stop',
      palette: all(TRUSTED, HAS_RUNS),
      menus: [
        { menu: 'view/item/context', group: 'inline@1', when: all(IN_RUNS_VIEW, TRUSTED, IS_ACTIVE_RUN) },
        { menu: 'view/item/context', group: '2_control@1', when: all(IN_RUNS_VIEW, TRUSTED, IS_ACTIVE_RUN) },
      ],
    },
    'xtrack.sendCommand': {
      title: 'Send Command to Script…',
      icon: 'comment',
      palette: all(TRUSTED, HAS_RUNS),
      menus: [{ menu: 'view/item/context', group: '2_control@3', when: all(IN_RUNS_VIEW, TRUSTED, IS_ACTIVE_RUN) }],
    },
    'xtrack.resume': {
      title: 'Resume Run',
      icon: 'debug-restart',
      palette: all(TRUSTED, HAS_RUNS),
      menus: [
        { menu: 'view/item/context', group: 'inline@1', when: all(IN_RUNS_VIEW, TRUSTED, IS_ENDED_RUN) },
        { menu: 'view/item/context', group: '2_control@1', when: all(IN_RUNS_VIEW, TRUSTED, IS_ENDED_RUN) },
      ],
    },
    'xtrack.resumeFrom': {
      title: 'Resume from Checkpoint…',
      icon: 'debug-restart-frame',
      palette: all(TRUSTED, HAS_RUNS),
      menus: [
        { menu: 'view/item/context', group: 'inline@1', when: all(IN_RUNS_VIEW, TRUSTED, IS_CHECKPOINT) },
        {
          menu: 'view/item/context',
          group: '2_control@2',
          when: all(IN_RUNS_VIEW, TRUSTED, 'viewItem =~ /^run\\.ended.*\\.checkpointed/'),
        },
        { menu: 'view/item/context', group: '2_control@2', when: all(IN_RUNS_VIEW, TRUSTED, IS_CHECKPOINT) },
      ],
    },
    'xtrack.fork': {
      title: 'Fork from Checkpoint…',
      icon: 'repo-forked',
      palette: all(TRUSTED, HAS_RUNS),
      menus: [
        {
          menu: 'view/item/context',
          group: '2_control@4',
          when: all(IN_RUNS_VIEW, TRUSTED, 'viewItem =~ /^run\\..*\\.checkpointed/'),
        },
        { menu: 'view/item/context', group: '2_control@3', when: all(IN_RUNS_VIEW, TRUSTED, IS_CHECKPOINT) },
      ],
    },
  },
} as const satisfies Contribution;
