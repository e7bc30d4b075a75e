/** Reads images, histograms and tables from a run's events, by key and step. Malformed ones are left out. */
import { isRecord } from '../../src/base/unknown';
import { type Json, MEDIA_TYPES, type MediaType } from '../../src/protocol/events';
import type { RunEvent } from '../../src/protocol/panel';

interface Placed {
  /** Its step, else its epoch, else its index among those of its key. */
  x: number;
  worker: string;
  /** Where the file is now. */
  file: string | null;
}

export interface ImageItem extends Placed {
  type: 'image';
  caption: string | null;
  /** Width and height, where they are known. */
  size: [number, number] | null;
}

export interface HistogramItem extends Placed {
  type: 'histogram';
  edges: number[];
  counts: number[];
  bad: number;
}

export interface TableItem extends Placed {
  type: 'table';
  columns: string[];
  /** Null: they are in the file. */
  rows: Json[][] | null;
  total: number;
  /** How it is drawn, where not as a plain table. */
  view: 'confusion' | 'curve' | null;
}

export type MediaItem = ImageItem | HistogramItem | TableItem;

/** Of one key, in the order of their steps. */
export interface MediaTrack {
  id: string;
  type: MediaType;
  key: string;
  items: MediaItem[];
}

type Fields = Record<string, Json>;

/** A later attempt that logs a step again replaces it, as it does with metrics. */
export function tracksOf(events: readonly RunEvent[]): Map<string, MediaTrack> {
  const tracks = new Map<string, MediaTrack>();
  const steps = new Map<string, Map<string, { item: MediaItem; attempt: number }>>();
  for (const event of events) {
    const type = MEDIA_TYPES.find((known) => known === event.type);
    const fields = fieldsOf(event.payload);
    const key = fields['key'];
    if (type === undefined || typeof key !== 'string') continue;
    const id = `${type} ${key}`;
    const known = steps.get(id) ?? new Map<string, { item: MediaItem; attempt: number }>();
    steps.set(id, known);
    const x = numberOf(fields['step']) ?? numberOf(fields['epoch']) ?? known.size;
    const item = itemOf(type, fields, { x, worker: event.worker, file: event.file ?? null });
    if (item === null) continue;
    const place = `${event.worker} ${x}`;
    const before = known.get(place);
    if (before === undefined || before.attempt <= event.attempt) known.set(place, { item, attempt: event.attempt });
    tracks.set(id, { id, type, key, items: [] });
  }
  for (const track of tracks.values())
    track.items = [...steps.get(track.id)!.values()].map(({ item }) => item).sort((a, b) => a.x - b.x);
  return tracks;
}

/** The newest item of each worker at or before `x`. */
export function itemsAt(items: readonly MediaItem[], x: number): MediaItem[] {
  const found = new Map<string, MediaItem>();
  for (const item of items) if (item.x <= x) found.set(item.worker, item);
  return [...found.values()].sort((a, b) => a.worker.localeCompare(b.worker, undefined, { numeric: true }));
}

/** A table's file, or its event. */
export function tableRows(content: Json): Json[][] {
  const { rows } = fieldsOf(content);
  return Array.isArray(rows) ? rows.filter((row): row is Json[] => Array.isArray(row)) : [];
}

function itemOf(type: MediaType, fields: Fields, placed: Placed): MediaItem | null {
  if (type === 'image') {
    const [width, height] = [numberOf(fields['width']), numberOf(fields['height'])];
    const size: [number, number] | null = width && height ? [width, height] : null;
    const caption = fields['caption'];
    return { ...placed, type, size, caption: typeof caption === 'string' ? caption : null };
  }
  if (type === 'histogram') {
    const edges = numbersOf(fields['edges']);
    const counts = numbersOf(fields['counts']);
    if (edges === null || counts === null || counts.length === 0 || edges.length !== counts.length + 1) return null;
    return { ...placed, type, edges, counts, bad: numberOf(fields['bad']) ?? 0 };
  }
  const columns = Array.isArray(fields['columns']) ? fields['columns'].map(String) : [];
  const rows = 'rows' in fields ? tableRows(fields) : null;
  if (rows === null && placed.file === null) return null;
  const view = (['confusion', 'curve'] as const).find((known) => known === fields['view']) ?? null;
  return { ...placed, type, columns, rows, view, total: numberOf(fields['total']) ?? rows?.length ?? 0 };
}

function fieldsOf(value: Json): Fields {
  return isRecord(value) ? value : {};
}

function numberOf(value: Json | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function numbersOf(value: Json | undefined): number[] | null {
  return Array.isArray(value) && value.every((one): one is number => typeof one === 'number') ? value : null;
}
