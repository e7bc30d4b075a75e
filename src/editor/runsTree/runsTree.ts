import * as vscode from 'vscode';
import { DisposableStore } from '../../base/disposable';
import { messageOf } from '../../base/unknown';
import type { RunDetail, RunRow } from '../../protocol/rows';
import type { Collectors } from '../collectors/collectors';
import { setContext } from '../window/contextKeys';
import { RUNS_VIEW } from '../manifest/ids';
import type { FeedUpdate, RunFeed } from '../runs/runFeed';
import type { RunColors } from '../runs/runColors';
import { backlogText, runDescription } from '../runs/runText';
import { setting } from '../window/settings';
import { nodeId, type RunsNode } from './nodes';
import { Redraws } from './redraws';
import { RunPages } from './runPages';
import { runTooltip } from './runTooltip';
import * as items from './treeItems';

/** Keeps texts such as "3m ago" up to date. */
const AGES_MS = 60_000;

/** The run explorer: experiment → run → attempts, checkpoints, artifacts. */
export class RunsTree implements vscode.TreeDataProvider<RunsNode>, vscode.Disposable {
  private readonly dataChanged = new vscode.EventEmitter<RunsNode | undefined>();
  private readonly owned = new DisposableStore();
  private readonly nodes = new Map<string, RunsNode>();
  private readonly pages: RunPages;
  private readonly redraws = new Redraws((wanted) => this.redraw(wanted));
  private readonly ages: NodeJS.Timeout;
  private loading: Promise<void> | null = null;
  private loadAgain = false;
  private failure: string | null = null;
  readonly view: vscode.TreeView<RunsNode>;
  readonly onDidChangeTreeData = this.dataChanged.event;
  filter = '';

