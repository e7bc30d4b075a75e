import { t, formatText } from '../../base/texts';
import type { WebSocket } from 'ws';
import { Emitter } from '../../base/emitter';
import type { Method, Request, Results } from '../../protocol/api';
import { ApiError, type RpcErrorData, userError } from '../../protocol/apiError';
import type { Changed } from '../../protocol/rows';

const OPEN_MS = 5_000;
const PING_MS = 15_000;
/** Longer than any response takes, except of calls that wait for a task. */
const CALL_MS = 30_000;
const WAITING: ReadonlySet<Method> = new Set(['tasks.get']);

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout | null;
}

interface Incoming {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { code: number; message: string; data?: RpcErrorData };
}

/** JSON-RPC over one WebSocket. When it closes, its owner opens another. */
export class RpcSocket {
  private readonly changed = new Emitter<Changed>();
  private readonly closed = new Emitter<void>();
  private readonly pending = new Map<number, Pending>();
  private readonly pinging: NodeJS.Timeout;
  private lastId = 0;
  private answered = true;
  readonly onChanged = this.changed.event;
  readonly onClosed = this.closed.event;

  static async open(address: { port: number; token: string }): Promise<RpcSocket> {
    // Loaded only by windows that have runs to ask for.
    const { default: WebSocket } = await import('ws');
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${address.port}/rpc`, {
        headers: { authorization: `Bearer ${address.token}` },
        handshakeTimeout: OPEN_MS,
        perMessageDeflate: false,
        maxPayload: 512 * 1024 * 1024,
      });
      socket.once('open', () => resolve(new RpcSocket(socket)));
      // After it opened, `close` follows every `error`.
      socket.on('error', reject);
    });
  }

  private constructor(private readonly socket: WebSocket) {
    // A Buffer, unless another binaryType is asked for.
    socket.on('message', (data) => this.receive((data as Buffer).toString()));
    socket.on('close', () => this.end());
    socket.on('pong', () => (this.answered = true));
    this.pinging = setInterval(() => this.ping(), PING_MS);
  }

  call<M extends Method>(method: M, params: Request<M>): Promise<Results[M]> {
    return new Promise((resolve, reject) => {
      if (this.socket.readyState !== this.socket.OPEN) return reject(connectionLost(method));
      const id = ++this.lastId;
      const timer = WAITING.has(method) ? null : setTimeout(() => this.timeOut(id, method), CALL_MS);
      this.pending.set(id, { resolve, reject, timer });
      this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }), (error) => {
        if (error) this.settle(id)?.reject(connectionLost(method));
      });
    });
  }

  close(): void {
    this.socket.close();
    this.end();
  }

  private receive(text: string): void {
    const message = JSON.parse(text) as Incoming;
    if (message.method === 'changed') return this.changed.fire(message.params as Changed);
    const pending = typeof message.id === 'number' ? this.settle(message.id) : undefined;
    if (!pending) return;
    if (message.error) pending.reject(asApiError(message.error));
    else pending.resolve(message.result);
  }

  private timeOut(id: number, method: string): void {
    this.settle(id)?.reject(
      userError(
        'unavailable',
        t('The collector did not respond to {0} within {1} s. Try again.', method, CALL_MS / 1000),
      ),
    );
  }

  /** A suspended collector, or a connection lost by a sleeping laptop, is silent: then open a new connection. */
  private ping(): void {
    if (!this.answered) return this.socket.terminate();
    this.answered = false;
    this.socket.ping();
  }

  private settle(id: number): Pending | undefined {
    const pending = this.pending.get(id);
    if (pending?.timer) clearTimeout(pending.timer);
    this.pending.delete(id);
    return pending;
  }

  private end(): void {
    clearInterval(this.pinging);
    for (const id of [...this.pending.keys()]) this.settle(id)?.reject(connectionLost(t('the call')));
    this.closed.fire();
    this.closed.dispose();
    this.changed.dispose();
  }
}

function connectionLost(what: string): ApiError {
  return userError(
    'unavailable',
    t('The connection to the collector was lost before it responded to {0}. Restarting the collector.', what),
  );
}

function asApiError({ code, message, data }: NonNullable<Incoming['error']>): ApiError {
  const known = data ?? { code: code === -32602 ? 'invalid' : 'io', audience: 'log' };
  return new ApiError(known, known.text === undefined ? message : formatText(known.text));
}
