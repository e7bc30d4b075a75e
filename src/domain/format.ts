/** The common format of numbers, durations and times: four significant digits, thin spaces between thousands. */
import { t } from '../base/texts';
import type { Num } from '../protocol/events';

const THIN_SPACE = '\u2009';

export function toNumber(value: Num): number {
  return typeof value === 'number' ? value : Number(value);
}

export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e15) return exponential(value);
  if (Number.isInteger(value)) return thousands(value.toFixed(0));
  if (size >= 1e9) return exponential(value);
  if (size >= 1000) return thousands(value.toFixed(0));
  return trimZeros(value.toPrecision(4)).replace('-', '−');
}

/** Formats steps, counts and epochs: whole numbers in full. */
export function formatCount(value: number): string {
  return Number.isInteger(value) ? thousands(value.toFixed(0)) : formatNumber(value);
}

export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '';
  if (seconds < 1) return `${Math.round(seconds * 1000)}ms`;
  if (seconds < 10) return `${trimZeros(seconds.toFixed(1))}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return pair(Math.floor(whole / 60), 'm', whole % 60, 's');
  const minutes = Math.round(whole / 60);
  if (minutes < 24 * 60) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'm');
  const hours = Math.round(minutes / 60);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

export function formatAgo(at: number, now: number): string {
  const seconds = (now - at) / 1000;
  if (seconds < 5) return t('just now');
  const [long] = formatDuration(Math.round(seconds)).split(' ');
  return t('{0} ago', long ?? '');
}

export function formatTime(at: number): string {
  return new Date(at).toLocaleString();
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size.toFixed(0) : trimZeros(size.toPrecision(3))} ${units[unit]}`;
}

/** Formats the x of a point on the chosen axis. */
export function formatX(axis: 'step' | 'epoch' | 'relative' | 'wall' | 'metric', x: number): string {
  if (axis === 'metric') return t('at {0}', formatNumber(x));
  if (axis === 'relative') return formatDuration(x);
  if (axis === 'wall') return formatTime(x);
  return axis === 'epoch' ? t('epoch {0}', formatCount(x)) : t('step {0}', formatCount(x));
}

function pair(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit} ${small}${smallUnit}`;
}

function thousands(digits: string): string {
  return digits.replace('-', '−').replace(/\B(?=(\d{3})+(?!\d))/g, THIN_SPACE);
}

function exponential(value: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential(3).split('e');
  return `${trimZeros(mantissa).replace('-', '−')}e${exponent.replace('+', '')}`;
}

function trimZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}

/** Also removes the bidirectional marks that would reverse the text after a name. */
export function straight(text: string): string {
  return text.replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '');
}

/** Shortens in the middle, because long names differ at their ends. */
export function shortName(name: string, longest: number): string {
  const characters = [...straight(name)];
  if (characters.length <= longest) return characters.join('');
  const tail = Math.floor(longest / 2);
  return `${characters.slice(0, longest - tail - 1).join('')}…${characters.slice(-tail).join('')}`;
}

/** Names a line of a file briefly; cells of a notebook, addressed by `vscode-notebook-cell:`, show the notebook's name. */
export function formatLine({ file, line }: { file: string; line: number }): string {
  const path = file.startsWith('vscode-notebook-cell:') ? file.replace(/#.*$/, '') : file;
  return `${path.split(/[\\/]/).at(-1) ?? path}:${line}`;
}
