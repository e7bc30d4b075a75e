/** Clients find a collector by its collector.json (0600), which is outside the workspace because workspaces may be hostile. */
export interface Discovery {
  pid: number;
  host: string;
  port: number;
  token: string;
  version: string;
  /** Content hash of the collector's bundle. */
  build: string;
  protocol: number;
  /** Unix socket path, null where the system allows none (Windows, path too long). */
  socket: string | null;
}
