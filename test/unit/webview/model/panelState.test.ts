import { describe, expect, it } from 'vitest';
import { newPanelState, readPanelState as readByHost } from '../../../../src/protocol/panel';
import { PanelModel } from '../../../../webview/model/panelModel';
import { readPanelState, storedPanelState } from '../../../../webview/model/panelState';
import { TABS } from '../../../../webview/panel/tabs';

const SLICES = TABS.map(({ state }) => state);

/** As version 1 stored it, every field chosen. */
const VERSION_1 = {
  run_ids: ['a', 'b'],
  focus: 'b',
  tab: 'media',
  hidden: ['b'],
  x: 'wall',
  x_metric: 'lr',
  log_x: true,
  log_y: true,
  clip: true,
  smoothing: 0.5,
  search: 'loss',
  collapsed: ['train'],
  pinned: ['loss'],
  custom: [{ id: '\u00001', lines: ['a - b'] }],
  group: 'params.lr',
  mean_workers: true,
  band: 'range',
  maximized: 'loss',
  size: { columns: 4, height: 300 },
  sizes: { loss: { columns: 6, height: 500 } },
  runs_width: 300,
  linked: false,
  zooms: { '': { from: 1, to: 2 } },
  zooms_y: { loss: { from: 0, to: 1 } },
  compare_columns: ['params.lr'],
  scatter_x: 'params.lr',
  scatter_y: 'metrics.loss',
  opened: ['diff'],
  media_search: 'samples',
  media_together: false,
  media_steps: { 'image a': 30 },
  tables: {
    compare: { filter: 'adam', sort: { column: 'lr', down: false } },
    'table t': { filter: 'cat', sort: { column: 'n', down: true } },
    'table u': { filter: 'x', sort: null },
  },
  events_search: 'reached',
  events_kind: 'log info',
  console_search: 'error',
  console_place: { run_id: 'b', worker: 'worker-1', attempt: 2, at: { offset: 4096, line: 17 } },
};

/** The same, as it is stored now. */
const VERSION_2 = {
  version: 2,
  run_ids: ['a', 'b'],
  focus: 'b',
  tab: 'media',
  hidden: ['b'],
  group: 'params.lr',
  runs_width: 300,
  slices: {
    charts: {
      x: 'wall',
      x_metric: 'lr',
      log_x: true,
      log_y: true,
      clip: true,
      smoothing: 0.5,
      search: 'loss',
      collapsed: ['train'],
      pinned: ['loss'],
      custom: [{ id: '\u00001', lines: ['a - b'] }],
      mean_workers: true,
      band: 'range',
      maximized: 'loss',
      size: { columns: 4, height: 300 },
      sizes: { loss: { columns: 6, height: 500 } },
      linked: false,
      zooms: { '': { from: 1, to: 2 } },
      zooms_y: { loss: { from: 0, to: 1 } },
    },
    compare: {
      columns: ['params.lr'],
      x: 'params.lr',
      y: 'metrics.loss',
      table: { filter: 'adam', sort: { column: 'lr', down: false } },
    },
    overview: { opened: ['diff'] },
    console: {
      search: 'error',
      place: { run_id: 'b', worker: 'worker-1', attempt: 2, at: { offset: 4096, line: 17 } },
    },
    artifacts: {},
    events: { search: 'reached', kind: 'log info' },
    media: {
      search: 'samples',
      together: false,
      steps: { 'image a': 30 },
      tables: {
        'table t': { filter: 'cat', sort: { column: 'n', down: true } },
        'table u': { filter: 'x', sort: null },
      },
    },
  },
};

/** What a webview or the host gets back of what it stored. */
function roundTrip(stored: unknown): unknown {
  return storedPanelState(readPanelState(JSON.parse(JSON.stringify(stored)), SLICES));
}

function modelWith(stored: object, run_ids: string[]): PanelModel {
  const model = new PanelModel(SLICES);
  const state = { ...stored, run_ids };
  model.receive({ kind: 'runs', state, runs: [], key_metric: '', views: [], connection: true }, undefined);
  return model;
}

