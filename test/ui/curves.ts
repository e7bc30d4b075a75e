/** Holds what a chart has drawn against what the script logged. */
import { expect } from 'vitest';
import type { Point } from './journals';
import type { PlottedCurve } from './workbench';

/**
 * A drawn value stands for the logged ones from its x up to the next drawn x: the first has that x, the last that value.
 * While the script goes on, the chart may not have the newest yet.
 */
export function expectSameCurve(plotted: PlottedCurve | undefined, logged: Point[], going = false): void {
  if (!plotted) throw new Error('nothing is drawn');
  expect(plotted.x.length).toBeGreaterThan(0);
  expect(plotted.x[0]).toBe(logged[0]?.x);
  plotted.x.forEach((x, i) => {
    const newest = i === plotted.x.length - 1;
    const bucket = logged.filter((point) => point.x >= x && (newest || point.x < plotted.x[i + 1]!));
    expect(bucket[0]?.x, `the first x of bucket ${i}`).toBe(x);
    if (newest && going) expect(bucket.map((point) => point.y)).toContain(plotted.y[i]);
    else expect(plotted.y[i], `the value at x = ${x}`).toBe(bucket.at(-1)?.y);
  });
}
