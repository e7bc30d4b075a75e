/**
 * One TCP port and one Unix socket serve three dialects, distinguished by the first byte: frames (0x00), lines of JSON
 * ('{'), HTTP (a letter).
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Command } from '../../protocol/events';
import { FrameDialect, LineDialect } from './dialect';
import type { IngestPorts } from './ingestPorts';
import { limitedLog } from './limitedLog';
import { Session } from './session';
import { StreamJournals } from './streamJournal';

const FIRST_BYTE_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 1024;
/** Above this number of connections without a token, the oldest is dropped, so that they cannot keep others out. */
const MAX_UNPROVEN = 64;
/** Matches 127.x and the addresses that mean all interfaces. */
const COVERS_LOOPBACK = /^(127\.|0\.0\.0\.0$|::$)/;
const NUL = 0x00;
const BRACE = 0x7b;

export interface PortServerPorts extends IngestPorts {
  /** Takes over an HTTP connection, with nothing read from it yet. Call `proven` once it has shown the token. */
  http(socket: Socket, trusted: boolean, proven: () => void): void;
}

export class PortServer {
  private readonly servers: Server[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly unproven = new Set<Socket>();
  private readonly sessions = new Set<Session>();
  private readonly journals: StreamJournals;
  private readonly ports: PortServerPorts;
  private socketPath: string | null = null;

  constructor(given: PortServerPorts) {
    this.ports = { ...given, log: limitedLog(given.log) };
    const { ports } = this;
    this.journals = new StreamJournals((runId) => ports.runs.ensure(runId));
  }

  /** Connections of running scripts. */
  get clients(): number {
    return this.sessions.size;
  }

  /** Resolves to the port; rejects if it is in use. */
  async listen(host: string, port: number): Promise<number> {
    const server = await this.serve((listener) => listener.listen({ host, port }), false);
    const address = server.address() as AddressInfo;
    // Clients on this host use the loopback address, whatever else the port is bound to.
    if (!COVERS_LOOPBACK.test(address.address))
      await this.serve((listener) => listener.listen({ host: '127.0.0.1', port: address.port }), false);
    return address.port;
  }

  async listenOnSocket(path: string): Promise<void> {
    // A killed collector may have left its socket; the lease proves that no other collector is alive.
    rmSync(path, { force: true });
    await this.serve((listener) => listener.listen({ path }), true);
    chmodSync(path, 0o600);
    this.socketPath = path;
  }

  /** Sends a command to the connected clients of a run; other clients find it in its file. */
  push(runId: string, command: Command): void {
    for (const session of this.sessions) if (session.runId === runId) session.push(command);
  }

  /** Accepts no new connections and ends the sessions, so that everything received is in the journals. */
  stopListening(): void {
    for (const server of this.servers) server.close();
    for (const session of [...this.sessions]) session.destroy();
  }

  dispose(): void {
    this.stopListening();
    for (const socket of this.sockets) socket.destroy();
    if (this.socketPath) rmSync(this.socketPath, { force: true });
  }

  private serve(listen: (server: Server) => void, trusted: boolean): Promise<Server> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.accept(socket, trusted));
    server.maxConnections = MAX_CONNECTIONS;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.once('listening', () => {
        server.off('error', reject);
        server.on('error', (error) => this.ports.log(`The port failed: ${error.message}`));
        this.servers.push(server);
        resolve(server);
      });
      listen(server);
    });
  }

  private accept(socket: Socket, trusted: boolean): void {
    this.sockets.add(socket);
    if (!trusted) this.awaitProof(socket);
    // A client that is killed resets its connection; the close that follows is handled.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.unproven.delete(socket);
    });
    const timer = setTimeout(() => socket.destroy(), FIRST_BYTE_TIMEOUT_MS);
    socket.once('close', () => clearTimeout(timer));
    const bye = () => socket.end();
    socket.once('end', bye);
    socket.once('data', (bytes: Buffer) => {
      clearTimeout(timer);
      socket.off('end', bye);
      socket.pause();
      socket.unshift(bytes);
      this.dispatch(socket, bytes[0]!, trusted);
      // The new owner of the socket is listening now.
      socket.resume();
    });
  }

  private awaitProof(socket: Socket): void {
    this.unproven.add(socket);
    const [oldest] = this.unproven;
    if (this.unproven.size > MAX_UNPROVEN) oldest?.destroy();
  }

  private dispatch(socket: Socket, first: number, trusted: boolean): void {
    const proven = () => void this.unproven.delete(socket);
    const dialect = first === NUL ? new FrameDialect() : first === BRACE ? new LineDialect() : null;
    if (dialect) {
      const onClose = (closed: Session) => this.sessions.delete(closed);
      const ends = { proven, closed: onClose };
      this.sessions.add(new Session(socket, dialect, trusted, this.ports, this.journals, ends));
    } else if (isLetter(first)) {
      this.ports.http(socket, trusted, proven);
    } else socket.destroy();
  }
}

function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
}
