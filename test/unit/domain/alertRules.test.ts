import { describe, expect, it } from 'vitest';
import { conditionOf, progressOf } from '../../../src/domain/alertRules';
import type { Num } from '../../../src/protocol/events';
import type { RunRow, Summary } from '../../../src/protocol/rows';
import { read, script, supervisor } from './run/runFixture';

const summary = (last: Num, more: Partial<Summary> = {}): Summary => {
  const finite = typeof last === 'number' ? last : null;
  return {
    last,
    last_x: 7,
    min: finite,
    min_x: 7,
    max: finite,
    max_x: 7,
    mean: finite,
    count: 1,
    nan: 0,
    inf: 0,
    ...more,
  };
};

function row(metrics: Record<string, Summary>, more: Partial<RunRow> = {}): RunRow {
  const { row: run } = read(script().add(0, 'run_start', { name: 'n', tags: { team: 'nlp' } }));
  return { ...run, metrics, ...more };
}

const holds = (when: string, run: RunRow, moved = true): boolean => conditionOf({ when }).holds(run, moved, Date.now());

describe('a condition of a rule', () => {
  it('is a query in which a metric is named by its name alone', () => {
    const run = row({ val_loss: summary(12, { min: 2 }), 'train/loss': summary('Infinity') });
    for (const when of [
      'val_loss.last > 10',
      'val_loss > 10',
      'val_loss.min < 3 and tags.team = nlp',
      'train/loss > 1e9',
    ])
      expect(holds(when, run), when).toBe(true);
    for (const when of ['val_loss.last > 12', 'absent < 1', 'not val_loss > 10', 'status = failed', 'name = val_loss'])
      expect(holds(when, run), when).toBe(false);
    expect(conditionOf({ when: 'val_loss.last > 10' }).text(run)).toBe('val_loss is 12 at 7');
  });

  it('that cannot be parsed reports the column', () => {
    for (const when of ['val_loss >', '', '(a > 1', 'a ~ "["']) expect(() => conditionOf({ when }), when).toThrow();
  });

  it('nan matches any training metric, now or at any time in a first attempt', () => {
    expect(holds('nan', row({ loss: summary('NaN') }))).toBe(true);
    expect(holds('NaN', row({ loss: summary('-Infinity') }))).toBe(true);
    expect(holds('nan', row({ loss: summary(1, { nan: 1 }) }))).toBe(true);
    expect(holds('nan', row({ loss: summary(1, { nan: 1 }) }, { attempt: 2 }))).toBe(false);
    expect(holds('nan', row({ 'system/cpu': summary('NaN'), loss: summary(1) }))).toBe(false);
    expect(conditionOf({ when: 'nan' }).text(row({ loss: summary('NaN'), acc: summary(1) }))).toBe('loss is NaN at 7');
  });

  it('stalled and gpu idle only match running runs, after ten minutes', () => {
    const idle = row({ 'system/gpu0_util': summary(3), 'system/gpu1_util': summary(0) });
    expect(holds('gpu idle', idle)).toBe(true);
    expect(holds('gpu idle', row({ 'system/gpu0_util': summary(3), 'system/gpu1_util': summary(80) }))).toBe(false);
    expect(holds('gpu idle', row({}))).toBe(false);
    expect(holds('stalled', idle, false)).toBe(true);
    expect(holds('stalled', idle, true)).toBe(false);
    for (const more of [{ phase: 'paused' }, { status: 'completed' as const }]) {
      expect(holds('stalled', { ...idle, ...more }, false)).toBe(false);
      expect(holds('gpu idle', { ...idle, ...more })).toBe(false);
    }
    expect([conditionOf({ when: 'stalled' }).hold_s, conditionOf({ when: 'gpu idle' }).hold_s]).toEqual([600, 600]);
  });
});

describe('progress', () => {
  it('is what the training logs, not what the machine does', () => {
    const before = progressOf(row({ loss: summary(1), 'system/cpu': summary(1) }));
    expect(progressOf(row({ loss: summary(1), 'system/cpu': summary(1, { count: 9 }) }))).toBe(before);
    expect(progressOf(row({ loss: summary(1, { count: 2 }), 'system/cpu': summary(1) }))).not.toBe(before);
    expect(progressOf(row({ loss: summary(1) }, { phase: 'evaluating' }))).not.toBe(before);
  });
});

describe('an alert', () => {
  it('is listed, counted in the row, and a line of the log', () => {
    const {
      row: run,
      sink,
      state,
    } = read(
      supervisor().add(0, 'run_start'),
      script().add(1, 'run_start').add(2, 'alert', { title: 'diverged', text: 'loss is 12', level: 'error' }),
    );
    expect(run).toMatchObject({ alerts: 1, alerted: state.alerts?.[0]?.at });
    expect(state.alerts?.[0]).toMatchObject({
      title: 'diverged',
      text: 'loss is 12',
      level: 'error',
      worker: 'worker-0',
    });
    expect(sink.lines).toEqual([{ worker: 'worker-0', level: 'error', message: 'diverged: loss is 12' }]);
  });

  it('from a script never counts as a rule’s, and is skipped without a title', () => {
    const { state } = read(
      script()
        .add(0, 'alert', { title: 't', level: 'loud', rule: 'nan', stops: true })
        .add(1, 'alert', { title: ' ' })
        .add(2, 'alert', { title: ['x'] }),
    );
    expect(state.alerts).toHaveLength(1);
    expect(state.alerts?.[0]).not.toHaveProperty('rule');
    expect(state.alerts?.[0]).toMatchObject({ level: 'warning', text: '' });
    expect(state.warnings.map(({ code }) => code)).toContain('bad_alert');
  });
});
