/** Ticks that read well: whole steps, round times, numbers of four digits. */
import { formatCount, formatDuration, formatNumber } from '../../src/domain/format';
import type { DrawnAxis } from './axes';

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

/** Distance between ticks in the axis' unit; undefined leaves the choice to the chart. */
export function tickStep(axis: DrawnAxis, range: number, ticks: number): number | undefined {
  if (axis === 'metric') return undefined;
  if (axis === 'step' || axis === 'epoch') return range <= ticks ? 1 : undefined;
  const unit = axis === 'wall' ? 1000 : 1;
  const wanted = range / unit / ticks;
  if (wanted < 1) return undefined;
  const step = TIME_STEPS.find((one) => one >= wanted) ?? Math.ceil(wanted / 86400) * 86400;
  return step * unit;
}

export function tickLabel(axis: DrawnAxis, value: number, range: number): string {
  if (axis === 'relative') return formatDuration(value) || '0s';
  if (axis === 'wall') {
    const seconds = range < 5 * 60_000 ? { second: '2-digit' as const } : {};
    const day = range > 24 * 3600_000 ? { month: 'short' as const, day: 'numeric' as const } : {};
    return new Date(value).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', ...seconds, ...day });
  }
  return Number.isInteger(value) ? compact(value) : formatNumber(value);
}

/** 12 500 stays, 1 250 000 becomes 1.25M: a tick has little room. */
function compact(value: number): string {
  return Math.abs(value) >= 1e6 ? `${formatNumber(value / 1e6)}M` : formatCount(value);
}

/** Formats with enough digits to differ from the next tick, `step` away. */
export function numberTick(value: number, step: number): string {
  const digits = Math.ceil(Math.log10(Math.abs(value) / step)) + 1;
  if (!(digits > 4 && digits <= 12)) return formatNumber(Number(value.toPrecision(6)));
  return value.toPrecision(digits).replace('-', '−');
}
