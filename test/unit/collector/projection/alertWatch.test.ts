import { expect, it } from 'vitest';
import { AlertWatch } from '../../../../src/collector/projection/alertWatch';
import type { AlertRule } from '../../../../src/protocol/events';
import { collector, read, script } from '../../domain/run/runFixture';

const MINUTE = 60_000;
const warns: AlertRule = { when: 'stalled', hold_s: 300, stop: false, level: 'warning' };
const stops: AlertRule = { when: 'stalled', hold_s: 1800, stop: true, level: 'warning' };

/** What comes true of a run that makes no progress, minute by minute, and is written into its journal as it is. */
function stalls(watch: AlertWatch, said = collector(0)): { at: number; stop: boolean }[] {
  const due: { at: number; stop: boolean }[] = [];
  for (let at = 0; at <= 60; at++) {
    const { row, state } = read(script().add(0, 'run_start'), said);
    for (const { rule, title, text } of watch.due(row, state.alerts ?? [], 0, at * MINUTE)) {
      due.push({ at, stop: rule.stop });
      const { when, hold_s, level, stop } = rule;
      said.add(at, 'alert', { title, text, level, rule: when, hold_s, stops: stop });
    }
  }
  return due;
}

function watching(...rules: AlertRule[]): AlertWatch {
  const watch = new AlertWatch();
  expect(watch.setRules(rules)).toEqual([]);
  return watch;
}

it('of two rules with one condition, one warns first and the other stops the run after a longer hold', () => {
  const said = collector();
  const both = [
    { at: 6, stop: false },
    { at: 31, stop: true },
  ];
  expect(stalls(watching(warns, stops), said)).toEqual(both);
  // Whoever comes after tells neither again, but a rule that is new.
  expect(stalls(watching(warns, stops), said)).toEqual([]);
  expect(stalls(watching({ ...warns, stop: true }), said)).toEqual([{ at: 6, stop: true }]);
  expect(stalls(watching({ ...stops, name: 'stuck' }), said)).toEqual([{ at: 31, stop: true }]);
});
