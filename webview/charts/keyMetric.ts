/** The metric that speaks for a run where there is room for one: the usual names first, else the first there is. */
import type { RunRow } from '../../src/protocol/rows';

const USUAL = [
  'val_acc',
  'val/acc',
  'val_accuracy',
  'val/accuracy',
  'accuracy',
  'acc',
  'val_loss',
  'val/loss',
  'train/loss',
  'loss',
];

export function keyMetric(rows: readonly RunRow[]): string | null {
  const keys = new Set(rows.flatMap((row) => Object.keys(row.metrics)));
  const usual = USUAL.find((key) => keys.has(key));
  return usual ?? [...keys].filter((key) => !key.startsWith('system/')).sort()[0] ?? null;
}
