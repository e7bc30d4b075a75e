/** What scripts logged, read from their journals alone: what the editor shows is held against it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FrameDecoder } from '../../src/base/frames';
import type { JournalHead } from '../../src/protocol/events';

interface Journal {
  head: JournalHead;
  events: { t: string; p: Record<string, unknown>; m: { ts: number } }[];
}

export interface Point {
  x: number;
  y: number;
  attempt: number;
}

export function runIds(folder: string): string[] {
  const runs = join(folder, '.xtrack/runs');
  return existsSync(runs) ? readdirSync(runs).sort() : [];
}

export function readJournals(folder: string, runId: string): Journal[] {
  const dir = join(folder, '.xtrack/runs', runId);
  return readdirSync(dir)
    .filter((name) => name.startsWith('events-') && name.endsWith('.xtj'))
    .flatMap((name) => {
      const decoder = new FrameDecoder();
      decoder.push(readFileSync(join(dir, name)));
      const events: Journal['events'] = [];
      for (let frame = decoder.next(); frame; frame = decoder.next()) {
        if (frame.kind === 'bad') throw new Error(`${name}: bad frame at ${frame.offset}`);
        events.push(frame.envelope as unknown as Journal['events'][number]);
      }
      const [head, ...rest] = events;
      return head ? [{ head: head.p as unknown as JournalHead, events: rest }] : [];
    });
}

/** The heads of the script's own processes, in the order of their attempts. */
export function scripts(folder: string, runId: string): JournalHead[] {
  return readJournals(folder, runId)
    .map((journal) => journal.head)
    .filter((head) => head.role === 'script')
    .sort((a, b) => a.attempt - b.attempt);
}

/** A worker's curve of `key`: x = step, else epoch, else a count; a later attempt wins from its first x on. */
export function loggedCurve(folder: string, runId: string, key: string, worker = 'worker-0'): Point[] {
  const journals = readJournals(folder, runId)
    .filter(({ head }) => head.role === 'script' && head.worker === worker)
    .sort((a, b) => a.head.attempt - b.head.attempt);
  let curve: Point[] = [];
  let ordinal = 0;
  for (const { head, events } of journals) {
    const points: Point[] = [];
    for (const { t, p } of events) {
      const metrics = t === 'metric' ? { [String(p['key'])]: p['value'] } : t === 'metric_batch' ? p['metrics'] : null;
      const value = (metrics as Record<string, unknown> | null)?.[key];
      if (value === undefined || value === null) continue;
      const x = (p['step'] ?? p['epoch'] ?? ordinal) as number;
      ordinal++;
      points.push({ x, y: Number(value), attempt: head.attempt });
    }
    const from = Math.min(...points.map((point) => point.x));
    curve = [...curve.filter((point) => point.x < from), ...points];
  }
  return curve;
}
