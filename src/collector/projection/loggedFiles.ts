/**
 * Finds a run's checkpoints and artifacts, even if its workspace was moved. Each is checked every few seconds at most.
 */
import { statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { movedPath } from '../../domain/run/movedPath';
import { isRecord } from '../../base/unknown';
import { wordOf } from '../../domain/payload';
import type { RunState } from '../../domain/run/state';
import type { Json } from '../../protocol/events';
import type { Artifact, Checkpoint } from '../../protocol/rows';
import { diskBytes } from '../files/diskBytes';

/** Only the newest files are checked; whether older ones exist is left open. */
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
  /** The absolute path at the time of logging. */
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

  /** Adds to an event that names a file the path where that file is now. */
  located(event: Json): Json {
    const { type, payload } = event as { type: string; payload: Json };
    if (!WITH_FILES.has(type) || !isRecord(payload)) return event;
    const inRun = wordOf(payload['file']);
    // The name comes from the journal and is not trusted, so nothing outside the run's directory may match.
    if (inRun !== null && RUN_FILE.test(inRun)) return { ...(event as object), file: join(this.runDir, inRun) };
    const path = wordOf(payload['path']);
    const absolute = wordOf(payload['abspath']);
    const seen = path === null ? null : this.locate({ path, ...(absolute !== null && { file: absolute }) });
    return seen === null ? event : { ...(event as object), file: seen.file };
  }

  /** Disk usage of the files inside the workspace, each counted once, in bytes. */
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

  /**
   * Where a file or folder of the run, given by its absolute path at the time, is now; the same path if it is not
   * found.
   */
  now(path: string): string {
    const { file, exists } = this.find(path);
    return exists === true ? file : path;
  }

  /** The program that started the run, with paths as they are now. */
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

  /** Returns null if the path was relative to an unknown folder. */
  private locate({ path, file }: Logged): Seen | null {
    const logged = file ?? this.absolute(path);
    return logged === null ? null : this.find(logged);
  }

  private absolute(path: string): string | null {
    if (isAbsolute(path)) return path;
    const cwd = this.state.source.cwd ?? this.state.launch?.cwd ?? null;
    return cwd === null ? null : join(cwd, path);
  }

  /** Prefers files in this workspace, so that a copied workspace uses its own. */
  private find(logged: string): Seen {
    const known = this.seen.get(logged);
    const now = performance.now();
    if (known && now - known.at < STAT_AGAIN_MS) return known;
    const moved = (this.state.roots ?? [])
      .map((root) => movedPath(logged, root, this.workspace))
      .filter((path) => path !== null)
      // The innermost of nested roots is the best match, and it gives the shortest path.
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

/** Returns null for a folder that may not be read and for an invalid path. */
function isThere(path: string): boolean | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return null;
  }
}
