import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatNumber } from '../../../../src/domain/format';
import { numberTick, tickLabel, tickStep } from '../../../../webview/grid/axisTicks';
import { Eta } from '../../../../webview/panel/eta';
import { chartCsv } from '../../../../webview/grid/chartCsv';
import { curveOf, exactSeries } from '../grid/series';

describe('numbers', () => {
  it.each([
    [0, '0'],
    [0.974, '0.974'],
    [0.123456, '0.1235'],
    [-0.5, '−0.5'],
    [1.2e-5, '1.2e-5'],
    [1234567, '1\u2009234\u2009567'],
    [1234.5678, '1\u2009235'],
    [NaN, 'NaN'],
    [-Infinity, '−∞'],
  ])('%d reads %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it('counts are shown in full', () => expect(formatCount(10560)).toBe('10\u2009560'));
  it('bytes are shown with three digits', () => expect(formatBytes(1234567)).toBe('1.23 MB'));
  it.each([
    [0.25, '250ms'],
    [7980, '2h 13m'],
    [3599.9, '1h'],
    [61, '1m 1s'],
  ])('%d seconds read %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

describe('ticks', () => {
  it('are whole steps on a short run and round times on a clock', () => {
    expect(tickStep('step', 3, 6)).toBe(1);
    expect(tickStep('relative', 3600, 6)).toBe(600);
    expect(tickStep('wall', 60_000, 6)).toBe(10_000);
    // As many digits as tell one from the next.
    expect([27.105, 27.11].map((value) => numberTick(value, 0.005))).toEqual(['27.105', '27.110']);
    expect(numberTick(0.5, 0.5)).toBe('0.5');
    expect(numberTick(0, 0.5)).toBe('0');
    expect(numberTick(-1200, 400)).toBe('−1\u2009200');
    expect(tickLabel('step', 2_500_000, 1)).toBe('2.5M');
  });
});

describe('time left', () => {
  it('of a first attempt is estimated from its start', () => {
    const pace = new Eta().update({ cur: 25, total: 100, unit: 'step' }, 10_000, 0);
    expect(pace?.left).toBeCloseTo(30, 6);
    expect(pace?.rate).toBeCloseTo(2.5, 6);
  });

  it('of a resumed run is estimated from observed progress, without the time before', () => {
    const eta = new Eta();
    const at = (cur: number, now: number): number | undefined =>
      eta.update({ cur, total: 100, unit: 'step' }, now, null)?.left;
    expect(at(80, 0)).toBeUndefined();
    at(81, 1000);
    expect(at(82, 2000)).toBeCloseTo(18, 6);
  });

  it('is unknown without a total', () =>
    expect(new Eta().update({ cur: 1, total: null, unit: 'step' }, 1000, 0)).toBeNull());
});

describe('a saved table', () => {
  it('quotes names and never lets one become a formula', () => {
    const curve = curveOf(exactSeries([1], [0.5], { key: '=cmd|x' }));
    const [head, line] = chartCsv([curve], 'step', () => 'a, "b"').split('\n');
    expect(head).toBe('run,run_id,worker,metric,label,step,value,min,max,smoothed');
    expect(line).toBe(`"a, ""b""",r1,worker-0,'=cmd|x,r1,1,0.5,0.5,0.5,0.5`);
  });
});
