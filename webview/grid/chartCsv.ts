/** A chart as a table. */
import type { Curve } from './curve';

const HEAD = ['run', 'run_id', 'worker', 'metric', 'label'];

/** One line a point: what is plotted, at the resolution of the chart, min and max where a line stands for several. */
export function chartCsv(curves: readonly Curve[], axis: string, nameOf: (run_id: string) => string): string {
  const lines = [[...HEAD, axis, 'value', 'min', 'max', 'smoothed'].map(csvField).join(',')];
  for (const curve of curves) {
    const about = [nameOf(curve.run_id), curve.run_id, curve.worker, curve.key, curve.label];
    curve.y.forEach((y, i) => {
      const low = curve.band?.min[i] ?? y;
      const high = curve.band?.max[i] ?? y;
      lines.push([...about, curve.x[i]!, y, low, high, curve.line[i]!].map(csvField).join(','));
    });
  }
  return `${lines.join('\n')}\n`;
}

/** Quoted where needed; text that a spreadsheet would run as a formula is defused. */
function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
