/** The journals that the collector itself writes: its own events about a run, users' edits, and commands to the run. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { english } from '../../base/texts';
import { FrameDecoder } from '../../base/frames';
import { userError } from '../../protocol/apiError';
import type { Command, Envelope, Json, JournalHead, Role } from '../../protocol/events';
import { JournalWriter } from '../journal/journalWriter';
import { thisHost, thisProcess } from '../files/processIdentity';
import type { RunDirectories } from '../files/runDirectory';
import { readRegularFile } from '../files/safeFile';

const COMMANDS_FILE = 'commands.xtj';
const MAX_BYTES = 1 << 28;
const USER_JOURNAL = /^user-.*\.xtj$/;
/** µs, in the year 2100; no plausible clock is further ahead. */
const LATEST_TIME = 4_102_444_800_000_000;

export class OwnJournals {
  private writer = newWriter();
  /** Journals that were appended to. If such a file is gone, its run was sealed. */
  private readonly used = new Set<string>();
  /** The host's name, reduced to characters that are safe in a file name. */
  private readonly worker = `col-${thisHost().host.replace(/[^A-Za-z0-9._-]/g, '_')}`.slice(0, 64);
  private readonly proc = thisProcess();

  constructor(
    private readonly runs: RunDirectories,
    private readonly client: string,
  ) {}

  /** Appends an event and returns the file's name, so that the store can be notified. Throws file system errors. */
  appendEvent(runId: string, attempt: number, t: string, p: Json): string {
    for (;;) {
      const file = `events-${this.worker}-${attempt}-${this.writer}.xtj`;
      // A writer cannot reuse its sequence numbers.
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
    return this.append(`user-${this.writer}.xtj`, this.head(runId, 'user', 0), 'edit', p, this.lastEdit(runId));
  }

  /** When the run was last edited (µs). The later of two edits wins, even if the clock was set back between them. */
  private lastEdit(runId: string): number {
    const dir = this.runs.find(runId);
    const names = dir === null ? [] : readdirSync(dir).filter((name) => USER_JOURNAL.test(name));
    const times = names.flatMap((name) => envelopesIn(join(dir!, name)).map(({ m }) => m?.ts));
    return times.reduce((last, ts) => (ts < LATEST_TIME && ts > last ? ts : last), 0);
  }

  appendCommand(runId: string, command: Command): string {
    return this.append(COMMANDS_FILE, this.head(runId, 'collector', 0), 'command', { ...command });
  }

  commandsOf(runId: string): Command[] {
    const dir = this.runs.find(runId);
    if (!dir) return [];
    return envelopesIn(join(dir, COMMANDS_FILE)).flatMap(({ t, p }) =>
      t === 'command' ? [p as unknown as Command] : [],
    );
  }

  private append(file: string, head: JournalHead, t: string, p: Json, after = 0): string {
    try {
      return this.write(file, head, t, p, after);
    } catch (error) {
      throw notWritable(this.runs.root, error as NodeJS.ErrnoException) ?? error;
    }
  }

  private write(file: string, head: JournalHead, t: string, p: Json, after: number): string {
    const journal = JournalWriter.openAppend(this.runs.ensure(head.run_id), file, head);
    try {
      journal.append(t, p, after);
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

/** Yields nothing if the file is missing or is not a journal. */
function envelopesIn(path: string): Envelope[] {
  const decoder = new FrameDecoder();
  try {
    decoder.push(readRegularFile(path, MAX_BYTES));
  } catch {
    return [];
  }
  const envelopes: Envelope[] = [];
  for (let item = decoder.next(); item; item = decoder.next())
    if (item.kind === 'frame') envelopes.push(item.envelope as unknown as Envelope);
  return envelopes;
}

/** Null for errors that are not caused by the user's disk. */
function notWritable(root: string, { code }: NodeJS.ErrnoException): Error | null {
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG')
    return userError('io', english`The disk with ${root} is full (${code}). Free some space and try again.`);
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM')
    return userError('io', english`${root} cannot be written (${code}). Make it writable and try again.`);
  return null;
}

function newWriter(): string {
  return randomBytes(8).toString('hex');
}
