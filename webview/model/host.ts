/** The typed channel to the extension host: every request gets one reply or times out. */
import { t } from '../../src/base/texts';
import type {
  Answer,
  OutputQuery,
  PanelAction,
  PanelOutput,
  PanelPage,
  PanelRequest,
  PanelSeries,
  ReplyMessage,
  RunEvent,
  SeriesQuery,
  StoredPanelState,
  ToHost,
  ToPanel,
} from '../../src/protocol/panel';
import type { RunDetail } from '../../src/protocol/rows';

interface VsCodeApi {
  postMessage(message: ToHost): void;
  getState(): unknown;
  setState(state: StoredPanelState): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

type Reply = Extract<ReplyMessage, { ok: true }>;
type Unsent<T> = T extends PanelRequest ? Omit<T, 'id'> : never;

const TIMEOUT_MS = 30_000;

export class Host {
  private readonly api = acquireVsCodeApi();
  private readonly pending = new Map<number, { resolve: (reply: Reply) => void; reject: (error: Error) => void }>();
  private nextId = 1;

  constructor(onMessage: (message: Exclude<ToPanel, ReplyMessage>) => void) {
    window.addEventListener('message', (event: MessageEvent<ToPanel>) => {
      if (event.data.kind === 'reply') this.settle(event.data);
      else onMessage(event.data);
    });
  }

  ready(): void {
    this.api.postMessage({ kind: 'ready' });
  }

  storedState(): unknown {
    return this.api.getState();
  }

  store(state: StoredPanelState): void {
    this.api.setState(state);
    this.api.postMessage({ kind: 'state', state });
  }

  async series(query: SeriesQuery): Promise<PanelSeries[]> {
    return (await this.ask({ kind: 'series', query })).series ?? [];
  }

  async detail(run_id: string): Promise<RunDetail | undefined> {
    return (await this.ask({ kind: 'detail', run_id })).detail;
  }

  async output(query: OutputQuery): Promise<PanelOutput> {
    return given((await this.ask({ kind: 'output', query })).output);
  }

  async events(run_id: string, offset: number, limit: number, types?: string[]): Promise<PanelPage<RunEvent>> {
    return given((await this.ask({ kind: 'events', run_id, offset, limit, ...(types && { types }) })).events);
  }

  async file(run_id: string, file: string): Promise<Uint8Array> {
    return given((await this.ask({ kind: 'file', run_id, file })).bytes);
  }

  act(action: PanelAction): Promise<Answer> {
    return this.ask({ kind: 'action', action });
  }

  private ask(request: Unsent<PanelRequest>): Promise<Reply> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      // Actions may wait for a dialog, so only queries time out.
      const timer =
        request.kind === 'action'
          ? undefined
          : setTimeout(
              () => this.settle({ kind: 'reply', id, ok: false, error: t('The editor did not respond.') }),
              TIMEOUT_MS,
            );
      const done = (): void => clearTimeout(timer);
      this.pending.set(id, {
        resolve: (reply) => (done(), resolve(reply)),
        reject: (error) => (done(), reject(error)),
      });
      this.api.postMessage({ ...request, id });
    });
  }

  private settle(reply: ReplyMessage): void {
    const waiting = this.pending.get(reply.id);
    this.pending.delete(reply.id);
    if (reply.ok) waiting?.resolve(reply);
    else waiting?.reject(new Error(reply.error));
  }
}

function given<T>(answer: T | undefined): T {
  if (answer === undefined) throw new Error(t('The editor sent an unexpected response.'));
  return answer;
}