  constructor(
    private readonly collectors: Collectors,
    private readonly feed: RunFeed,
    private readonly colors: RunColors,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.pages = new RunPages(collectors);
    this.view = this.owned.add(
      vscode.window.createTreeView(RUNS_VIEW, { treeDataProvider: this, canSelectMany: true, showCollapseAll: true }),
    );
    this.owned.add(feed.onReset(() => void this.load()));
    this.owned.add(feed.onUpdate((update) => this.take(update)));
    this.owned.add(collectors.onState(() => this.showState()));
    this.owned.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('xtrack.keyMetric')) this.redraws.request(undefined, 'soon');
      }),
    );
    this.ages = setInterval(() => {
      if (this.view.visible) this.redraws.request(undefined, 'soon');
    }, AGES_MS);
  }

  get selectedRuns(): string[] {
    return this.view.selection.flatMap((node) => ('run_id' in node ? [node.run_id] : this.runsOf(node)));
  }

  /** Of an experiment. */
  runsOf(node: RunsNode): string[] {
    if (node.kind !== 'experiment') return [];
    return this.inExperiment(node.name).map((row) => row.run_id);
  }

  /** Throws the collector's `query_syntax` error and keeps the old filter. */
  async setFilter(filter: string): Promise<void> {
    await this.pages.reload(filter);
    this.filter = filter;
    void setContext('xtrack.filtered', filter !== '');
    this.redraws.request(undefined, 'soon');
    this.showState();
  }

  async loadMore(): Promise<void> {
    await this.pages.more(this.filter);
    this.redraws.request(undefined, 'soon');
    this.showState();
  }

  async getChildren(node?: RunsNode): Promise<RunsNode[]> {
    if (!node) {
      await this.loading;
      return this.roots();
    }
    if (node.kind === 'experiment') return this.inExperiment(node.name).map((row) => this.runNode(row.run_id));
    if (node.kind === 'run')
      return this.partsOf(await this.collectors.callRun(node.run_id, 'runs.get', { run_id: node.run_id }));
    if (node.kind === 'checkpoints') {
      const { run_id, checkpoints } = node;
      const best = items.bestCheckpoint(checkpoints);
      return checkpoints
        .map((checkpoint) => this.keep({ kind: 'checkpoint', run_id, checkpoint, best: checkpoint === best }))
        .reverse();
    }
    if (node.kind === 'artifacts') {
      return node.artifacts.map((artifact) => this.keep({ kind: 'artifact', run_id: node.run_id, artifact }));
    }
    return [];
  }

  getTreeItem(node: RunsNode): vscode.TreeItem {
    const item = this.itemOf(node);
    item.id = nodeId(node);
    return item;
  }

  getParent(node: RunsNode): RunsNode | undefined {
    if (node.kind === 'run') {
      const experiment = this.pages.row(node.run_id)?.experiment;
      return experiment ? this.keep({ kind: 'experiment', name: experiment }) : undefined;
    }
    if (node.kind === 'checkpoint') return this.nodes.get(`${node.run_id}/checkpoints`);
    if (node.kind === 'artifact') return this.nodes.get(`${node.run_id}/artifacts`);
    return 'run_id' in node ? this.runNode(node.run_id) : undefined;
  }

  resolveTreeItem(item: vscode.TreeItem, node: RunsNode): vscode.TreeItem {
    const row = node.kind === 'run' ? this.pages.row(node.run_id) : undefined;
    if (row) item.tooltip = runTooltip(row, this.collectors.folderName(row.run_id));
    return item;
  }

  dispose(): void {
    clearInterval(this.ages);
    this.redraws.dispose();
    this.owned.dispose();
    this.dataChanged.dispose();
  }

  private load(): Promise<void> {
    if (this.loading) {
      this.loadAgain = true;
      return this.loading;
    }
    this.loading = this.loadNow().finally(() => {
      this.loading = null;
      this.redraws.request(undefined, 'soon');
      this.showState();
      if (this.loadAgain) {
        this.loadAgain = false;
        void this.load();
      }
    });
    return this.loading;
  }

  private async loadNow(): Promise<void> {
    const { filter } = this;
    try {
      // A late response for the previous filter must not replace what is shown.
      const taken = await this.pages.reload(filter, () => filter === this.filter);
      this.loadAgain ||= !taken;
      this.failure = null;
    } catch (error) {
      this.failure = messageOf(error);
      this.log.warn(`Runs could not be listed: ${this.failure}`);
    }
  }

  private take(update: FeedUpdate): void {
    // Only the collector knows which runs match a filter.
    if (this.filter) return void this.load();
    const before = new Map(update.rows.map(({ run_id }) => [run_id, this.pages.row(run_id)]));
    if (this.pages.apply(update)) {
      this.redraws.request(undefined, 'soon');
      this.showState();
    } else {
      for (const row of update.rows) this.redrawChanged(before.get(row.run_id), row);
      this.showState();
    }
  }

  private redrawChanged(before: RunRow | undefined, row: RunRow): void {
    const when = before && partsKey(before) === partsKey(row) ? 'later' : 'soon';
    const chosen = setting('keyMetric');
    const now = Date.now();
    if (when === 'later' && before && runDescription(before, chosen, now) === runDescription(row, chosen, now)) return;
    this.redraws.request(row.run_id, when);
    if (row.experiment) this.redraws.request(nodeId({ kind: 'experiment', name: row.experiment }), when);
  }

  private redraw(wanted: string[] | 'all'): void {
    const nodes = wanted === 'all' ? [] : wanted.map((id) => this.nodes.get(id)).filter((node) => node !== undefined);
    if (wanted === 'all' || nodes.length > 50) this.dataChanged.fire(undefined);
    else for (const node of nodes) this.dataChanged.fire(node);
  }

  private roots(): RunsNode[] {
    const roots = new Map<string, RunsNode>();
    for (const row of this.pages.sorted()) {
      const node = row.experiment ? this.keep({ kind: 'experiment', name: row.experiment }) : this.runNode(row.run_id);
      roots.set(nodeId(node), node);
    }
    const list = [...roots.values()];
    return this.pages.hasMore ? [...list, this.keep({ kind: 'more' })] : list;
  }

  private inExperiment(name: string): RunRow[] {
    return this.pages.sorted().filter((row) => row.experiment === name);
  }

  private partsOf(detail: RunDetail): RunsNode[] {
    const { run_id, attempts, checkpoints, artifacts } = detail;
    const parts: RunsNode[] = attempts.map((attempt) => this.keep({ kind: 'attempt', run_id, attempt }));
    if (checkpoints.length > 0) parts.push(this.keep({ kind: 'checkpoints', run_id, checkpoints }));
    if (artifacts.length > 0) parts.push(this.keep({ kind: 'artifacts', run_id, artifacts }));
    return parts;
  }

  private runNode(run_id: string): RunsNode {
    return this.keep({ kind: 'run', run_id });
  }

  /** The tree knows its elements by identity: one object for one id, with the latest contents. */
  private keep(node: RunsNode): RunsNode {
    const id = nodeId(node);
    const known = this.nodes.get(id);
    if (known) return Object.assign(known, node);
    this.nodes.set(id, node);
    return node;
  }

  private itemOf(node: RunsNode): vscode.TreeItem {
    const chosen = setting('keyMetric');
    switch (node.kind) {
      case 'experiment':
        return items.experimentItem(node.name, this.inExperiment(node.name), !this.pages.hasMore, chosen);
      case 'run': {
        const row = this.pages.row(node.run_id);
        // Requested between its removal and the redraw.
        if (!row) return new vscode.TreeItem(node.run_id);
        return items.runItem(row, this.colors.of(node.run_id), chosen, this.collectors.folderName(node.run_id));
      }
      case 'attempt':
        return items.attemptItem(node.attempt, this.pages.row(node.run_id));
      case 'checkpoints':
        return items.checkpointsItem(node.checkpoints);
      case 'checkpoint':
        return items.checkpointItem(node.checkpoint, node.best);
      case 'artifacts':
        return items.artifactsItem(node.artifacts);
      case 'artifact':
        return items.artifactItem(node.artifact, node);
      case 'more':
        return items.moreItem(this.pages.size, this.pages.total);
    }
  }

  /** The view's message above its runs, or instead of them. */
  showState(): void {
    const { state } = this.collectors;
    const failed = this.failure ?? (typeof state === 'object' ? state.error : null);
    let shown = 'runs';
    if (this.pages.size === 0) {
      if (failed !== null) shown = 'error';
      else if (state === 'connecting' || this.loading) shown = 'loading';
      else shown = this.filter ? 'nomatch' : 'empty';
    }
    void setContext('xtrack.view', shown);
    this.view.message = this.message(failed, shown);
    this.showBadge();
  }

  private message(failed: string | null, shown: string): string | undefined {
    if (failed !== null) return shown === 'error' ? failed : vscode.l10n.t('Not up to date: {0}', failed);
    const follower = this.collectors.clients.map((client) => client.info?.follower).find(Boolean);
    const parts = [
      shown === 'loading' ? vscode.l10n.t('Loading runs…') : null,
      follower ? vscode.l10n.t('Read-only: {0}', follower) : null,
      this.filter && this.pages.size > 0 ? this.matching() : null,
      backlogText(this.collectors.backlogBytes),
    ].filter(Boolean);
    return parts.length > 0 ? parts.join(' · ') : undefined;
  }

  private matching(): string {
    const { total } = this.pages;
    if (total === 1) return vscode.l10n.t('1 run matches {0}', this.filter);
    return vscode.l10n.t('{0} runs match {1}', total, this.filter);
  }

  private showBadge(): void {
    const active = this.feed.active.length;
    const tooltip = active === 1 ? vscode.l10n.t('1 active run') : vscode.l10n.t('{0} active runs', active);
    this.view.badge = active > 0 ? { value: active, tooltip } : undefined;
  }
}

/** Whether a run's icon, menus or children have changed. */
function partsKey(row: RunRow): string {
  return [row.status, row.name, row.starred, row.attempt, row.checkpoints, row.artifacts].join('/');
}
