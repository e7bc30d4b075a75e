import { describe, expect, it } from 'vitest';
import { firstAtOrAfter, mergeTail } from '../../../../webview/model/seriesTail';
import { exactSeries } from '../grid/series';

describe('merging the end of a series', () => {
  const known = exactSeries([0, 1, 2, 3], [10, 11, 12, 'NaN'], { bad: [{ x: 3, kind: 'nan' }] });

  it('replaces everything from the start of the new end', () => {
    const merged = mergeTail(known, exactSeries([2, 3, 4], [20, 21, 22], { rev: 7, tail_from: 2 }));
    expect([...merged.x]).toEqual([0, 1, 2, 3, 4]);
    expect([...merged.last]).toEqual([10, 11, 20, 21, 22]);
    expect(merged.max).toHaveLength(5);
    expect(merged.bad).toEqual([]);
    expect(merged.rev).toBe(7);
    expect(merged.tail_from).toBeUndefined();
  });

  it('uses a whole snapshot unchanged', () => {
    const whole = exactSeries([5], [1]);
    expect(mergeTail(known, whole)).toBe(whole);
  });

  it('keeps the known series when nothing is new', () => {
    expect([...mergeTail(known, exactSeries([], [], { tail_from: 4 })).x]).toEqual([0, 1, 2, 3]);
  });

  it('does not change the series that it was given', () => {
    mergeTail(known, exactSeries([0], [1], { tail_from: 0 }));
    expect([...known.x]).toEqual([0, 1, 2, 3]);
  });

  it('finds the first x at or after a value', () => {
    expect(firstAtOrAfter([1, 3, 5], 3)).toBe(1);
    expect(firstAtOrAfter([1, 3, 5], 3.5)).toBe(2);
    expect(firstAtOrAfter([1, 3, 5], 9)).toBe(3);
    expect(firstAtOrAfter([], 0)).toBe(0);
  });
});
