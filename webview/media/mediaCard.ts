/** Images, histograms or tables of one key, of all runs that are shown, at one step that a slider chooses. */
import { t } from '../../src/base/texts';
import { messageOf } from '../../src/base/unknown';
import type { Json } from '../../src/protocol/events';
import type { PanelAction, PanelRun } from '../../src/protocol/panel';
import { formatCount } from '../../src/domain/format';
import { el, icon, setAttribute, setChildren, setName, setText } from '../shared/dom';
import type { Theme } from '../shared/theme';
import { confusionView } from './confusionView';
import { curveFigure, type LoggedCurve } from './curveFigure';
import { histogramView } from './histogramView';
import type { MediaFiles } from './mediaFiles';
import {
  type HistogramItem,
  type ImageItem,
  itemsAt,
  type MediaItem,
  type MediaTrack,
  type TableItem,
  tableRows,
} from './mediaItems';
import { AS_LOGGED, type TableArrangement } from '../shared/tableArrangement';
import { TableView } from '../shared/tableView';

export interface RunTrack {
  run: PanelRun;
  track: MediaTrack;
}

/** A table's elements stay while its step changes: somebody may be typing into its filter. */
interface TableCell {
  figure: HTMLElement;
  place: HTMLElement;
  view: TableView;
  /** The item requested last: a file may arrive after another step was chosen. */
  item: TableItem;
}

export interface CardContext {
  files: MediaFiles;
  theme: () => Theme;
  act: (action: PanelAction) => void;
}

const ICONS = { image: 'file-media', histogram: 'graph', table: 'table' } as const;
/** Images up to this size are drawn with sharp pixels. */
const SMALL_PX = 96;

export class MediaCard {
  readonly element: HTMLElement;
  private readonly slider = el('input', { type: 'range', min: 0, step: 1 });
  private readonly at = el('span', { class: 'number' });
  private readonly body = el('div', { class: 'media-cells' });
  private tracks: RunTrack[] = [];
  private steps: number[] = [];
  private tables = new Map<string, TableCell>();
  private arrangement = AS_LOGGED;
  private drawn = '';

  constructor(
    { type, key }: MediaTrack,
    private readonly context: CardContext,
    onStep: (x: number | null) => void,
    private readonly onArrange: (arrangement: TableArrangement) => void,
  ) {
    const title = el('h3', { title: key });
    setName(title, key);
    this.slider.setAttribute('aria-label', t('Step of {0}', key));
    this.slider.addEventListener('input', () => {
      const i = Number(this.slider.value);
      // At its end the slider follows the newest step.
      onStep(i >= this.steps.length - 1 ? null : this.steps[i]!);
    });
    this.element = el(
      'section',
      { class: `media-card media-${type}`, 'aria-label': key },
      el('header', {}, icon(ICONS[type]), title, this.slider, this.at),
      this.body,
    );
  }

  /** `x`: the step, null for the newest. Tables of all runs are arranged alike. */
  update(tracks: RunTrack[], x: number | null, arrangement: TableArrangement): void {
    this.tracks = tracks;
    this.arrangement = arrangement;
    for (const { view } of this.tables.values()) view.arrange(arrangement);
    this.steps = [...new Set(tracks.flatMap(({ track }) => track.items.map((item) => item.x)))].sort((a, b) => a - b);
    const last = this.steps.length - 1;
    const found = x === null ? last : this.steps.findLastIndex((step) => step <= x);
    const i = Math.max(0, found);
    setAttribute(this.slider, 'max', String(last));
    if (this.slider.value !== String(i)) this.slider.value = String(i);
    this.slider.hidden = last < 1;
    const step = this.steps[i] ?? 0;
    setAttribute(this.slider, 'aria-valuetext', t('step {0}', formatCount(step)));
    setText(this.at, t('step {0}', formatCount(step)));
    this.draw(step);
  }

