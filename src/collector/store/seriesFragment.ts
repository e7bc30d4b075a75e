/** The points of one key from one writer in the order of logging: full chunks, then a tail in memory. */
import { GrowableColumn } from '../../domain/series/column';
import { PointStats } from '../../domain/series/stats';
import { CHUNK_POINTS, chunkLength, decodeHead, describeChunk, givenX, type Chunk, type PointColumns } from './chunk';
import type { ChunkTable, ColumnName, StoredChunk } from './chunkTable';
import type { CallSites } from './callSites';
import type { Column } from './columnCodec';

export interface FragmentIdentity {
  id: number;
  writer: string;
  worker: string;
  attempt: number;
  key: string;
}

/** A stretch of a fragment's points: a chunk, or the tail, whose `chunk` is null. */
export interface Block {
  chunk: Chunk | null;
  start: number;
  n: number;
  column(name: ColumnName): Column;
}

interface Span {
  lo: number;
  hi: number;
}

export class SeriesFragment {
  readonly chunks: Chunk[] = [];
  /** The number of all points; `tail` holds those after the last chunk. */
  count = 0;
  /** Statistics of points that have a step or epoch, and of those whose x is their number in the fragment. */
  readonly given = new PointStats();
  readonly ordinal = new PointStats();
  /** The number of points that have an epoch; `epoch` is their range. */
  epochs = 0;
  readonly epoch: Span = { lo: Infinity, hi: -Infinity };
  readonly ts: Span = { lo: Infinity, hi: -Infinity };
  /** True if the tail has changed since it was put into the database. */
  unsaved = false;
  private readonly tail = {
    value: new GrowableColumn(),
    step: new GrowableColumn(),
    epoch: new GrowableColumn(),
    ts: new GrowableColumn(),
  };

  constructor(
    readonly identity: FragmentIdentity,
    private readonly table: ChunkTable,
    /** Null if the points were stored by a version that did not keep sites. */
    readonly sites: CallSites | null,
  ) {}

  append(value: number, step: number, epoch: number, ts: number): void {
    if (this.tail.value.length === CHUNK_POINTS) this.seal(givenX(step, epoch));
    this.measure(value, step, epoch, ts);
    this.tail.value.push(value);
    this.tail.step.push(step);
    this.tail.epoch.push(epoch);
    this.tail.ts.push(ts);
    this.unsaved = true;
  }

  /** Adds a chunk of the loaded database; chunks must come in order. */
  restore(stored: StoredChunk): void {
    const { fragment, seq, n, head } = stored;
    if (head) {
      const chunk = decodeHead(head, seq, this.count, n);
      this.given.merge(chunk.given);
      this.ordinal.merge(chunk.ordinal);
      this.epochs += chunk.epochs;
      widen(this.epoch, chunk.epoch);
      widen(this.ts, chunk.ts);
      this.chunks.push(chunk);
      this.count += n;
      return;
    }
    const columns = this.table.read(fragment, seq, n);
    for (let i = 0; i < n; i++) {
      this.append(columns.value[i]!, columns.step[i]!, columns.epoch[i]!, columns.ts[i]!);
    }
    this.unsaved = false;
  }

  saveTail(): void {
    if (!this.unsaved) return;
    this.table.put(this.identity.id, this.chunks.length, this.tailColumns(), null);
    this.unsaved = false;
  }

  *blocks(): Generator<Block> {
    const { id } = this.identity;
    for (const chunk of this.chunks) {
      yield { chunk, start: chunk.start, n: chunk.n, column: (name) => this.table.column(id, chunk, name) };
    }
    const n = this.tail.value.length;
    if (n > 0) yield { chunk: null, start: this.count - n, n, column: (name) => this.tail[name].view() };
  }

  /** All points, chunk by chunk, bypassing the cache for queries. */
  *columns(): Generator<PointColumns> {
    for (const { seq, n } of this.chunks) yield this.table.read(this.identity.id, seq, n);
    if (this.tail.value.length > 0) yield this.tailColumns();
  }

  get memoryBytes(): number {
    const tail = Object.values(this.tail).reduce((sum, column) => sum + column.data.byteLength, 0);
    return tail + this.chunks.length * 600;
  }

  private measure(value: number, step: number, epoch: number, ts: number): void {
    const x = givenX(step, epoch);
    if (x === x) this.given.add(x, value, ts);
    else this.ordinal.add(this.count, value, ts);
    if (epoch === epoch) {
      this.epochs++;
      if (epoch < this.epoch.lo) this.epoch.lo = epoch;
      if (epoch > this.epoch.hi) this.epoch.hi = epoch;
    }
    if (ts < this.ts.lo) this.ts.lo = ts;
    if (ts > this.ts.hi) this.ts.hi = ts;
    this.count++;
  }

  /** Encodes most of the full tail, so that memory stays small and the work is spread over the points. */
  private seal(nextX: number): void {
    const n = chunkLength(this.tailColumns(), nextX);
    const columns = this.tailColumns(n);
    const chunk = describeChunk(columns, this.chunks.length, this.count - this.tail.value.length);
    this.table.put(this.identity.id, chunk.seq, columns, chunk);
    this.chunks.push(chunk);
    for (const column of Object.values(this.tail)) column.drop(n);
  }

  /** The first `n` points of the tail. */
  private tailColumns(n = this.tail.value.length): PointColumns {
    const { value, step, epoch, ts } = this.tail;
    return { value: value.view(n), step: step.view(n), epoch: epoch.view(n), ts: ts.view(n) };
  }
}

function widen(span: Span, other: Span): void {
  span.lo = Math.min(span.lo, other.lo);
  span.hi = Math.max(span.hi, other.hi);
}
