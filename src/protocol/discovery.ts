/** How a collector is found: collector.json (0600) in a directory outside the workspace, which may be hostile. */
export interface Discovery {
  pid: number;
  host: string;
  port: number;
  token: string;
  version: string;
  /** Content hash of the collector's bundle. */
  build: string;
  protocol: number;
  /** Unix socket path, null where none could be made (Windows, path too long). */
  socket: string | null;
}
