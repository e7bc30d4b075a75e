/** One client's connection: a hello, then notices that its journal grew, or events if its journal is not visible here. */
import type { Socket } from 'node:net';
import { Pace } from '../../base/pace';
import { messageOf } from '../../base/unknown';
import type { Ack, Command, Envelope, Hello, Json, Welcome } from '../../protocol/events';
import { isToken } from '../files/token';
import type { Dialect } from './dialect';
import { eventOf, headOf, helloSchema, isObject } from './hello';
import type { IngestPorts } from './ingestPorts';
import { lastSeqOnDisk } from './journalOnDisk';
import { LegacyStreams } from './legacyStreams';
import type { StreamJournal, StreamJournals } from './streamJournal';

const HELLO_TIMEOUT_MS = 10_000;
const MAX_BEFORE_HELLO = 64 * 1024;
/** Limits acks and notices of growth to 20 a second. */
const FLUSH_EVERY_MS = 50;
/** A client with more unread bytes than this is sent nothing more. */
const MAX_UNREAD = 1 << 20;

type State =
  | { kind: 'new' }
  | { kind: 'journal'; hello: Hello; file: string }
  | { kind: 'stream'; hello: Hello; journal: StreamJournal }
  | { kind: 'legacy'; streams: LegacyStreams }
  | { kind: 'closed' };

export interface SessionEvents {
  /** Called when the client has shown the token. */
  proven(): void;
  closed(session: Session): void;
}

export class Session {
  private state: State = { kind: 'new' };
  private readonly helloTimer: NodeJS.Timeout;
  private readonly pace = new Pace(FLUSH_EVERY_MS, () => this.flush());
  private badCount = 0;

  constructor(
    private readonly socket: Socket,
    private readonly dialect: Dialect,
    /** True on the Unix socket, which is protected by its directory. */
    private readonly trusted: boolean,
    private readonly ports: IngestPorts,
    private readonly journals: StreamJournals,
    private readonly events: SessionEvents,
  ) {
    this.helloTimer = setTimeout(() => this.refuse('no hello within 10 seconds'), HELLO_TIMEOUT_MS);
    socket.setKeepAlive(true, 30_000);
    socket.on('data', (bytes: Buffer) => this.receive(bytes));
    socket.on('close', () => this.close());
    socket.on('end', () => socket.end());
  }

  get runId(): string | null {
    return this.state.kind === 'journal' || this.state.kind === 'stream' ? this.state.hello.run_id : null;
  }

  /** Sends a command, which is in commands.xtj too. */
  push(command: Command): void {
    if (this.state.kind !== 'journal' && this.state.kind !== 'stream') return;
    const { worker, attempt } = this.state.hello;
    if (command.worker !== undefined && command.worker !== worker) return;
    if (command.attempt !== undefined && command.attempt !== attempt) return;
    this.send('command', { ...command });
  }

  destroy(): void {
    this.close();
    this.socket.destroy();
  }

  private receive(bytes: Buffer): void {
    const fresh: Envelope[] = [];
    for (const item of this.dialect.feed(bytes)) {
      if (this.state.kind === 'closed') return;
      if (item.kind === 'bad') {
        if (this.state.kind === 'new' && !this.trusted) return this.refuse(item.reason);
        this.bad(item.reason);
      } else this.take(item.envelope, fresh);
    }
    this.append(fresh);
    if (this.state.kind === 'new' && this.dialect.pending > MAX_BEFORE_HELLO) this.refuse('too much before a hello');
  }

  private take(envelope: Record<string, unknown>, fresh: Envelope[]): void {
    switch (this.state.kind) {
      case 'new':
        return this.greet(envelope);
      case 'journal':
        if (envelope['t'] === 'grown') this.pace.soon();
        return;
      case 'stream':
        return this.event(envelope, this.state.hello.run_id, fresh);
      case 'legacy':
        return this.legacy(this.state.streams, envelope);
      case 'closed':
        return;
    }
  }

  private greet(envelope: Record<string, unknown>): void {
    const payload = isObject(envelope['p']) ? envelope['p'] : {};
    if (envelope['t'] === 'hello') {
      if (!this.trusted && !isToken(payload['token'], this.ports.token)) return this.refuse('wrong or missing token');
      this.events.proven();
      // A hello without these fields comes from a client that speaks plain v1.
      if (payload['run_id'] === undefined && payload['writer'] === undefined) return this.becomeLegacy();
      return this.welcome(payload);
    }
    if (!this.trusted) return this.refuse('a connection over TCP must open with a hello that has the token');
    this.becomeLegacy();
    if (this.state.kind === 'legacy') this.legacy(this.state.streams, envelope);
  }

