import type { SourceLine } from '../../protocol/rows';

const FRAME = /^[\s|+]*File "([^"\n]+)", line (\d+)/gm;
const NOT_THE_USERS =
  /^<|[\\/](?:site|dist)-packages[\\/]|[\\/]lib(?:64)?[\\/](?:python|pypy)\d+(?:\.\d+)?t?[\\/]|[\\/]Python\d+[\\/]Lib[\\/]|[\\/](?:python|client)[\\/]xtrack[\\/](?:\w+[\\/])*[\w.]+$/i;

/** The innermost frame of the user's own code in a Python traceback, skipping the standard library, packages and XTrack. */
export function userFrame(traceback: string, cwd: string | null): SourceLine | null {
  const frames = [...traceback.matchAll(FRAME)].map(([, file, line]) => ({ file: file!, line: Number(line) }));
  const frame = frames.findLast(({ file }) => !NOT_THE_USERS.test(file));
  return frame ? { file: absolute(frame.file, cwd), line: frame.line } : null;
}

function absolute(file: string, cwd: string | null): string {
  // A notebook's cell has an address of its own.
  if (cwd === null || /^(?:[\\/]|[A-Za-z]:[\\/]|vscode-notebook-cell:)/.test(file)) return file;
  return `${cwd.replace(/[\\/]+$/, '')}/${file.replace(/^\.[\\/]/, '')}`;
}
