/** A chart as an image, with its title and a legend. */
import { dashOf, type Theme } from '../shared/theme';
import type { ChartCanvas } from './chartCanvas';
import type { Curve } from './curve';

/** The parts of a chart that an image needs. */
export interface Pictured {
  canvasElement: HTMLCanvasElement;
  canvas: ChartCanvas;
  current: { title: string };
  curves: readonly Curve[];
}

const HEAD = 28;
const LEGEND_LINE = 18;
const LEGEND_MOST = 20;
const FONT_SIZE = 11;

/** A PNG in base64. Canvases are transparent, so the background is painted first. */
export function chartPng({ canvasElement, current, curves }: Pictured, theme: Theme): string {
  const scale = canvasElement.width / Math.max(1, canvasElement.clientWidth);
  const names = legend(curves);
  const copy = document.createElement('canvas');
  copy.width = canvasElement.width;
  copy.height = canvasElement.height + (HEAD + names.length * LEGEND_LINE) * scale;
  const context = copy.getContext('2d')!;
  context.fillStyle = theme.background;
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvasElement, 0, HEAD * scale);
  context.scale(scale, scale);
  context.textBaseline = 'middle';
  context.fillStyle = theme.foreground;
  context.font = `13px ${theme.font}`;
  context.fillText(current.title, 10, HEAD / 2);
  context.font = `${FONT_SIZE}px ${theme.font}`;
  names.forEach((curve, i) => {
    const y = HEAD + canvasElement.clientHeight + (i + 0.5) * LEGEND_LINE;
    context.strokeStyle = theme.series[curve.color] ?? theme.foreground;
    context.lineWidth = 2;
    context.setLineDash(dashOf(curve));
    context.beginPath();
    context.moveTo(10, y);
    context.lineTo(34, y);
    context.stroke();
    context.fillText(curve.label, 42, y);
  });
  return copy.toDataURL('image/png').split(',')[1] ?? '';
}

export function chartSvg({ canvasElement, canvas, current, curves }: Pictured, theme: Theme): string {
  const { clientWidth: width, clientHeight: height } = canvasElement;
  const area = canvas.area ?? { left: 0, right: width, top: 0, bottom: height };
  const names = legend(curves);
  const full = height + HEAD + names.length * LEGEND_LINE;
  const box = { width: area.right - area.left, height: area.bottom - area.top };
  const text = (x: number, y: number, anchor: string, words: string): string =>
    `<text x="${short(x)}" y="${short(y)}" text-anchor="${anchor}" dominant-baseline="middle">${escaped(words)}</text>`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${full}" viewBox="0 ${-HEAD} ${width} ${full}"`,
    ` font-family="${escaped(theme.font)}" font-size="${FONT_SIZE}" fill="${escaped(theme.foreground)}">`,
    `<title>${escaped(current.title)}</title>`,
    `<rect y="${-HEAD}" width="${width}" height="${full}" fill="${escaped(theme.background)}"/>`,
    text(10, -HEAD / 2, 'start', current.title),
    `<clipPath id="plot"><rect x="${area.left}" y="${area.top}" width="${box.width}" height="${box.height}"/></clipPath>`,
    `<g stroke="${escaped(theme.foreground)}" stroke-opacity="0.2">`,
    ...canvas.ticks('x').map(({ px }) => `<path d="M${short(px)} ${area.top}V${area.bottom}"/>`),
    ...canvas.ticks('y').map(({ px }) => `<path d="M${area.left} ${short(px)}H${area.right}"/>`),
    '</g>',
    ...canvas.ticks('x').map(({ px, label }) => text(px, area.bottom + 12, 'middle', label)),
    ...canvas.ticks('y').map(({ px, label }) => text(area.left - 6, px, 'end', label)),
    '<g clip-path="url(#plot)" fill="none" stroke-linejoin="round">',
    ...curves.map((curve) => band(curve, canvas, theme)),
    ...[...curves].reverse().map((curve) => line(curve, canvas, theme)),
    '</g>',
    ...names.flatMap((curve, i) => {
      const y = height + (i + 0.5) * LEGEND_LINE;
      return [`<path d="M10 ${y}H34" ${stroke(curve, theme)}/>`, text(42, y, 'start', curve.label)];
    }),
    '</svg>\n',
  ];
  return parts.join('');
}

function legend(curves: readonly Curve[]): readonly Curve[] {
  return curves.slice(0, LEGEND_MOST);
}

function line(curve: Curve, canvas: ChartCanvas, theme: Theme): string {
  const d = path(curve, canvas);
  const raw = curve.line === curve.y ? '' : path({ ...curve, line: curve.y }, canvas);
  const faint = raw === '' ? '' : `<path d="${raw}" stroke="${color(curve, theme)}" stroke-opacity="0.25"/>`;
  return `${faint}<path d="${d}" ${stroke(curve, theme)}/>`;
}

function path({ x, line: y }: Curve, canvas: ChartCanvas): string {
  let drawing = false;
  return y
    .map((value, i) => {
      if (Number.isNaN(value)) {
        drawing = false;
        return '';
      }
      const command = drawing ? 'L' : 'M';
      drawing = true;
      return `${command}${short(canvas.xToPixel(x[i]!))} ${short(canvas.yToPixel(value))}`;
    })
    .join('');
}

/** One shape per stretch without gaps. */
function band(curve: Curve, canvas: ChartCanvas, theme: Theme): string {
  if (curve.band === null || !curve.ascending) return '';
  const { min, max } = curve.band;
  const shapes: string[] = [];
  let upper: string[] = [];
  let under: string[] = [];
  const close = (): void => {
    if (upper.length > 1) shapes.push(`M${upper.join('L')}L${under.reverse().join('L')}Z`);
    upper = [];
    under = [];
  };
  min.forEach((low, i) => {
    if (Number.isNaN(low)) return close();
    const px = short(canvas.xToPixel(curve.x[i]!));
    upper.push(`${px} ${short(canvas.yToPixel(max[i]!))}`);
    under.push(`${px} ${short(canvas.yToPixel(low))}`);
  });
  close();
  return `<path d="${shapes.join('')}" fill="${color(curve, theme)}" fill-opacity="0.25"/>`;
}

function stroke(curve: Curve, theme: Theme): string {
  const dash = dashOf(curve);
  const dashed = dash.length > 0 ? ` stroke-dasharray="${dash.join(' ')}"` : '';
  return `stroke="${color(curve, theme)}" stroke-width="1.5"${dashed}`;
}

function color(curve: Curve, theme: Theme): string {
  return escaped(theme.series[curve.color] ?? theme.foreground);
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(text: string): string {
  const legal = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
  return legal.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
