/** The same shape as the client's own doctor has, with a button where the editor has one for it. */
import { t } from '../../base/texts';

export interface Finding {
  id: string;
  level: Level;
  title: string;
  detail: string;
  /** What to do; '' where nothing has to be. */
  action: string;
  fix?: Fix;
}

export interface Fix {
  title: string;
  command: string;
  args?: unknown[];
}

export const LEVELS = ['error', 'warning', 'info', 'ok'] as const;
export type Level = (typeof LEVELS)[number];

export function showLog(): Fix {
  return { title: t('Show Log'), command: 'xtrack.showLog' };
}
