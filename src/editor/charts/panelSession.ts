/**
 * The host's side of one panel: answers its requests and notifies it of changes of its runs, at most some fifteen times a
 * second. A hidden panel gets nothing; when it shows again it gets a whole snapshot.
 */
import { type Disposable, DisposableStore } from '../../base/disposable';
import { t } from '../../base/texts';
import { messageOf } from '../../base/unknown';
import type { Changed } from '../../protocol/rows';
import {
  type Answer,
  type Connection,
  type PanelAction,
  type PanelRequest,
  type PanelRun,
  readPanelState,
  type RunEvent,
  type RunsMessage,
  type StoredPanelState,
  type ToHost,
  type ToPanel,
} from '../../protocol/panel';
import { DRAWN_COLUMNS, packSeries } from './packedSeries';
import type { EditorActions, RunActions, RunColorSource, RunSource, ViewStore } from './ports';
import { fetchRows } from './runRows';

export interface SessionDeps {
  source: RunSource;
  colors: RunColorSource;
  actions: RunActions;
  keyMetric: () => string;
  editor: EditorActions;
  views: ViewStore;
  /** Also logs failures that the panel shows. */
  log: (message: string) => void;
}

const INTERVAL_MS = 60;

export class PanelSession implements Disposable {
  private readonly owned = new DisposableStore();
  private shown: PanelRun[] = [];
  private watching = new DisposableStore();
  private visible = true;
  private timer: NodeJS.Timeout | undefined;
  private lastPost = -Infinity;
  private busy = false;
  /** What changed since rows were fetched last; a whole snapshot covers everything. */
  private due: RunsMessage['kind'] | null = null;

  constructor(
    private readonly deps: SessionDeps,
    private panelState: StoredPanelState,
    private readonly post: (message: ToPanel) => void,
    private readonly onRuns: (runs: PanelRun[]) => void,
  ) {
    this.owned.add(deps.source.onChanged(({ change }) => this.changed(change)));
    this.owned.add(deps.source.onState(() => this.postSoon('runs')));
    this.watch();
  }

  get state(): StoredPanelState {
    return this.panelState;
  }

  get runs(): readonly PanelRun[] {
    return this.shown;
  }

  /** Shows other runs, in the same view. */
  show(run_ids: string[]): void {
    this.panelState = { ...this.panelState, run_ids };
    this.watch();
    this.postSoon('runs');
  }

  setVisible(visible: boolean): void {
    if (visible === this.visible) return;
    this.visible = visible;
    this.watch();
    if (visible) this.postSoon('runs');
  }

  receive(message: ToHost): void {
    if (message.kind === 'ready') this.postSoon('runs');
    else if (message.kind === 'state')
      this.panelState = readPanelState({ ...message.state, run_ids: this.panelState.run_ids });
    else void this.reply(message);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.watching.dispose();
    this.owned.dispose();
  }

  /** Hidden panels cost nothing: no topic is watched for them. */
  private watch(): void {
    this.watching.dispose();
    this.watching = new DisposableStore();
    if (!this.visible) return;
    for (const run_id of this.panelState.run_ids) {
      this.watching.add(this.deps.source.watch(run_id, `run:${run_id}`));
      this.watching.add(this.deps.source.watch(run_id, `series:${run_id}`));
    }
  }

  private changed({ topic, run_ids }: Changed): void {
    const mine = this.panelState.run_ids;
    const named = run_ids ?? [topic.slice(topic.indexOf(':') + 1)];
    if (topic === 'runs' && run_ids === undefined) this.postSoon('changed');
    else if (named.some((run_id) => mine.includes(run_id))) this.postSoon('changed');
  }

  /** Posts at once if the last message is long enough ago, so that a single point shows without delay. */
  private postSoon(kind: RunsMessage['kind']): void {
    if (!this.visible || this.owned.isDisposed) return;
    if (this.due !== 'runs') this.due = kind;
    if (this.timer !== undefined || this.busy) return;
    const wait = Math.max(0, this.lastPost + INTERVAL_MS - performance.now());
    this.timer = setTimeout(() => void this.postRuns(), wait);
  }

