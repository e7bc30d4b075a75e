/** A workspace may be moved, renamed, or copied to another machine: where a file of it is now. */

/**
 * `path` is absolute and was under `from` then; the same path under `to`, in the slashes of `to`. Null where it was not
 * under `from`, or is written so that it leads out of it.
 */
export function movedPath(path: string, from: string, to: string): string | null {
  const parts = partsOf(path);
  const root = partsOf(from);
  if (root.length === 0 || parts.length < root.length || root.some((part, i) => part !== parts[i])) return null;
  const rest = parts.slice(root.length);
  if (rest.includes('..')) return null;
  const slash = /^[A-Za-z]:|\\/.test(to) ? '\\' : '/';
  return [to.replace(/[\\/]+$/, ''), ...rest].join(slash);
}

/** A path with a drive or a network share is a Windows one: only there a backslash parts folders. */
function partsOf(path: string): string[] {
  const isWindows = /^(?:[A-Za-z]:[\\/]|\\\\)/.test(path);
  return path
    .split(isWindows ? /[\\/]+/ : /\/+/)
    .filter((part, i) => part !== '.' && (part !== '' || (i === 0 && !isWindows)));
}
