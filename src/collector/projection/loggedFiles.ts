/** Where a run's checkpoints and artifacts are now, also when its workspace was moved; looked at every few seconds at most. */
import { statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { movedPath } from '../../domain/run/movedPath';
import { isRecord } from '../../base/unknown';
import { wordOf } from '../../domain/payload';
import type { RunState } from '../../domain/run/state';
import type { Json } from '../../protocol/events';
import type { Artifact, Checkpoint } from '../../protocol/rows';
import { diskBytes } from '../files/diskBytes';

/** The newest; of others it is not said whether they are there. */
const MAX_CHECKED = 500;
const STAT_AGAIN_MS = 5_000;

const WITH_FILES = new Set(['image', 'table', 'artifact', 'checkpoint']);
const RUN_FILE = /^media\/[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

interface Seen {
  file: string;
  exists: boolean | null;
  at: number;
}

interface Logged {
  path: string;
  /** Absolute, as it was when it was logged. */
  file?: string;
}

interface Program {
  cwd?: string | null;
  interpreter?: string | null;
  argv?: string[];
}

export class LoggedFiles {
  private readonly seen = new Map<string, Seen>();
  /** The folder that holds `.xtrack`. */
  readonly workspace: string;

  constructor(
    private readonly state: RunState,
    private readonly runDir: string,
  ) {
    this.workspace = resolve(runDir, '../../..');
  }

  checkpoints(all: Checkpoint[]): Checkpoint[] {
    return this.newest(all).map(([checkpoint, seen]) => ({ ...checkpoint, ...seen }));
  }

  artifacts(all: Artifact[]): Artifact[] {
    return this.newest(all).map(([artifact, seen]) => ({ ...artifact, ...seen }));
  }

  /** An event with the place where the file is now that it speaks of, if it does. */
  located(event: Json): Json {
    const { type, payload } = event as { type: string; payload: Json };
    if (!WITH_FILES.has(type) || !isRecord(payload)) return event;
    const inRun = wordOf(payload['file']);
    // Named by whoever wrote the journal: nothing outside of the folder is meant.
    if (inRun !== null && RUN_FILE.test(inRun)) return { ...(event as object), file: join(this.runDir, inRun) };
    const path = wordOf(payload['path']);
    const absolute = wordOf(payload['abspath']);
    const seen = path === null ? null : this.locate({ path, ...(absolute !== null && { file: absolute }) });
    return seen === null ? event : { ...(event as object), file: seen.file };
  }

  /** Of those in the workspace, each file once. */
  bytes(): number {
    const files = new Set<string>();
    for (const logged of [...this.state.checkpoints, ...this.state.artifacts].slice(-MAX_CHECKED)) {
      const seen = this.locate(logged);
      if (seen?.exists && isInside(seen.file, this.workspace)) files.add(seen.file);
    }
    let bytes = 0;
    for (const file of files) bytes += diskBytes(file);
    return bytes;
  }

  /** Where a file or folder of the run, absolute as it was then, is now; where it was then when it is nowhere. */
  now(path: string): string {
    const { file, exists } = this.find(path);
    return exists === true ? file : path;
  }

  /** What to start to run it again, where that is now. */
  program<T extends Program>({ cwd, interpreter, argv }: T): Pick<T, keyof Program> {
    const now = (path: string): string => (isAbsolute(path) ? this.now(path) : path);
    const program: Program = {};
    if (typeof cwd === 'string') program.cwd = now(cwd);
    if (typeof interpreter === 'string') program.interpreter = now(interpreter);
    if (argv) program.argv = argv.map((word, i) => (i === 0 ? now(word) : word));
    return program;
  }

  private newest<T extends Logged>(all: T[]): [T, { file?: string; exists: boolean | null }][] {
    const from = all.length - MAX_CHECKED;
    return all.map((logged, i) => {
      const seen = i < from ? null : this.locate(logged);
      return [logged, seen ? { file: seen.file, exists: seen.exists } : { exists: null }];
    });
  }

  /** Null where it is not known to what its path was relative. */
  private locate({ path, file }: Logged): Seen | null {
    const logged = file ?? this.absolute(path);
    return logged === null ? null : this.find(logged);
  }

  private absolute(path: string): string | null {
    if (isAbsolute(path)) return path;
    const cwd = this.state.source.cwd ?? this.state.launch?.cwd ?? null;
    return cwd === null ? null : join(cwd, path);
  }

  /** In this workspace first: a copy's files are its own. */
  private find(logged: string): Seen {
    const known = this.seen.get(logged);
    const now = performance.now();
    if (known && now - known.at < STAT_AGAIN_MS) return known;
    const moved = (this.state.roots ?? [])
      .map((root) => movedPath(logged, root, this.workspace))
      .filter((path) => path !== null)
      // Of nested roots the innermost says most, and its path here is the shortest.
      .sort((a, b) => a.length - b.length);
    const candidates = [...new Set([...moved, logged])];
    const found = candidates.map((file) => ({ file, exists: isThere(file) }));
    const best =
      found.find(({ exists }) => exists === true) ?? found.find(({ exists }) => exists === null) ?? found[0]!;
    const seen = { ...best, at: now };
    this.seen.set(logged, seen);
    return seen;
  }
}

function isInside(file: string, folder: string): boolean {
  const path = relative(folder, file);
  return path !== '' && !path.startsWith('..') && !isAbsolute(path);
}

/** Null: a folder that is closed to us, or what can be no path at all. */
function isThere(path: string): boolean | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return null;
  }
}
