import * as fs from 'node:fs/promises';
import * as vscode from 'vscode';
import { basename, dirname } from 'node:path';
import { DisposableStore } from '../../base/disposable';
import type { ListRequest, Method, Request, Results } from '../../protocol/api';
import { ApiError, userError } from '../../protocol/apiError';
import type { Changed } from '../../protocol/rows';
import { type ClientHost, type ClientState, CollectorClient } from './collectorClient';
import { realDirectory, resolveDirectory } from './directory';
import { setting } from '../window/settings';

export interface ClientChange {
  client: CollectorClient;
  change: Changed;
}

interface Entry {
  client: CollectorClient;
  owned: DisposableStore;
  /** Workspace folders whose runs are there; empty if a script outside of them was launched. */
  folders: vscode.WorkspaceFolder[];
}

const APPEARS_MS = 2_000;
/** Settings that are sent to collectors. */
const CONFIGURED = ['xtrack.journals', 'xtrack.retention', 'xtrack.alerts', 'xtrack.webhook'];

/**
 * The collectors of all workspace folders, one for each `.xtrack` directory. A folder that has none yet gets a collector
 * when a script creates one, or when something is launched: opening a folder leaves nothing behind in it.
 */
export class Collectors implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<ClientChange>();
  private readonly stateChanged = new vscode.EventEmitter<void>();
  private readonly entries = new Map<string, Entry>();
  /** Where a run was last seen. */
  private readonly homes = new Map<string, CollectorClient>();
  private readonly backlogs = new WeakMap<CollectorClient, number>();
  private readonly owned = new DisposableStore();
  private readonly appearing: NodeJS.Timeout;
  private resolving: Promise<void> | null = null;
  readonly onChanged = this.changed.event;
  /** A collector was connected, lost or replaced: what is shown may be out of date. */
  readonly onState = this.stateChanged.event;

  constructor(private readonly host: ClientHost) {
    this.owned.add(vscode.workspace.onDidChangeWorkspaceFolders(() => this.resolveFolders()));
    this.owned.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('xtrack.directory')) void this.resolveFolders();
        if (CONFIGURED.some((section) => event.affectsConfiguration(section))) this.configure();
      }),
    );
    this.owned.add(vscode.workspace.onDidGrantWorkspaceTrust(() => this.configure()));
    this.appearing = setInterval(() => void this.connectAppeared(), APPEARS_MS);
  }

  private configure(): void {
    for (const client of this.clients) client.configure();
  }

  get clients(): CollectorClient[] {
    return [...this.entries.values()].map((entry) => entry.client);
  }

  /** Bytes of journals that are still to be read, as last reported. */
  get backlogBytes(): number {
    return this.clients.reduce((sum, client) => sum + (this.backlogs.get(client) ?? 0), 0);
  }

  /** The first error, if any, else the busiest state. */
  get state(): ClientState {
    const states = this.clients.map((client) => client.state);
    return (
      states.find((state) => typeof state === 'object') ??
      states.find((state) => state === 'connecting') ??
      (states.includes('connected') ? 'connected' : 'idle')
    );
  }

  /** Resolves the directories of the workspace folders again. */
  resolveFolders(): Promise<void> {
    this.resolving = (this.resolving ?? Promise.resolve()).then(() => this.resolveNow());
    return this.resolving;
  }

  /** For a launch: the collector of the folder that a path is in, or a new one for a path outside all folders. */
  async forFolder(folder: string): Promise<CollectorClient> {
    const entry = await this.entryFor(folder);
    return entry.client;
  }

  async forRun(run_id: string): Promise<CollectorClient> {
    const known = this.homes.get(run_id);
    if (known && this.clients.includes(known)) return known;
    const clients = this.clients.filter((client) => client.state !== 'idle');
    const only = clients[0];
    if (only && clients.length === 1) return only;
    for (const client of clients) {
      try {
        await client.call('runs.get', { run_id });
        this.homes.set(run_id, client);
        return client;
      } catch (error) {
        if (!(error instanceof ApiError && error.data.code === 'not_found')) throw error;
      }
    }
    throw userError('not_found', vscode.l10n.t('Run {0} was not found in this workspace.', run_id));
  }

  async callRun<M extends Method>(run_id: string, method: M, params: Request<M>): Promise<Results[M]> {
    return (await this.forRun(run_id)).call(method, params);
  }

  /** One page of one collector; remembers whose runs they are. */
  async list(client: CollectorClient, request: ListRequest): Promise<Results['runs.list']> {
    const page = await client.call('runs.list', request);
    for (const row of page.rows) this.homes.set(row.run_id, client);
    this.backlogs.set(client, page.backlog_bytes);
    return page;
  }

  remember(run_id: string, client: CollectorClient): void {
    this.homes.set(run_id, client);
  }

  /** The workspace folder of a run, if there are several. */
  folderName(run_id: string): string | undefined {
    if (this.entries.size < 2) return undefined;
    const entry = [...this.entries.values()].find(({ client }) => client === this.homes.get(run_id));
    return entry && (entry.folders.map(({ name }) => name).join(', ') || basename(dirname(entry.client.dir)));
  }

  /** The workspace folders whose runs a collector has. */
  foldersOf(client: CollectorClient): readonly vscode.WorkspaceFolder[] {
    return this.entries.get(client.dir)?.folders ?? [];
  }

  watch(run_id: string, topic: string): vscode.Disposable {
    return (this.homes.get(run_id) ?? this.clients[0])?.watch(topic) ?? new vscode.Disposable(() => undefined);
  }

  /** Retries at once where the last attempt failed. */
  async reconnect(): Promise<void> {
    await this.resolveFolders();
    await Promise.allSettled(
      this.clients.filter((client) => client.state !== 'idle').map((client) => client.connect()),
    );
  }

  dispose(): void {
    clearInterval(this.appearing);
    for (const entry of this.entries.values()) entry.owned.dispose();
    this.owned.dispose();
    this.changed.dispose();
    this.stateChanged.dispose();
  }

  private async resolveNow(): Promise<void> {
    const wanted = new Map<Entry, vscode.WorkspaceFolder[]>();
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      if (folder.uri.scheme !== 'file') continue;
      const entry = await this.entryFor(folder.uri.fsPath, folder.uri);
      wanted.set(entry, [...(wanted.get(entry) ?? []), folder]);
    }
    for (const [dir, entry] of this.entries) {
      const folders = wanted.get(entry) ?? [];
      // Clients of scripts launched outside all folders stay as long as the window.
      const gone = folders.length === 0 && entry.folders.length > 0;
      entry.folders = folders;
      if (!gone) continue;
      entry.owned.dispose();
      this.entries.delete(dir);
    }
    await this.connectAppeared();
    this.stateChanged.fire();
  }

  private async entryFor(folder: string, scope: vscode.Uri = vscode.Uri.file(folder)): Promise<Entry> {
    const chosen = await resolveDirectory({ folder, setting: setting('directory', scope), env: this.host.env });
    const dir = await realDirectory(chosen);
    const known = this.entries.get(dir);
    if (known) return known;
    const entry = this.open(dir);
    this.entries.set(dir, entry);
    return entry;
  }

  private open(dir: string): Entry {
    const owned = new DisposableStore();
    const client = owned.add(new CollectorClient(dir, this.host));
    client.onChanged((change) => this.changed.fire({ client, change }));
    client.onState(() => this.stateChanged.fire());
    return { client, owned, folders: [] };
  }

  private async connectAppeared(): Promise<void> {
    for (const { client } of this.entries.values()) {
      if (client.state !== 'idle') continue;
      const stat = await fs.stat(client.dir).catch(() => null);
      // The client's state shows a failure.
      if (stat?.isDirectory()) client.connect().catch(() => undefined);
    }
  }
}
