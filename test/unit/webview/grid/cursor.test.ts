import { describe, expect, it } from 'vitest';
import { cursorValues, nearestInValue } from '../../../../webview/grid/cursorValues';
import type { Curve } from '../../../../webview/grid/curve';
import { edgeMarks } from '../../../../webview/grid/edgeMarks';
import { curveOf, exactSeries } from './series';

const curve = (run_id: string, x: number[], y: (number | 'NaN')[]): Curve => curveOf(exactSeries(x, y, { run_id }));

describe('the cursor', () => {
  it('names the nearest point of every curve, the highest value first, gaps last', () => {
    const values = cursorValues(
      [curve('gap', [0, 1], [1, 'NaN']), curve('low', [0, 1], [1, 2]), curve('high', [0, 1.2], [1, 9])],
      1,
      5,
    );
    expect(values.map((value) => [value.curve.run_id, value.value])).toEqual([
      ['high', 9],
      ['low', 2],
      ['gap', NaN],
    ]);
  });

  it('leaves out a curve that ended long before', () => {
    const values = cursorValues([curve('short', [0, 1, 2], [1, 1, 1]), curve('long', [0, 50, 100], [1, 1, 1])], 90, 3);
    expect(values.map((value) => value.curve.run_id)).toEqual(['long']);
  });

  it('picks the curve nearest to its height', () => {
    const values = cursorValues([curve('a', [0], [1]), curve('b', [0], [10])], 0, 1);
    expect(nearestInValue(values, 8)?.curve.run_id).toBe('b');
  });
});

describe('marks for values that are not finite', () => {
  const area = { left: 0, right: 100 };

  it('are at the edge to which the value points', () => {
    const bad = [
      { x: 10, kind: 'nan' as const },
      { x: 20, kind: 'inf' as const },
      { x: 30, kind: '-inf' as const },
    ];
    expect(edgeMarks(bad, area, (x) => x, 5)).toEqual([
      { px: 10, edge: 'bottom' },
      { px: 20, edge: 'top' },
      { px: 30, edge: 'bottom' },
    ]);
  });

  it('do not pile up, and end with the chart', () => {
    const bad = Array.from({ length: 1000 }, (_, i) => ({ x: i, kind: 'nan' as const }));
    expect(edgeMarks(bad, area, (x) => x, 10)).toHaveLength(11);
  });
});
