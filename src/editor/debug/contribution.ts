import type { Contribution } from '../manifest/contribution';
import { ON_DISK, TRUSTED, all } from '../manifest/when';

export const contribution = {
  commands: {
    'xtrack.debugCurrentFile': {
      title: 'Debug This Script with Tracking',
      icon: 'debug-alt',
      palette: all(TRUSTED, 'editorLangId == python', ON_DISK),
      menus: [
        { menu: 'editor/title/run', group: 'navigation@10', when: all(TRUSTED, 'resourceLangId == python', ON_DISK) },
      ],
    },
  },
} as const satisfies Contribution;
