/** Finds the current path of a file in a workspace that was moved, renamed, or copied to another machine. */

/**
 * Moves the absolute `path` from below `from` to below `to`, with the slashes of `to`. Returns null if it is not below
 * `from`, or leads out of it.
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

/** A path with a drive or a network share comes from Windows, and only there a backslash separates folders. */
function partsOf(path: string): string[] {
  const isWindows = /^(?:[A-Za-z]:[\\/]|\\\\)/.test(path);
  return path
    .split(isWindows ? /[\\/]+/ : /\/+/)
    .filter((part, i) => part !== '.' && (part !== '' || (i === 0 && !isWindows)));
}
