/** Serves POST /rpc (one call), WS /rpc (calls and subscriptions) and GET /health on the port shared with ingestion. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Changed } from '../../protocol/rows';
import { isToken } from '../files/token';
import type { Rpc } from './rpc';
import { Subscription } from './subscriptions';

const MAX_BODY = 1 << 20;
const REQUEST_TIMEOUT_MS = 15_000;
const PING_EVERY_MS = 30_000;
/** Limit of calls on one connection that are being answered, or whose answers it has not read. */
const MAX_CALLS = 64;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface HttpOptions {
  token: string;
  /** The host that the port is bound to, which clients may name. */
  boundHost: string;
  rpc: Rpc;
  log(message: string): void;
  /** Called when a request arrives or a client leaves, either of which restarts the idle time. */
  onRequest(): void;
}

export class HttpServer {
  private readonly server: Server;
  private readonly upgrades = new WebSocketServer({ noServer: true, maxPayload: MAX_BODY });
  private readonly subscriptions = new Map<WebSocket, Subscription>();
  private readonly alive = new WeakSet<WebSocket>();
  /** Connections on the Unix socket, where no token is needed. */
  private readonly trusted = new WeakSet<Duplex>();
  /** What to call once a connection has shown the token. */
  private readonly unproven = new WeakMap<Duplex, () => void>();
  private readonly pings: NodeJS.Timeout;

  constructor(private readonly options: HttpOptions) {
    this.server = createServer((request, response) => void this.request(request, response));
    this.server.on('upgrade', (request, socket: Duplex, head) => this.upgrade(request, socket, head));
    this.server.on('clientError', (_error, socket: Duplex) => socket.destroy());
    this.pings = setInterval(() => this.ping(), PING_EVERY_MS).unref();
  }

  /** Open WebSockets: windows and dashboards. */
  get clients(): number {
    return this.subscriptions.size;
  }

  accept(socket: Socket, trusted: boolean, proven: () => void): void {
    if (trusted) this.trusted.add(socket);
    // The first request has to arrive in time, or headers without end could hold the socket forever.
    const timer = setTimeout(() => socket.destroy(), REQUEST_TIMEOUT_MS);
    socket.once('close', () => clearTimeout(timer));
    this.unproven.set(socket, () => {
      clearTimeout(timer);
      proven();
    });
    this.server.emit('connection', socket);
  }

  notify(changes: readonly Changed[]): void {
    for (const subscription of this.subscriptions.values()) subscription.notify(changes);
  }

  dispose(): void {
    clearInterval(this.pings);
    for (const [socket, subscription] of this.subscriptions) {
      subscription.dispose();
      socket.close(1001, 'the collector is ending');
    }
    this.upgrades.close();
    this.server.closeAllConnections();
  }

  private async request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = this.refusal(request);
    if (refused) return end(response, refused.status, { error: refused.message }, true);
    this.options.onRequest();
    const path = pathOf(request);
    if (request.method === 'GET' && path === '/health') return end(response, 200, { ok: true });
    if (path !== '/rpc') return end(response, 404, { error: `There is no ${path}; the API is POST /rpc.` });
    if (request.method !== 'POST') return end(response, 405, { error: 'Use POST, or a WebSocket.' });
    const body = await readBody(request);
    if (body === null) return end(response, 413, { error: `A request is at most ${MAX_BODY} bytes.` }, true);
    const reply = await this.options.rpc.handle(body, null);
    if (reply === null) response.writeHead(204).end();
    else endWith(response, 200, this.options.rpc.textOf(reply));
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refused = this.refusal(request);
    const path = pathOf(request);
    if (refused || path !== '/rpc') {
      const status = refused?.status ?? 404;
      socket.end(`HTTP/1.1 ${status} ${status === 401 ? 'Unauthorized' : 'Refused'}\r\nConnection: close\r\n\r\n`);
      return;
    }
    this.upgrades.handleUpgrade(request, socket, head, (client) => this.connected(client));
  }

  private connected(client: WebSocket): void {
    const subscription = new Subscription(client);
    this.subscriptions.set(client, subscription);
    this.alive.add(client);
    client.on('pong', () => this.alive.add(client));
    client.on('error', (error) => this.options.log(`A client's connection failed: ${error.message}`));
    client.on('close', () => {
      subscription.dispose();
      this.subscriptions.delete(client);
      this.options.onRequest();
    });
    let calls = 0;
    const done = () => {
      if (calls-- === MAX_CALLS) client.resume();
    };
    client.on('message', (data: Buffer) => {
      // A client that asks faster than it reads the answers is paused.
      if (++calls === MAX_CALLS) client.pause();
      void this.options.rpc
        .handle(data.toString('utf8'), (topics) => subscription.subscribe(topics))
        .then((reply) => {
          if (reply && client.readyState === client.OPEN) client.send(this.options.rpc.textOf(reply), done);
          else done();
        });
    });
  }

  /** Drops viewers whose machine sleeps or is gone, so that they hold no resources. */
  private ping(): void {
    for (const client of this.subscriptions.keys()) {
      if (!this.alive.delete(client)) client.terminate();
      else client.ping();
    }
  }

  private refusal(request: IncomingMessage): { status: number; message: string } | null {
    // Browsers send this header. No web page may talk to the collector, not even one from this machine.
    if (request.headers.origin !== undefined)
      return { status: 403, message: 'Requests from web pages are refused (Origin header).' };
    if (!this.isOurHost(request.headers.host, request.socket.localAddress))
      return { status: 403, message: 'Unknown Host header: use the loopback address.' };
    if (!this.trusted.has(request.socket) && !this.knowsToken(request.headers.authorization))
      return { status: 401, message: 'Wrong or missing token (Authorization: Bearer …).' };
    this.unproven.get(request.socket)?.();
    return null;
  }

  /** Protects against DNS rebinding: a name that merely resolves to this address is refused. */
  private isOurHost(header: string | undefined, localAddress: string | undefined): boolean {
    if (header === undefined) return false;
    const name = header.replace(/:\d*$/, '').toLowerCase();
    const address = (localAddress ?? '').replace(/^::ffff:/, '');
    return LOOPBACK.has(name) || [this.options.boundHost.toLowerCase(), address, `[${address}]`].includes(name);
  }

  private knowsToken(header: string | undefined): boolean {
    const [, token] = /^Bearer +(\S+)$/i.exec(header ?? '') ?? [];
    return isToken(token, this.options.token);
  }
}

/** Splits by hand, because a URL parser would throw for malformed paths, which only need a 404. */
function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0]!;
}

/** Resolves to null if the body is too large or does not arrive in time. */
function readBody(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let size = 0;
    const done = (body: string | null) => {
      clearTimeout(timer);
      request.removeAllListeners('data');
      resolve(body);
    };
    const timer = setTimeout(() => done(null), REQUEST_TIMEOUT_MS);
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size > MAX_BODY) done(null);
      else parts.push(part);
    });
    request.on('end', () => done(Buffer.concat(parts).toString('utf8')));
    request.on('error', () => done(null));
  });
}

function end(response: ServerResponse, status: number, body: object, close = false): void {
  endWith(response, status, JSON.stringify(body), close);
}

function endWith(response: ServerResponse, status: number, json: string, close = false): void {
  response.writeHead(status, { 'content-type': 'application/json', ...(close && { connection: 'close' }) });
  response.end(json);
}
