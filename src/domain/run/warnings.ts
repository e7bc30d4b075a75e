import type { RunState, WriterState } from './state';

const MAX_WARNINGS = 200;

/** Keeps one entry for each kind and writer, with its first message and a count. */
export function warn(
  state: RunState,
  code: string,
  message: string,
  where: WriterState | { file: string; offset?: number },
): void {
  const file = 'file' in where ? where.file : `${where.worker}/${where.writer}`;
  const known = state.warnings.find((warning) => warning.code === code && warning.file === file);
  if (known) {
    known.count++;
    return;
  }
  if (state.warnings.length >= MAX_WARNINGS) return;
  const offset = 'file' in where ? where.offset : undefined;
  state.warnings.push({ code, message, file, ...(offset === undefined ? {} : { offset }), count: 1 });
}
