import { describe, expect, it } from 'vitest';
import { CHART_SIZES, nameOfSize, readChartSize } from '../../../../webview/grid/chartSize';
import { CHARTS, SYSTEM } from '../../../../webview/grid/axes';
import { GRID_STATE } from '../../../../webview/grid/gridState';
import {
  columnsIn,
  draggedSize,
  hasOwnSize,
  sizeOf,
  spanOf,
  widthOf,
  withColumns,
  withSize,
} from '../../../../webview/grid/chartSizes';

const { small, medium, large } = CHART_SIZES;

describe('the columns of a grid', () => {
  it('are as many as let charts of the common size fill whole rows', () => {
    for (const size of [small, medium, large, { columns: 7, height: 200 }]) {
      for (let width = 150; width < 2600; width += 7) {
        const columns = columnsIn(width, size);
        expect(columns.count % spanOf(size, columns)).toBe(0);
        const all = (columns.count / spanOf(size, columns)) * (widthOf(size, columns) + 12) - 12;
        expect(all).toBeCloseTo(width, 6);
        expect(widthOf({ columns: 1, height: 0 }, columns)).toBeGreaterThan(width < 212 ? 60 : 99);
      }
    }
  });

  it('match the number of charts per row of the former sizes', () => {
    const beside = (width: number, size: typeof medium | typeof small | typeof large): number =>
      columnsIn(width, size).count / spanOf(size, columnsIn(width, size));
    expect([beside(268, medium), beside(700, medium), beside(1160, medium)]).toEqual([1, 2, 3]);
    expect([beside(700, small), beside(1160, small)]).toEqual([3, 5]);
    expect([beside(500, large), beside(700, large), beside(1160, large)]).toEqual([1, 1, 2]);
  });
});

describe('a chart whose corner is dragged', () => {
  const columns = columnsIn(1332, medium);

  it('takes the columns up to the pointer, and any height', () => {
    expect(columns).toEqual({ count: 12, pitch: 112 });
    const dragged = (x: number, y: number) => draggedSize(medium, { x, y }, columns, 1000);
    expect(dragged(50, 0)).toEqual(medium);
    expect(dragged(60, 7)).toEqual({ columns: 4, height: 229 });
    expect(dragged(-60, -33)).toEqual({ columns: 2, height: 189 });
    expect(dragged(-900, -900)).toEqual({ columns: 2, height: 130 });
    expect(dragged(9000, 9000)).toEqual({ columns: 12, height: 1200 });
  });

  it('takes the whole row if there is no room to drag further', () => {
    expect(draggedSize(medium, { x: 10, y: 0 }, columns, 0)).toEqual(medium);
    expect(draggedSize(medium, { x: 20, y: 0 }, columns, 0)).toEqual({ columns: 12, height: 222 });
  });

  it('keeps a width for which there is currently no room until the width is changed', () => {
    const narrow = columnsIn(400, medium);
    expect(narrow.count).toBe(3);
    expect(draggedSize(large, { x: 0, y: 40 }, narrow, 0)).toEqual({ columns: 5, height: 402 });
    expect(withColumns(large, 2, narrow).columns).toBe(2);
    expect(withColumns(large, 4, narrow)).toBe(large);
  });
});

describe('stored chart sizes', () => {
  it('belong to one chart in one tab, and are empty for a chart of the common size', () => {
    const state = GRID_STATE.initial;
    const wide = { columns: 6, height: 300 };
    const changed = { ...state, ...withSize(CHARTS, state, 'loss', wide) };
    expect(sizeOf(CHARTS, changed, 'loss')).toEqual(wide);
    expect([sizeOf(CHARTS, changed, 'lr'), sizeOf(SYSTEM, changed, 'loss')]).toEqual([medium, medium]);
    expect(hasOwnSize(CHARTS, changed, 'loss')).toBe(true);
    expect(withSize(CHARTS, changed, 'loss', null).sizes).toEqual({});
    expect(withSize(CHARTS, changed, 'loss', { ...medium }).sizes).toEqual({});
    expect(sizeOf(CHARTS, { ...changed, size: large }, 'lr')).toEqual(large);
  });

  it('are read within bounds, also as earlier versions wrote them', () => {
    expect(GRID_STATE.read({ size: 'large' })).toMatchObject({ size: large, sizes: {} });
    const sizes = {
      loss: { columns: 4, height: 200 },
      lr: { columns: -1, height: 1e9 },
      bad: { columns: '3' },
      no: null,
    };
    const read = GRID_STATE.read({ size: { columns: 4, height: 300.4 }, sizes });
    expect(read).toMatchObject({ size: { columns: 4, height: 300 } });
    expect(read.sizes).toEqual({ loss: { columns: 4, height: 200 }, lr: { columns: 2, height: 1200 } });
    expect(GRID_STATE.read(JSON.parse(JSON.stringify(read)))).toEqual(read);
    expect(GRID_STATE.read({ size: 'toString' })).toMatchObject({ size: medium });
    expect([nameOfSize(readChartSize('small')!), nameOfSize({ columns: 4, height: 1 })]).toEqual(['small', undefined]);
  });
});
