import type { PythonNames } from '../python/pythonNames';
import type { PythonSource } from '../python/pythonSource';

/** A mistake that is certain: a rule stays silent where a file leaves any doubt. */
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
