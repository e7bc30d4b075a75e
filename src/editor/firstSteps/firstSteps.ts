import * as vscode from 'vscode';
import { isAbsolute, relative } from 'node:path';
import { DisposableStore } from '../../base/disposable';
import type { RunRow } from '../../protocol/rows';
import type { Collectors } from '../collectors';
import { setContext } from '../contextKeys';
import { cwdOf } from '../openFile';
import type { RunFeed } from '../runFeed';

type Step = 'example' | 'track' | 'lines' | 'compare';
const DONE = 'xtrack.firstSteps';
const LOOKED_AT = 20;

/**
 * What somebody has really done so far: context keys that check off the steps of the walkthrough, remembered for all
 * windows. Runs are looked at only until the steps about them are done.
 */
export class FirstSteps implements vscode.Disposable {
  private readonly owned = new DisposableStore();
  private readonly done: Set<Step>;
  private looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly memory: vscode.Memento,
    private readonly collectors: Collectors,
    feed: RunFeed,
    private readonly examples: () => readonly string[],
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.done = new Set(memory.get<Step[]>(DONE) ?? []);
    for (const step of this.done) setContext(`xtrack.did.${step}`, true);
    this.owned.add(feed.onUpdate(({ rows }) => this.look(async () => rows)));
    this.owned.add(feed.onReset(() => this.look(() => this.latest())));
    this.owned.add(vscode.workspace.onDidChangeWorkspaceFolders(() => this.lookForExample()));
    this.lookForExample();
  }

  dispose(): void {
    this.owned.dispose();
  }

  shown(runs: number): void {
    if (runs > 1) this.did('compare');
  }

  private lookForExample(): void {
    const folders = vscode.workspace.workspaceFolders ?? [];
    if (folders.some(({ uri }) => this.examples().includes(uri.fsPath))) this.did('example');
  }

  private look(rows: () => Promise<RunRow[]>): void {
    this.looking = this.looking
      .then(async () => {
        if (this.done.has('track') && this.done.has('lines')) return;
        for (const row of await rows()) await this.consider(row);
      })
      .catch((error: unknown) => this.log.info(`First steps: ${String(error)}`));
  }

  private async consider({ run_id, metrics }: RunRow): Promise<void> {
    const logged = Object.keys(metrics).some((key) => !key.startsWith('system/'));
    // What is known already needs no look.
    if (this.done.has('track') && (this.done.has('lines') || !logged)) return;
    const detail = await this.collectors.callRun(run_id, 'runs.get', { run_id });
    const cwd = cwdOf(detail.source) ?? '';
    if (this.examples().some((folder) => isIn(folder, cwd))) return;
    this.did('track');
    // Writers of the script itself: what it prints is read, and written, by others.
    if (logged && detail.worker_states.length > 0) this.did('lines');
  }

  private async latest(): Promise<RunRow[]> {
    const clients = this.collectors.clients.filter((client) => client.state === 'connected');
    const request = { sort: [{ by: 'created', desc: true }], limit: LOOKED_AT };
    const pages = await Promise.all(clients.map((client) => this.collectors.list(client, request)));
    return pages.flatMap(({ rows }) => rows);
  }

  private did(step: Step): void {
    if (this.done.has(step)) return;
    this.done.add(step);
    setContext(`xtrack.did.${step}`, true);
    // Another window may have got further meanwhile.
    const known = this.memory.get<Step[]>(DONE) ?? [];
    void this.memory.update(DONE, [...new Set([...known, ...this.done])]);
  }
}

function isIn(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !way.startsWith('..') && !isAbsolute(way);
}