  private async postRuns(): Promise<void> {
    this.timer = undefined;
    this.lastPost = performance.now();
    this.busy = true;
    const kind = this.due ?? 'changed';
    this.due = null;
    const failure = await this.fetch(kind);
    this.busy = false;
    if (this.owned.isDisposed) return;
    if (this.visible) {
      const key_metric = this.deps.keyMetric();
      const connection = failure ?? this.connection();
      const views = this.deps.views.names();
      this.post({ kind, state: this.panelState, runs: this.shown, key_metric, views, connection });
      this.onRuns(this.shown);
    }
    if (this.due !== null) this.postSoon(this.due);
  }

  /** Returns the reason if it failed, and keeps the rows it had. */
  private async fetch(kind: RunsMessage['kind']): Promise<string | null> {
    try {
      const rows = await fetchRows(this.deps.source, this.panelState.run_ids);
      this.shown = rows.map((row) => ({
        row,
        ...this.deps.colors.of(row.run_id),
        ...(row.stop ? { stop: row.stop } : {}),
      }));
      return null;
    } catch (error) {
      this.deps.log(`Charts (${kind}): ${String(error)}`);
      return text(error);
    }
  }

  private connection(): Connection {
    const { state } = this.deps.source;
    if (typeof state === 'object') return state.error;
    return state === 'connecting' ? t('Connecting to the collector…') : true;
  }

  private async reply(request: PanelRequest): Promise<void> {
    const { id } = request;
    try {
      this.post({ kind: 'reply', id, ok: true, ...(await this.answer(request)) });
    } catch (error) {
      this.deps.log(`Charts (${request.kind}): ${String(error)}`);
      this.post({ kind: 'reply', id, ok: false, error: text(error) });
    }
  }

  private async answer(request: PanelRequest): Promise<Answer> {
    if (request.kind === 'action') return this.act(request.action);
    // A Buffer does not come through as bytes.
    if (request.kind === 'file') return { bytes: new Uint8Array(await this.deps.editor.read(request.file)) };
    const run_id = 'query' in request ? request.query.run_id : request.run_id;
    const client = await this.deps.source.forRun(run_id);
    switch (request.kind) {
      case 'series': {
        const { series } = await client.call('runs.series', { ...request.query, columns: [...DRAWN_COLUMNS] });
        return { series: series.map(packSeries) };
      }
      case 'detail':
        return { detail: await client.call('runs.get', { run_id }) };
      case 'output': {
        const { data, ...output } = await client.call('runs.output', request.query);
        return { output: { ...output, data: Uint8Array.from(Buffer.from(data, 'base64')) } };
      }
      case 'events': {
        const { offset, limit, types } = request;
        const page = { run_id, offset, limit, ...(types && { types }) };
        const { events, next, total } = await client.call('runs.events', page);
        return { events: { items: events as unknown as RunEvent[], next, total } };
      }
    }
  }

  private async act(action: PanelAction): Promise<Answer> {
    const { actions, editor, views } = this.deps;
    switch (action.do) {
      case 'stop':
        return { stop: await actions.stop(action.run_id) };
      case 'resume':
        await actions.resume(action.run_id);
        return {};
      case 'again':
        await actions.again(action.run_id);
        return {};
      case 'resumeFrom':
        await actions.resume(action.run_id, action.checkpoint);
        return {};
      case 'output':
        await actions.showOutput(action.run_id);
        return {};
      case 'checkpoint_now':
      case 'pause':
        await editor.command(action.run_id, action.do);
        return {};
      case 'unpause':
        await editor.command(action.run_id, 'resume');
        return {};
      case 'open':
        await editor.open(action.run_id, action.file, action.line);
        return {};
      case 'reveal':
        await editor.reveal(action.run_id, action.file);
        return {};
      case 'link':
        await editor.link(action.url);
        return {};
      case 'notes':
        await actions.editNotes(action.run_id);
        return {};
      case 'copy':
        await editor.copy(action.text);
        return {};
      case 'copied':
        editor.copied();
        return {};
      case 'saveView':
        await views.save(action.state);
        return { views: views.names() };
      case 'applyView': {
        const view = views.get(action.name);
        return view ? { view } : { views: views.names() };
      }
      case 'deleteView':
        await views.remove(action.name);
        return { views: views.names() };
      case 'save':
        await editor.save(action.name, action.kind, action.data);
        return {};
    }
  }
}

function text(error: unknown): string {
  return messageOf(error);
}
