import { expect, it } from 'vitest';
import { joined } from '../../../../src/domain/series/join';

it('metrics logged at different rates are joined at the points of the slower one', () => {
  const loss = { x: [0, 1, 2, 3, 4, 5], y: [9, 8, 7, 6, 5, 4] };
  const accuracy = { x: [2, 5], y: [0.5, 0.7] };
  expect(joined([loss, accuracy])).toEqual({
    x: [2, 5],
    values: [
      [7, 4],
      [0.5, 0.7],
    ],
  });
});

it('the faster metric contributes its last value, and none before its first point', () => {
  const fast = { x: [1, 3, 5, 7], y: [10, 30, 50, 70] };
  expect(joined([fast, { x: [0, 4], y: [1, 2] }])).toEqual({ x: [4], values: [[30], [2]] });
  expect(joined([])).toEqual({ x: [], values: [] });
});
