/** A chart as a picture or as a table. */
import type { Curve } from './curve';

/** Base64 of a PNG, with the background that a canvas does not have. */
export function chartPng(
  canvas: HTMLCanvasElement,
  title: string,
  background: string,
  foreground: string,
  font: string,
): string {
  const scale = canvas.width / Math.max(1, canvas.clientWidth);
  const copy = document.createElement('canvas');
  const head = Math.round(28 * scale);
  copy.width = canvas.width;
  copy.height = canvas.height + head;
  const context = copy.getContext('2d')!;
  context.fillStyle = background;
  context.fillRect(0, 0, copy.width, copy.height);
  context.fillStyle = foreground;
  context.font = `${Math.round(13 * scale)}px ${font}`;
  context.textBaseline = 'middle';
  context.fillText(title, 10 * scale, head / 2);
  context.drawImage(canvas, 0, head);
  return copy.toDataURL('image/png').split(',')[1] ?? '';
}

/** One line a point: what is plotted, at the resolution of the chart, min and max where a line stands for several. */
export function chartCsv(curves: readonly Curve[], axis: string, nameOf: (run_id: string) => string): string {
  const lines = [['run', 'run_id', 'worker', 'metric', axis, 'value', 'min', 'max'].join(',')];
  for (const curve of curves) {
    curve.x.forEach((x, i) => {
      const low = curve.band?.min[i] ?? curve.y[i]!;
      const high = curve.band?.max[i] ?? curve.y[i]!;
      lines.push(
        [nameOf(curve.run_id), curve.run_id, curve.worker, curve.key, x, curve.y[i]!, low, high]
          .map(csvField)
          .join(','),
      );
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
