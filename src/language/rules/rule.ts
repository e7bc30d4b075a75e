import type { PythonNames } from '../python/pythonNames';
import type { PythonSource } from '../python/pythonSource';

/** A rule finds only certain mistakes, and stays silent if there is any doubt. */
export interface Finding {
  from: number;
  to: number;
  message: string;
}

export interface Rule {
  /** Shown with each finding; its page is `docs/rules/<id>.md`. */
  readonly id: string;
  readonly severity: 'error' | 'warning' | 'hint';
  /** Only files that mention xtrack are checked. */
  check(source: PythonSource, names: PythonNames): Iterable<Finding>;
}
