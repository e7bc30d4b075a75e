/** Curves over the range 0 to 1 of several runs in one figure, such as ROC or precision over recall. */
import { t } from '../../src/base/texts';
import type { Json } from '../../src/protocol/events';
import { formatNumber } from '../../src/domain/format';
import { el, setName } from '../shared/dom';
import { dashOf } from '../shared/theme';

export interface LoggedCurve {
  name: string;
  color: string;
  dash: number;
  rows: readonly Json[][];
}

const SVG = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT] = [320, 240];
const AREA = { left: 34, right: 312, top: 8, bottom: 206 };
const TICKS = [0, 0.25, 0.5, 0.75, 1];

export function curveFigure(columns: readonly string[], curves: readonly LoggedCurve[]): HTMLElement {
  const [x = '', y = ''] = columns;
  const drawn = curves.map((curve) => ({ ...curve, points: pointsOf(curve.rows) }));
  const areas = drawn.map(({ name, points }) => `${name} ${formatNumber(areaBelow(points))}`);
  const picture = svg('svg', { class: 'logged-curve', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img' });
  picture.setAttribute('aria-label', t('{0} over {1}; area under the curve: {2}', y, x, areas.join(', ')));
  for (const tick of TICKS) {
    const [px, py] = [toX(tick), toY(tick)];
    picture.append(
      svg('path', { class: 'curve-grid', d: `M${px} ${AREA.top}V${AREA.bottom}M${AREA.left} ${py}H${AREA.right}` }),
    );
    picture.append(
      words(String(tick), px, AREA.bottom + 13, 'middle'),
      words(String(tick), AREA.left - 5, py + 3, 'end'),
    );
  }
  picture.append(words(x, (AREA.left + AREA.right) / 2, HEIGHT - 6, 'middle'));
  const up = words(y, 0, 0, 'middle');
  up.setAttribute('transform', `translate(9 ${(AREA.top + AREA.bottom) / 2}) rotate(-90)`);
  picture.append(up);
  for (const { color, dash, points } of drawn) {
    const d = points.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${toX(px).toFixed(1)} ${toY(py).toFixed(1)}`).join('');
    const line = svg('path', {
      class: 'curve-line',
      d,
      'stroke-dasharray': dashOf({ dash }).join(' '),
    });
    line.style.stroke = color;
    picture.append(line);
  }
  return el('figure', { class: 'curve-figure' }, picture, legend(drawn));
}

/** Names each curve, with the area under it. */
function legend(curves: readonly (LoggedCurve & { points: [number, number][] })[]): HTMLElement {
  const items = curves.map(({ name, color, dash, points }) => {
    const swatch = el('span', { class: `swatch dash-${dash % 4}` });
    swatch.style.backgroundColor = color;
    const label = el('span', { class: 'legend-name', title: name });
    setName(label, name);
    return el('li', {}, swatch, label, el('span', { class: 'muted' }, t('area {0}', formatNumber(areaBelow(points)))));
  });
  return el('ul', { class: 'legend' }, ...items);
}

function pointsOf(rows: readonly Json[][]): [number, number][] {
  return rows.flatMap(([x, y]) =>
    typeof x === 'number' && typeof y === 'number' ? [[x, y] satisfies [number, number]] : [],
  );
}

export function areaBelow(points: readonly [number, number][]): number {
  let area = 0;
  for (let i = 1; i < points.length; i++) {
    const [from, to] = [points[i - 1]!, points[i]!];
    area += ((to[0] - from[0]) * (from[1] + to[1])) / 2;
  }
  return Number(area.toPrecision(4));
}

function toX(share: number): number {
  return AREA.left + share * (AREA.right - AREA.left);
}

function toY(share: number): number {
  return AREA.bottom - share * (AREA.bottom - AREA.top);
}

function words(text: string, x: number, y: number, anchor: string): SVGElement {
  const node = svg('text', { x, y, 'text-anchor': anchor });
  node.textContent = text;
  return node;
}

function svg(tag: string, attributes: Record<string, string | number>): SVGElement {
  const node: SVGElement = document.createElementNS<'path'>(SVG, tag as 'path');
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  return node;
}