  private draw(step: number): void {
    const cells = this.tracks.map(({ run, track }) => ({ run, track, items: itemsAt(track.items, step) }));
    const shown = cells.map(({ run, track, items }) => [
      run.row.run_id,
      run.color,
      track.items.length,
      items.map(keyOf),
    ]);
    const drawn = JSON.stringify([shown, this.context.theme().series]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const curves = this.curvesOf(cells);
    const before = this.tables;
    this.tables = new Map();
    const figures = (): HTMLElement[] =>
      cells.flatMap(({ run, track, items }) => this.cellsOf(run, track, items, before));
    setChildren(this.body, curves === null ? figures() : [curves]);
  }

  /** The curves of all runs in one figure; null if any item is not a curve. */
  private curvesOf(cells: { run: PanelRun; items: MediaItem[] }[]): HTMLElement | null {
    const { series, foreground } = this.context.theme();
    let columns: string[] = [];
    const curves: LoggedCurve[] = [];
    for (const { run, items } of cells) {
      for (const [i, item] of items.entries()) {
        if (item.type !== 'table' || item.view !== 'curve' || item.rows === null) return null;
        const name = items.length > 1 ? `${run.row.name} ${item.worker}` : run.row.name;
        columns = item.columns;
        curves.push({ name, color: series[run.color] ?? foreground, dash: run.dash + i, rows: item.rows });
      }
    }
    return curves.length === 0 ? null : curveFigure(columns, curves);
  }

  private cellsOf(
    run: PanelRun,
    track: MediaTrack,
    items: MediaItem[],
    tables: ReadonlyMap<string, TableCell>,
  ): HTMLElement[] {
    if (items.length === 0)
      return [
        el('figure', {}, this.label(run, null), el('p', { class: 'muted' }, t('Nothing logged at this step yet.'))),
      ];
    return items.map((item) => {
      const label = this.label(run, items.length > 1 ? item.worker : null);
      if (item.type === 'table') return this.table(run, track, item, label, tables);
      return el('figure', {}, label, this.content(run, track, item), captionOf(item));
    });
  }

  /** Names the run, where there are several. */
  private label({ row, color, dash }: PanelRun, worker: string | null): HTMLElement | null {
    if (this.tracks.length < 2 && worker === null) return null;
    const swatch = el('span', { class: `swatch dash-${dash % 4}` });
    swatch.style.backgroundColor = this.context.theme().series[color] ?? '';
    const name = el('span', { class: 'legend-name', title: row.name });
    setName(name, worker === null ? row.name : `${row.name} ${worker}`);
    return el('div', { class: 'media-run' }, swatch, name);
  }

  private content(run: PanelRun, track: MediaTrack, item: ImageItem | HistogramItem): HTMLElement {
    if (item.type === 'image') return this.image(run, track, item);
    const all = track.items.filter(
      (one): one is HistogramItem => one.type === 'histogram' && one.worker === item.worker,
    );
    return histogramView(item, all, run.color, this.context.theme());
  }

  private table(
    run: PanelRun,
    { key }: MediaTrack,
    item: TableItem,
    label: HTMLElement | null,
    known: ReadonlyMap<string, TableCell>,
  ): HTMLElement {
    const id = `${run.row.run_id} ${item.worker}`;
    const name = `${key}, ${run.row.name}`;
    const cell = known.get(id) ?? this.newTable(name, item);
    this.tables.set(id, cell);
    cell.item = item;
    setChildren(cell.figure, label === null ? [cell.place] : [label, cell.place]);
    if (item.rows !== null) this.showRows(cell, run, name, item.rows);
    else
      this.context.files.json(run.row.run_id, item.file!).then(
        (content) => cell.item === item && this.showRows(cell, run, name, tableRows(content)),
        (error) => cell.item === item && this.failed(cell.place, error),
      );
    return cell.figure;
  }

  private newTable(name: string, item: TableItem): TableCell {
    const view = new TableView(name, this.onArrange);
    const place = el('div', {}, el('p', { class: 'muted' }, t('Loading…')));
    return { figure: el('figure', {}), place, view, item };
  }

  private showRows({ place, view, item }: TableCell, { color }: PanelRun, name: string, rows: Json[][]): void {
    const { columns, total } = item;
    if (item.view === 'confusion') {
      const { series, foreground } = this.context.theme();
      setChildren(place, [confusionView(columns.slice(1), rows, series[color] ?? foreground, name)]);
      return;
    }
    view.arrange(this.arrangement);
    view.show({ columns, rows, total });
    setChildren(place, [view.element]);
  }

  /** A click opens it in the editor, which can zoom. Its space is reserved while it loads. */
  private image(run: PanelRun, { key }: MediaTrack, item: ImageItem): HTMLElement {
    const { file, size } = item;
    if (file === null) return el('p', { class: 'muted' }, t('The file could not be found.'));
    const picture = el('img', { alt: item.caption ?? t('{0} at step {1}', key, formatCount(item.x)) });
    const button = el('button', { class: 'picture', type: 'button', title: t('Open {0}', file) }, picture);
    if (size !== null) {
      picture.style.aspectRatio = `${size[0]} / ${size[1]}`;
      picture.classList.toggle('small', Math.max(...size) <= SMALL_PX);
    }
    button.addEventListener('click', () => this.context.act({ do: 'open', run_id: run.row.run_id, file }));
    picture.addEventListener('error', () =>
      button.replaceWith(el('p', { class: 'muted' }, t('This image cannot be shown.'))),
    );
    this.context.files.image(run.row.run_id, file).then(
      (url) => (picture.src = url),
      (error) => this.failed(button, error),
    );
    return button;
  }

  /** The file may be written a moment later, so the next update tries again. */
  private failed(place: HTMLElement, error: unknown): void {
    this.drawn = '';
    place.replaceChildren(el('p', { class: 'muted' }, messageOf(error)));
  }
}

function keyOf({ x, worker, file }: MediaItem): string {
  return `${worker} ${x} ${file}`;
}

function captionOf(item: MediaItem): HTMLElement | null {
  return item.type === 'image' && item.caption !== null ? el('figcaption', { class: 'muted' }, item.caption) : null;
}
