/** Sequence numbers that a writer skipped. They may still come: a sender with threads mixes up its order. */
export type SeqGaps = [from: number, to: number][];

const MAX_GAPS = 1000;

/** `last` is the highest number so far, `seq` the next one that came. */
export function noteGap(gaps: SeqGaps, last: number, seq: number): void {
  if (seq > last + 1 && gaps.length < MAX_GAPS) gaps.push([last + 1, seq - 1]);
}

/** True when the number was missing, which it is no more; false when it has come before. */
export function fillGap(gaps: SeqGaps, seq: number): boolean {
  const at = gaps.findIndex(([from, to]) => from <= seq && seq <= to);
  if (at < 0) return false;
  const [from, to] = gaps[at]!;
  const left: SeqGaps = [];
  if (from < seq) left.push([from, seq - 1]);
  if (seq < to) left.push([seq + 1, to]);
  gaps.splice(at, 1, ...left);
  return true;
}
