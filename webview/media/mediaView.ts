/** The media tab: images, histograms and tables by key, with a slider over the steps. */
import { t } from '../../src/base/texts';
import { MEDIA_TYPES } from '../../src/protocol/events';
import type { PanelRun } from '../../src/protocol/panel';
import { el, icon, setChildren } from '../shared/dom';
import { EventLoader } from '../model/eventLoader';
import { type CardContext, MediaCard, type RunTrack } from './mediaCard';
import { type MediaTrack, tracksOf } from './mediaItems';
import { compileSearch } from '../model/metricGroups';
import { withEntry } from '../model/panelModel';
import type { TabContext } from '../panel/panelTab';
import type { MediaFiles } from './mediaFiles';
import type { MediaState } from './mediaState';
import { AS_LOGGED } from '../shared/tableArrangement';

interface Loaded {
  loader: EventLoader;
  /** The row's revision when it was requested. */
  rev: number | null;
  events: number;
  tracks: Map<string, MediaTrack>;
}

export class MediaView {
  readonly element = el('div', { class: 'tab-panel media' });
  private readonly filter = document.createElement('vscode-textfield');
  private readonly together = document.createElement('vscode-checkbox');
  private readonly list = el('div', { class: 'media-cards' });
  private readonly note = el('div', { class: 'empty' });
  private readonly loaded = new Map<string, Loaded>();
  private readonly cards = new Map<string, MediaCard>();
  private readonly cardContext: CardContext;
  private noted = '';

  constructor(
    private readonly context: TabContext<MediaState>,
    files: MediaFiles,
    private readonly onLoaded: () => void,
  ) {
    this.cardContext = { files, theme: () => context.theme(), act: (action) => context.act(action) };
    this.filter.placeholder = t('Filter (regex)');
    this.filter.label = t('Filter media');
    const mark = icon('search');
    mark.slot = 'content-before';
    this.filter.append(mark);
    this.filter.addEventListener('input', () => context.patch({ search: this.filter.value }));
    this.together.label = t('Same step for all');
    this.together.addEventListener('change', () => context.patch({ together: this.together.checked, steps: {} }));
    this.element.append(
      el(
        'div',
        { class: 'toolbar', role: 'toolbar', 'aria-label': t('Media') },
        el('div', { class: 'search' }, this.filter),
        this.together,
      ),
      el('h2', { class: 'sr-only' }, t('Media')),
      this.note,
      this.list,
    );
  }

  update(): void {
    const { search, together } = this.context.state;
    if (this.filter.value !== search) this.filter.value = search;
    if (this.together.checked !== together) this.together.checked = together;
    const runs = this.context.model.shownRuns();
    for (const run of runs) this.load(run);
    const byId = new Map<string, RunTrack[]>();
    for (const run of runs)
      for (const track of this.loaded.get(run.row.run_id)!.tracks.values())
        byId.set(track.id, [...(byId.get(track.id) ?? []), { run, track }]);
    const wanted = compileSearch(search);
    const ids = [...byId.keys()]
      .filter((id) => !wanted.ok || wanted.matches(byId.get(id)![0]!.track.key))
      .sort((a, b) => byTypeAndKey(byId.get(a)![0]!.track, byId.get(b)![0]!.track));
    setChildren(
      this.list,
      ids.map((id) => this.card(id, byId.get(id)!).element),
    );
    this.drawNote(ids.length, byId.size, runs);
  }

  private load(run: PanelRun): void {
    const { run_id, rev } = run.row;
    const known = this.loaded.get(run_id) ?? this.add(run_id);
    if (known.rev !== rev) known.loader.poke();
    known.rev = rev;
    const { events } = known.loader;
    if (known.events !== events.length) known.tracks = tracksOf(events);
    known.events = events.length;
  }

  private add(run_id: string): Loaded {
    const loader = new EventLoader(
      run_id,
      (...page) => this.context.host.events(...page, [...MEDIA_TYPES]),
      this.onLoaded,
      (message) => {
        this.context.fail(message);
        const failed = this.loaded.get(run_id);
        if (failed) failed.rev = null;
      },
    );
    const made = { loader, rev: null, events: 0, tracks: new Map<string, MediaTrack>() };
    this.loaded.set(run_id, made);
    return made;
  }

  private card(id: string, tracks: RunTrack[]): MediaCard {
    const card = this.cards.get(id) ?? this.newCard(id, tracks[0]!.track);
    this.cards.set(id, card);
    const { steps, tables } = this.context.state;
    card.update(tracks, steps[this.stepOf(id)] ?? null, tables[id] ?? AS_LOGGED);
    return card;
  }

  private newCard(id: string, track: MediaTrack): MediaCard {
    return new MediaCard(
      track,
      this.cardContext,
      (x) => {
        this.context.patch({ steps: withEntry(this.context.state.steps, this.stepOf(id), x) });
      },
      (arrangement) => this.context.patch({ tables: withEntry(this.context.state.tables, id, arrangement) }),
    );
  }

  private stepOf(id: string): string {
    return this.context.state.together ? '' : id;
  }

  private drawNote(shown: number, all: number, runs: PanelRun[]): void {
    const loading = runs.some(({ row }) => !this.loaded.get(row.run_id)!.loader.loaded);
    const why = shown > 0 ? '' : all > 0 ? 'search' : loading ? 'loading' : 'none';
    if (why === this.noted) return;
    this.noted = why;
    this.note.hidden = why === '';
    this.note.replaceChildren(...emptyNote(why));
  }
}

function byTypeAndKey(a: MediaTrack, b: MediaTrack): number {
  return (
    MEDIA_TYPES.indexOf(a.type) - MEDIA_TYPES.indexOf(b.type) ||
    a.key.localeCompare(b.key, undefined, { numeric: true })
  );
}

function emptyNote(why: string): HTMLElement[] {
  if (why === 'search') return [el('p', {}, t('Nothing matches the filter.'))];
  if (why === 'loading') return [el('p', { class: 'muted' }, t('Loading…'))];
  return [
    el('p', { class: 'empty-title' }, t('No images, histograms or tables yet.')),
    el('p', {}, t('Log one from the script:')),
    ...[
      'run.log_image("samples", image, step=step)',
      'run.log_histogram("weights", model.weight, step=step)',
      'run.log_table("predictions", rows, columns=["label", "guess"])',
    ].map((line) => el('p', {}, el('code', {}, line))),
  ];
}
