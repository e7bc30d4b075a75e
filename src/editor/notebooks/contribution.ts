import type { Contribution } from '../manifest/contribution';
import { TRUSTED, all } from '../manifest/when';

export const contribution = {
  commands: {
    'xtrack.trackCell': {
      title: 'Track This Cell',
      icon: 'play',
      palette: all(TRUSTED, 'notebookType =~ /^(jupyter-notebook|interactive)$/'),
      menus: [
        { menu: 'interactive/toolbar', group: 'navigation', when: TRUSTED },
        { menu: 'interactive/cell/title', group: 'inline', when: TRUSTED },
      ],
    },
  },
} as const satisfies Contribution;
