/** The mean of one key over workers. */

/** One worker's visible points, ascending in `step` (x on the step axis); `x` is where they are drawn. */
export interface WorkerPoints {
  step: number[];
  x: number[];
  value: number[];
}

/**
 * Workers meet on the step axis, because their clocks never do. A mean exists only where all of them have reported, and is
 * drawn at the x of the last one. If a worker has several points at one step, the last counts.
 */
export function meanOfWorkers(workers: readonly WorkerPoints[]): { x: number[]; value: number[] } {
  const out = { x: [] as number[], value: [] as number[] };
  const first = workers[0];
  if (!first) return out;
  const at = workers.map(() => 0);
  for (let i = 0; i < first.step.length; i++) {
    const step = first.step[i]!;
    if (first.step[i + 1] === step) continue;
    at[0] = i;
    if (!workers.every((worker, w) => w === 0 || advance(worker, at, w, step))) continue;
    const x = workers.reduce((latest, worker, w) => Math.max(latest, worker.x[at[w]!]!), -Infinity);
    if (Number.isNaN(x)) continue;
    out.x.push(x);
    out.value.push(workers.reduce((sum, worker, w) => sum + worker.value[at[w]!]!, 0) / workers.length);
  }
  return out;
}

/** Moves worker w to its last point at this step; returns false if it has none. */
function advance(worker: WorkerPoints, at: number[], w: number, step: number): boolean {
  let i = at[w]!;
  while (i < worker.step.length && worker.step[i]! < step) i++;
  while (worker.step[i + 1] === step) i++;
  at[w] = i;
  return worker.step[i] === step;
}