  private welcome(payload: Record<string, unknown>): void {
    const checked = helloSchema.safeParse(payload);
    if (!checked.success) {
      const issue = checked.error.issues[0];
      return this.refuse(`hello: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
    }
    const hello = checked.data;
    clearTimeout(this.helloTimer);
    const runDir = this.ports.runs.find(hello.run_id);
    const onDisk = hello.journal !== undefined && runDir ? lastSeqOnDisk(runDir, hello.journal, hello) : null;
    if (hello.journal !== undefined && onDisk !== null) {
      this.state = { kind: 'journal', hello, file: hello.journal };
      this.send('welcome', { protocol: 1, mode: 'journal', after: onDisk } satisfies Welcome);
      return this.pace.soon();
    }
    if (this.ports.follower !== null) return this.refuse(this.ports.follower);
    try {
      const journal = this.journals.acquire(headOf(hello));
      this.state = { kind: 'stream', hello, journal };
      this.send('welcome', { protocol: 1, mode: 'stream', after: journal.lastSeq } satisfies Welcome);
      this.ports.grown(hello.run_id, journal.file);
      for (const command of this.ports.commandsOf(hello.run_id)) this.push(command);
    } catch (error) {
      this.refuse(`the journal of run ${hello.run_id} cannot be written: ${messageOf(error)}`);
    }
  }

  private becomeLegacy(): void {
    if (this.ports.follower !== null) return this.refuse(this.ports.follower);
    clearTimeout(this.helloTimer);
    this.state = { kind: 'legacy', streams: new LegacyStreams(this.ports.runs, this.journals, this.ports.grown) };
  }

  private event(envelope: Record<string, unknown>, runId: string, fresh: Envelope[]): void {
    const isHead = envelope['t'] === 'journal';
    const event = isHead ? null : eventOf(envelope, runId);
    if (event === null) return;
    if (typeof event === 'string') return this.bad(`an event ${event}`);
    if (event.m.seq > 0) fresh.push(event);
    else if (event.t === 'heartbeat' && this.state.kind === 'stream') this.state.journal.touch();
  }

  private legacy(streams: LegacyStreams, envelope: Record<string, unknown>): void {
    try {
      const problem = streams.take(envelope);
      if (problem !== null) this.bad(problem);
    } catch (error) {
      this.refuse(`cannot be written: ${messageOf(error)}`);
    }
  }

  private append(fresh: Envelope[]): void {
    if (this.state.kind !== 'stream' || fresh.length === 0) return;
    try {
      this.state.journal.append(fresh);
      this.pace.soon();
    } catch (error) {
      // Without an ack, the client keeps the events and sends them again.
      this.refuse(`the journal of run ${this.state.hello.run_id} cannot be written: ${messageOf(error)}`);
    }
  }

  private flush(): void {
    if (this.state.kind === 'journal') this.ports.grown(this.state.hello.run_id, this.state.file);
    if (this.state.kind !== 'stream') return;
    const { journal, hello } = this.state;
    this.ports.grown(hello.run_id, journal.file);
    this.send('ack', { seq: journal.lastSeq } satisfies Ack);
  }

  private send(t: string, p: { [k: string]: Json | undefined }): void {
    if (this.socket.destroyed || this.socket.writableLength > MAX_UNREAD) return;
    this.socket.write(this.dialect.encode({ v: 1, t, m: { seq: 0, ts: Date.now() * 1000 }, p }));
  }

  private bad(reason: string): void {
    if (this.badCount++ === 0) this.ports.log(`A client${this.name()} sent ${reason}; it was skipped.`);
  }

  private refuse(message: string): void {
    this.ports.log(`A client${this.name()} was refused: ${message}`);
    this.send('error', { message });
    this.close();
    this.socket.destroySoon();
  }

  private name(): string {
    return this.runId === null ? '' : ` of run ${this.runId}`;
  }

  private close(): void {
    const { state } = this;
    if (state.kind === 'closed') return;
    clearTimeout(this.helloTimer);
    if (this.pace.isDue && !this.socket.destroyed) this.flush();
    this.pace.cancel();
    this.state = { kind: 'closed' };
    if (this.badCount > 1) this.ports.log(`${this.badCount} bad frames or events in one connection were skipped.`);
    if (state.kind === 'stream') {
      this.ports.grown(state.hello.run_id, state.journal.file);
      state.journal.release();
    }
    if (state.kind === 'legacy') state.streams.drop();
    this.events.closed(this);
  }
}
