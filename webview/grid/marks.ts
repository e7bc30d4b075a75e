/** Where checkpoints and resumes lie on the chosen x axis. */
import type { XAxis } from '../../src/protocol/panel';
import type { Attempt, Checkpoint, RunDetail } from '../../src/protocol/rows';

export interface CheckpointMark {
  x: number;
  checkpoint: Checkpoint;
  run_id: string;
}

export function checkpointMarks(detail: RunDetail, axis: XAxis): CheckpointMark[] {
  return detail.checkpoints.flatMap((checkpoint) => {
    const x = checkpointX(checkpoint, detail, axis);
    return x === null ? [] : [{ x, checkpoint, run_id: detail.run_id }];
  });
}

/** The x at which each later attempt started. On the step and epoch axes that is the checkpoint it resumed from. */
export function attemptMarks(detail: RunDetail, axis: XAxis): { x: number; n: number }[] {
  return detail.attempts.slice(1).flatMap((attempt) => {
    const x = attemptX(attempt, detail, axis);
    return x === null ? [] : [{ x, n: attempt.n }];
  });
}

/** Marks closer than `gap` pixels become one: the best checkpoint of them, else the last. */
export function thinMarks(marks: CheckpointMark[], toPixel: (x: number) => number, gap: number): CheckpointMark[] {
  const kept: CheckpointMark[] = [];
  for (const mark of [...marks].sort((a, b) => a.x - b.x)) {
    const last = kept[kept.length - 1];
    if (last === undefined || toPixel(mark.x) - toPixel(last.x) >= gap) kept.push(mark);
    else if (!last.checkpoint.is_best) kept[kept.length - 1] = mark;
  }
  return kept;
}

function checkpointX(checkpoint: Checkpoint, detail: RunDetail, axis: XAxis): number | null {
  if (axis === 'wall') return checkpoint.at;
  if (axis === 'relative') return (checkpoint.at - startOf(detail)) / 1000;
  return axis === 'step' ? (checkpoint.step ?? checkpoint.epoch) : (checkpoint.epoch ?? checkpoint.step);
}

function attemptX(attempt: Attempt, detail: RunDetail, axis: XAxis): number | null {
  if (axis === 'wall') return attempt.started;
  if (axis === 'relative') return (attempt.started - startOf(detail)) / 1000;
  const from = detail.checkpoints.find(
    (one) => one.id === attempt.from_checkpoint || one.path === attempt.from_checkpoint,
  );
  return from === undefined ? null : checkpointX(from, detail, axis);
}

function startOf(detail: RunDetail): number {
  return detail.started ?? detail.created;
}
