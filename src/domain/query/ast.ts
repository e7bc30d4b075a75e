/** The syntax tree of a query in the filter language: the parser yields it, the store compiles it to SQL. */

export type CompareOp = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type Stat = 'last' | 'min' | 'max' | 'mean';

/** Columns of a run row that a query may name. Times are epoch ms, duration is in seconds (of an active run: up to now), sizes in bytes. */
export const COLUMNS = [
  'status',
  'name',
  'experiment',
  'phase',
  'parent',
  'run_id',
  'starred',
  'created',
  'started',
  'ended',
  'duration',
  'attempt',
  'size',
  'files_size',
  'trashed',
] as const;
export type Column = (typeof COLUMNS)[number];

export type Field =
  | { kind: 'column'; name: Column }
  | { kind: 'param'; key: string }
  | { kind: 'metric'; key: string; stat: Stat }
  | { kind: 'tag'; key: string };

export type Value = string | number | boolean;

export type Expression =
  /** A missing key makes any comparison false, even `!=`. Numeric strings compare as numbers. */
  | { kind: 'compare'; field: Field; op: CompareOp; value: Value }
  /** `~`: the pattern (RE2, validated when parsed) occurs somewhere in the field's text. */
  | { kind: 'match'; field: Field; pattern: string }
  | { kind: 'in'; field: Field; values: Value[] }
  | { kind: 'not'; of: Expression }
  | { kind: 'and' | 'or'; of: Expression[] };

/** Null if the text was blank, so that every run matches. */
export type Query = Expression | null;
