/** Sequence numbers that a writer skipped, ascending. They may still arrive, because a sender with threads may reorder events. */
export type SeqGaps = [from: number, to: number][];

/** A writer with more gaps than this has lost a large part of its events. */
export const MAX_GAPS = 100_000;

/** `last` is the highest number so far, `seq` the one that arrived next. Returns false if there are too many gaps to keep another. */
export function noteGap(gaps: SeqGaps, last: number, seq: number): boolean {
  if (seq <= last + 1) return true;
  if (gaps.length >= MAX_GAPS) return false;
  gaps.push([last + 1, seq - 1]);
  return true;
}

/** Returns true if the number was missing, and fills the gap; false if it has arrived before. */
export function fillGap(gaps: SeqGaps, seq: number): boolean {
  let [at, end] = [0, gaps.length];
  while (at < end) {
    const middle = (at + end) >> 1;
    if (gaps[middle]![1] < seq) at = middle + 1;
    else end = middle;
  }
  const gap = gaps[at];
  if (!gap || gap[0] > seq) return false;
  const [from, to] = gap;
  const left: SeqGaps = [];
  if (from < seq) left.push([from, seq - 1]);
  if (seq < to) left.push([seq + 1, to]);
  gaps.splice(at, 1, ...left);
  return true;
}
