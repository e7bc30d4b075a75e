import { describe, expect, it } from 'vitest';
import { type SpreadMember, spreadOf } from '../../../../src/domain/series/spread';

function member(x: number[], y: number[], more: Partial<SpreadMember> = {}): SpreadMember {
  return { x, y, low: y, high: y, ...more };
}

describe('several curves as one', () => {
  it('are their mean, with the standard deviation of a sample and the extremes', () => {
    const spread = spreadOf([member([0, 1], [1, 2]), member([0, 1], [3, 6]), member([0, 1], [5, 10])], 'any', 100);
    expect(spread).toEqual({ x: [0, 1], mean: [3, 6], std: [2, 4], low: [1, 2], high: [5, 10], n: [3, 3] });
  });

  it('continue with the remaining curves after one has ended', () => {
    const spread = spreadOf([member([0, 1], [1, 1]), member([0, 1, 2], [3, 3, 9])], 'any', 100);
    expect(spread.mean).toEqual([2, 2, 9]);
    expect(spread.n).toEqual([2, 2, 1]);
    expect(spread.std[2]).toBe(0);
  });

  it('are interpolated between their points, but not before the first or after the last', () => {
    const spread = spreadOf([member([0, 2], [0, 4]), member([1, 3], [10, 10])], 'any', 100);
    expect(spread.x).toEqual([0, 1, 2, 3]);
    expect(spread.mean).toEqual([0, 6, 7, 10]);
    expect(spread.n).toEqual([1, 2, 2, 1]);
  });

  it('have a mean only where all have reported, if that is requested', () => {
    const members = [member([0, 1, 2], [1, 2, 3]), member([1, 2, 3], [4, 5, 6])];
    expect(spreadOf(members, 'exact', 100)).toMatchObject({ x: [1, 2], mean: [3, 4], n: [2, 2] });
    const odd = [member([0, 2], [0, 4]), member([1, 3], [10, 10])];
    expect(spreadOf(odd, 'exact', 100).x).toEqual([]);
    expect(spreadOf(odd, 'all', 100)).toMatchObject({ x: [1, 2], mean: [6, 7] });
  });

  it('leave out values that are not finite', () => {
    const spread = spreadOf([member([0, 1, 2], [1, NaN, 3]), member([0, 1, 2], [3, 5, 5])], 'any', 100);
    expect(spread.mean).toEqual([2, 5, 4]);
    expect(spread.n).toEqual([2, 1, 2]);
  });

  it('span the extremes that their points summarise', () => {
    const spread = spreadOf(
      [member([0], [1], { low: [-5], high: [1] }), member([0], [2], { low: [2], high: [9] })],
      'any',
      9,
    );
    expect([spread.low[0], spread.high[0]]).toEqual([-5, 9]);
  });

  it('have at most the requested number of points, from end to end', () => {
    const x = Array.from({ length: 10_000 }, (_, i) => i);
    const spread = spreadOf([member(x, x)], 'any', 100);
    expect(spread.x.length).toBeLessThanOrEqual(101);
    expect(spread.x[0]).toBe(0);
    expect(spread.x.at(-1)).toBeGreaterThan(9800);
  });
});
