/** Where the pieces of a run belong: worker and key make a curve, a curve has attempts, an attempt has a piece a writer. */
import type { PointStats } from '../../domain/series/stats';
import type { Piece, PieceIdentity } from './piece';

export interface CurveAttempt {
  attempt: number;
  /** In order of writer id, whatever order the journals are read in: equal x are then always merged the same. */
  pieces: Piece[];
  /** Statistics of what is visible of an attempt that a later one cuts off, as long as nothing of this changes. */
  trimmed: { cut: number; base: number; count: number; stats: PointStats } | null;
}

export interface Curve {
  key: string;
  worker: string;
  attempts: CurveAttempt[];
}

type PieceWriter = Pick<PieceIdentity, 'writer' | 'worker' | 'attempt'>;

const NONE: readonly Piece[] = [];
const byNumber = new Intl.Collator('en', { numeric: true });

export class PieceIndex {
  private readonly byWriter = new Map<string, Map<string, Piece[]>>();
  private readonly byKey = new Map<string, Curve[]>();
  readonly pieces: Piece[] = [];

  /** A writer's id alone may name several: some clients keep theirs over attempts, or share it between workers. */
  find({ writer, worker, attempt }: PieceWriter, key: string): Piece | undefined {
    for (const piece of this.byWriter.get(writer)?.get(key) ?? NONE)
      if (piece.identity.attempt === attempt && piece.identity.worker === worker) return piece;
    return undefined;
  }

  add(piece: Piece): void {
    const { writer, worker, attempt, key } = piece.identity;
    const ofWriter = getOrAdd(this.byWriter, writer, () => new Map<string, Piece[]>());
    getOrAdd(ofWriter, key, () => []).push(piece);
    this.pieces.push(piece);
    const curves = getOrAdd(this.byKey, key, () => []);
    const curve = findOrAdd(curves, (one) => one.worker === worker, { key, worker, attempts: [] });
    curves.sort((a, b) => byNumber.compare(a.worker, b.worker) || (a.worker < b.worker ? -1 : 1));
    const part = findOrAdd(curve.attempts, (one) => one.attempt === attempt, { attempt, pieces: [], trimmed: null });
    curve.attempts.sort((a, b) => a.attempt - b.attempt);
    part.pieces.push(piece);
    part.pieces.sort((a, b) => (a.identity.writer < b.identity.writer ? -1 : 1));
  }

  keys(): string[] {
    return [...this.byKey.keys()];
  }

  /** The curves of a key, a worker each, in the order of the workers' names. */
  curves(key: string): readonly Curve[] {
    return this.byKey.get(key) ?? [];
  }
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function findOrAdd<T>(list: T[], matches: (item: T) => boolean, fresh: T): T {
  const found = list.find(matches);
  if (found) return found;
  list.push(fresh);
  return fresh;
}
