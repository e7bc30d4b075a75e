/** A finding has the shape of those of the client's doctor, plus a button where the editor can fix it. */
import { t } from '../../base/texts';

export interface Finding {
  id: string;
  level: Level;
  title: string;
  detail: string;
  /** What to do; '' if there is nothing to do. */
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
