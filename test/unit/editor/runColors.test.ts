import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RunColors } from '../../../src/editor/runs/runColors';

const stored = new Map<string, unknown>();
const memory = {
  get: <T>(key: string): T | undefined => stored.get(key) as T | undefined,
  update: async (key: string, value: unknown) => void stored.set(key, value),
};
beforeEach(() => {
  stored.clear();
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

test('runs get the palette in order, then other dashes', () => {
  const colors = new RunColors(memory, () => undefined);
  const first = Array.from({ length: 12 }, (_, i) => colors.of(`run${i}`));
  expect(first[0]).toEqual({ color: 0, dash: 0 });
  expect(first[9]).toEqual({ color: 9, dash: 0 });
  expect(first[10]).toEqual({ color: 0, dash: 1 });
});

test('a run keeps its colour across a reload, and new runs get other colours', async () => {
  const before = new RunColors(memory, () => undefined);
  before.of('a');
  const kept = before.of('b');
  await vi.advanceTimersByTimeAsync(1000);
  const after = new RunColors(memory, () => undefined);
  expect(after.of('c')).toEqual({ color: 2, dash: 0 });
  expect(after.of('b')).toEqual(kept);
});