describe('stored panel state', () => {
  it('comes back with every field of every tab', () => {
    const usual = readPanelState(newPanelState(['a']), SLICES);
    const { slices, ...own } = usual;
    const stored = VERSION_2.slices as Record<string, Record<string, unknown>>;
    for (const [name, value] of Object.entries(own))
      expect(VERSION_2[name as keyof typeof own], name).not.toEqual(value);
    for (const [slice, fields] of Object.entries(slices))
      for (const [name, value] of Object.entries(fields as object))
        expect(stored[slice]![name], `${slice}.${name}`).not.toEqual(value);
    expect(roundTrip(VERSION_2)).toEqual(VERSION_2);
  });

  it('of version 1 is read without losing anything', () => expect(roundTrip(VERSION_1)).toEqual(VERSION_2));

  it('of version 1 with the names of sizes is read, too', () => {
    expect(roundTrip({ run_ids: ['a'], size: 'large' })).toMatchObject({
      slices: { charts: { size: { columns: 5, height: 362 } } },
    });
  });

  it('limits the width of the list of runs', () => {
    expect([10, 300.4, 9999, NaN].map((runs_width) => readPanelState({ runs_width }, SLICES).runs_width)).toEqual([
      140,
      300,
      800,
      null,
    ]);
  });

  it('falls back to defaults for invalid fields', () => {
    const usual = roundTrip(newPanelState(['a']));
    expect(usual).toMatchObject({ run_ids: ['a'], focus: 'a', tab: null });
    const odd = { run_ids: ['a', 7], x: 'nonsense', smoothing: 'much', zooms: 3, focus: 'gone', custom: [{ id: 'x' }] };
    expect(roundTrip(odd)).toEqual(usual);
    expect(roundTrip({ version: 2, run_ids: ['a'], slices: { charts: 7, media: null, console: [] } })).toEqual(usual);
    expect(roundTrip({ version: 'two', run_ids: ['a'], tables: { compare: 7 } })).toEqual(usual);
    expect(
      roundTrip({
        run_ids: ['a'],
        tables: { a: 7, b: { filter: 3 }, c: { filter: 'x', sort: { column: 1 } } },
        media_steps: { a: 'first' },
        console_place: { run_id: 'a', worker: 'w' },
      }),
    ).toMatchObject({
      slices: { media: { steps: {}, tables: { c: { filter: 'x', sort: null } } }, console: { place: null } },
    });
    expect(roundTrip(null)).toEqual(roundTrip(newPanelState([])));
  });

  it('of a newer version is read as far as possible, and keeps the state of unknown tabs', () => {
    const newer = {
      ...VERSION_2,
      version: 7,
      tab: 'timeline',
      moon: 'full',
      slices: { ...VERSION_2.slices, timeline: { zoom: 3 }, events: { search: 'a', kind: 'b', depth: 4 } },
    };
    expect(roundTrip(newer)).toEqual({
      ...VERSION_2,
      tab: 'timeline',
      slices: { ...VERSION_2.slices, timeline: { zoom: 3 }, events: { search: 'a', kind: 'b' } },
    });
  });

  it('passes through the host unchanged', () => {
    expect(readByHost(VERSION_1)).toEqual(VERSION_1);
    expect(readByHost(VERSION_2)).toEqual(VERSION_2);
    expect(readByHost(undefined)).toEqual({ run_ids: [] });
    expect(readByHost({ run_ids: [7, 'a'] })).toEqual({ run_ids: ['a'] });
  });
});

describe('a view', () => {
  it('does not contain the runs or the place in their console', () => {
    const view = modelWith(VERSION_2, ['a', 'b']).view();
    expect(view).toEqual({
      ...VERSION_2,
      ...{ run_ids: [], focus: null, hidden: [] },
      slices: { ...VERSION_2.slices, console: { search: 'error', place: null } },
    });
  });

  it.each([
    ['now', VERSION_2],
    ['by version 1', { ...VERSION_1, run_ids: [], focus: null, hidden: [], console_place: null }],
  ])('saved %s shows other runs in the same way', (_, view) => {
    const place = { run_id: 'c', worker: 'worker-0', attempt: 1, at: null };
    const model = modelWith({ ...newPanelState([]), focus: 'd', hidden: ['c'], console_place: place }, ['c', 'd']);
    model.applyView(view);
    expect(model.stored()).toEqual({
      ...VERSION_2,
      ...{ run_ids: ['c', 'd'], focus: 'd', hidden: ['c'] },
      slices: { ...VERSION_2.slices, console: { search: 'error', place } },
    });
  });
});

describe('the tabs of the panel', () => {
  it('each have a unique id', () => expect(new Set(TABS.map(({ id }) => id)).size).toBe(TABS.length));

  it('share a slice of the state only if they share their settings', () => {
    for (const { state } of TABS) for (const other of SLICES) if (other.name === state.name) expect(other).toBe(state);
  });
});
