import { describe, expect, it } from 'vitest';
import { commonExtent, nearestIndex, xExtent, yExtent } from '../../../../webview/grid/curve';
import { smooth } from '../../../../webview/grid/smoothing';
import { curveOf, exactSeries } from './series';

describe('smoothing', () => {
  it('starts at the first value rather than at zero', () => {
    expect(smooth([5, 5, 5], 0.9).map((value) => value.toFixed(9))).toEqual([
      '5.000000000',
      '5.000000000',
      '5.000000000',
    ]);
  });

  it('applies the given weight to the past', () => {
    // (0.5·0.5·1 + 0.5·3) / (1 − 0.25) with a first value of 1
    expect(smooth([1, 3], 0.5)[1]).toBeCloseTo((0.25 * 1 + 0.5 * 3) / 0.75, 12);
  });

  it('leaves gaps where values are not finite, and continues after them', () => {
    const line = smooth([2, NaN, Infinity, 2], 0.6);
    expect(line[1]).toBeNaN();
    expect(line[2]).toBeNaN();
    expect(line[3]).toBeCloseTo(2, 12);
  });
});

describe('a curve', () => {
  it('plots exactly what was logged, with gaps for NaN and infinities', () => {
    const curve = curveOf(exactSeries([0, 1, 2, 3], [0.5, 'NaN', 'Infinity', 0.25]));
    expect(curve.y).toEqual([0.5, NaN, NaN, 0.25]);
    expect(curve.line).toBe(curve.y);
    expect(curve.band).toBeNull();
  });

  it('leaves out values without a logarithm on a logarithmic axis', () => {
    expect(curveOf(exactSeries([0, 1, 2], [0, -1, 2]), 0, true).y).toEqual([NaN, NaN, 2]);
  });

  it('keeps the extremes of buckets, so that a spike sets the height of the chart', () => {
    const series = exactSeries([0, 10], [1, 1], {
      exact: false,
      min: Float64Array.of(0.5, 1),
      max: Float64Array.of(1, 900),
    });
    const curve = curveOf(series);
    expect(yExtent([curve], 0, 20)).toEqual({ min: 0.5, max: 900 });
  });

  it('measures only points inside the window', () => {
    const curve = curveOf(exactSeries([0, 1, 2], [100, 2, 3]));
    expect(yExtent([curve], 1, 2)).toEqual({ min: 2, max: 3 });
    expect(yExtent([curve], 5, 6)).toBeNull();
    expect(xExtent([curve])).toEqual({ from: 0, to: 2 });
    expect(xExtent([])).toBeNull();
  });

  it('finds its nearest point, also with another metric as x', () => {
    const ascending = curveOf(exactSeries([0, 1, 2], [1, 1, 1]));
    expect([-5, 0.4, 0.6, 7].map((at) => nearestIndex(ascending, at))).toEqual([0, 0, 1, 2]);
    const wild = curveOf(exactSeries([5, 1, 3], [1, 1, 1]));
    expect(wild.ascending).toBe(false);
    expect(nearestIndex(wild, 2.9)).toBe(2);
    expect(xExtent([wild])).toEqual({ from: 1, to: 5 });
    expect(nearestIndex(curveOf(exactSeries([], [])), 1)).toBe(-1);
  });

  it('can ignore the few most extreme values for the height', () => {
    const x = Array.from({ length: 100 }, (_, i) => i);
    const curve = curveOf(
      exactSeries(
        x,
        x.map((i) => (i === 0 ? 1e6 : 1 + i / 100)),
      ),
    );
    expect(commonExtent([curve], 0, 99)!.max).toBeLessThan(2);
  });
});
