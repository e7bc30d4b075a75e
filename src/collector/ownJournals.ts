/** The journals that the collector itself writes: what it did to a run, what users edited, commands to the run. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FrameDecoder } from '../base/frames';
import { userError } from '../protocol/apiError';
import type { Command, Json, JournalHead, Role } from '../protocol/events';
import { JournalWriter } from './journal/journalWriter';
import { thisHost, thisProcess } from './processIdentity';
import type { RunDirectories } from './runDirectory';
import { readRegularFile } from './safeFile';

const COMMANDS_FILE = 'commands.xtj';
const MAX_BYTES = 1 << 28;

export class OwnJournals {
  private writer = newWriter();
  /** What was appended to; where such a file is gone, its run was sealed. */
  private readonly used = new Set<string>();
  /** The host's name, made fit for a file's. */
  private readonly worker = `col-${thisHost().host.replace(/[^A-Za-z0-9._-]/g, '_')}`.slice(0, 64);
  private readonly proc = thisProcess();

  constructor(
    private readonly runs: RunDirectories,
    private readonly client: string,
  ) {}

  /** Returns the file's name, for the bell. Throws what the file system throws. */
  appendEvent(runId: string, attempt: number, t: string, p: Json): string {
    for (;;) {
      const file = `events-${this.worker}-${attempt}-${this.writer}.xtj`;
      // Numbers that a writer used once, it cannot use again.
      if (!this.wasRemoved(runId, file)) {
        this.append(file, this.head(runId, 'collector', attempt), t, p);
        this.used.add(`${runId}/${file}`);
        if (!this.wasRemoved(runId, file)) return file;
      }
      this.writer = newWriter();
      this.used.clear();
    }
  }

  private wasRemoved(runId: string, file: string): boolean {
    const dir = this.runs.find(runId);
    return this.used.has(`${runId}/${file}`) && dir !== null && !existsSync(join(dir, file));
  }

  appendEdit(runId: string, p: Json): string {
    return this.append(`user-${this.writer}.xtj`, this.head(runId, 'user', 0), 'edit', p);
  }

  appendCommand(runId: string, command: Command): string {
    return this.append(COMMANDS_FILE, this.head(runId, 'collector', 0), 'command', { ...command });
  }

  commandsOf(runId: string): Command[] {
    const dir = this.runs.find(runId);
    if (!dir) return [];
    const decoder = new FrameDecoder();
    try {
      decoder.push(readRegularFile(join(dir, COMMANDS_FILE), MAX_BYTES));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    const commands: Command[] = [];
    for (let item = decoder.next(); item; item = decoder.next())
      if (item.kind === 'frame' && item.envelope['t'] === 'command') commands.push(item.envelope['p'] as Command);
    return commands;
  }

  private append(file: string, head: JournalHead, t: string, p: Json): string {
    try {
      return this.write(file, head, t, p);
    } catch (error) {
      throw notWritable(this.runs.root, error as NodeJS.ErrnoException) ?? error;
    }
  }

  private write(file: string, head: JournalHead, t: string, p: Json): string {
    const journal = JournalWriter.openAppend(this.runs.ensure(head.run_id), file, head);
    try {
      journal.append(t, p);
      journal.sync();
    } finally {
      journal.close();
    }
    return file;
  }

  private head(run_id: string, role: Role, attempt: number): JournalHead {
    const { worker, writer, proc, client } = this;
    return { format: 1, run_id, worker: role === 'user' ? 'user' : worker, attempt, writer, role, proc, client };
  }
}

/** Null for what is no matter of the user's disk. */
function notWritable(root: string, { code }: NodeJS.ErrnoException): Error | null {
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG')
    return userError('io', `The disk that ${root} is on is full (${code}). Free some space there and try again.`);
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM')
    return userError('io', `${root} cannot be written (${code}). Make it writable and try again.`);
  return null;
}

function newWriter(): string {
  return randomBytes(8).toString('hex');
}
