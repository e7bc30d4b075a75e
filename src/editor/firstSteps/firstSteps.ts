import * as vscode from 'vscode';
import { isAbsolute, relative } from 'node:path';
import { DisposableStore } from '../../base/disposable';
import type { RunRow } from '../../protocol/rows';
import type { Collectors } from '../collectors/collectors';
import { setContext } from '../window/contextKeys';
import { cwdOf } from '../runs/openFile';
import type { RunFeed } from '../runs/runFeed';
import type { ExampleFolder } from './exampleFolder';

type Step = 'example' | 'track' | 'lines' | 'compare';
const DONE = 'xtrack.firstSteps';
const LOOKED_AT = 20;

/** Its steps are read a moment after a walkthrough shows. */
const SET_AFTER_MS = [0, 1_000, 4_000];

/**
 * Remembers, for all windows, what the user has done, so that the walkthrough checks its steps off. A walkthrough only
 * notices a context key that *becomes* true while it is shown: so the keys are set for a moment when something happens,
 * and whenever a walkthrough may have opened. Runs are checked
 * only until the steps about them are done.
 */
export class FirstSteps implements vscode.Disposable {
  private readonly owned = new DisposableStore();
  private readonly done: Set<Step>;
  private timers: NodeJS.Timeout[] = [];
  private looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly memory: vscode.Memento,
    private readonly collectors: Collectors,
    feed: RunFeed,
    private readonly example: ExampleFolder,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.done = new Set(memory.get<Step[]>(DONE) ?? []);
    this.owned.add(
      vscode.window.tabGroups.onDidChangeTabs(({ opened, changed }) => this.remind([...opened, ...changed])),
    );
    this.remind(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs));
    this.owned.add(feed.onUpdate(({ rows }) => this.check(async () => rows)));
    this.owned.add(feed.onReset(() => this.check(() => this.latest())));
    this.owned.add(vscode.workspace.onDidChangeWorkspaceFolders(() => this.lookForExample()));
    this.owned.add(example.onOpened(() => this.did('example')));
    this.lookForExample();
  }

  dispose(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.owned.dispose();
  }

  shown(runs: number): void {
    if (runs > 1) this.did('compare');
  }

  /** The tab of a walkthrough has no input that extensions know. */
  private remind(tabs: readonly vscode.Tab[]): void {
    if (this.done.size === 0 || !tabs.some(({ input }) => input === undefined)) return;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers = SET_AFTER_MS.map((ms) => setTimeout(() => [...this.done].forEach((step) => void setDone(step)), ms));
  }

  private lookForExample(): void {
    const folders = vscode.workspace.workspaceFolders ?? [];
    if (folders.some(({ uri }) => this.example.copies.includes(uri.fsPath))) this.did('example');
  }

  private check(rows: () => Promise<RunRow[]>): void {
    this.looking = this.looking
      .then(async () => {
        if (this.done.has('track') && this.done.has('lines')) return;
        for (const row of await rows()) await this.consider(row);
      })
      .catch((error: unknown) => this.log.info(`First steps: ${String(error)}`));
  }

  private async consider({ run_id, metrics }: RunRow): Promise<void> {
    const logged = Object.keys(metrics).some((key) => !key.startsWith('system/'));
    // Known already: nothing to fetch.
    if (this.done.has('track') && (this.done.has('lines') || !logged)) return;
    const detail = await this.collectors.callRun(run_id, 'runs.get', { run_id });
    const cwd = cwdOf(detail.source) ?? '';
    if (this.example.copies.some((folder) => isIn(folder, cwd))) return;
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
    void setDone(step);
    // Another window may have recorded more steps.
    const known = this.memory.get<Step[]>(DONE) ?? [];
    void this.memory.update(DONE, [...new Set([...known, ...this.done])]);
  }
}

async function setDone(step: Step): Promise<void> {
  await setContext(`xtrack.did.${step}`, true);
  await setContext(`xtrack.did.${step}`, false);
}

function isIn(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !way.startsWith('..') && !isAbsolute(way);
}
