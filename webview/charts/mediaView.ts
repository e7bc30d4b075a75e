/** The media tab: what runs logged that is no number, by key, with a slider over the steps. */
import { t } from '../../src/base/texts';
import { MEDIA_TYPES } from '../../src/protocol/events';
import type { PanelPage, PanelRun, RunEvent } from '../../src/protocol/panel';
import { el, icon } from '../shared/dom';
import { EventLoader } from './eventLoader';
import { type CardContext, MediaCard, type RunTrack } from './mediaCard';
import { type MediaTrack, tracksOf } from './mediaItems';
import { compileSearch } from './metricGroups';
import type { PanelModel } from './panelModel';

type Ask = (run_id: string, offset: number, limit: number, types: string[]) => Promise<PanelPage<RunEvent>>;

interface Loaded {
  loader: EventLoader;
  /** What the row said when it was asked for. */
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
  private noted = '';

  constructor(
    private readonly model: PanelModel,
    private readonly ask: Ask,
    private readonly context: CardContext,
    private readonly onLoaded: () => void,
    private readonly onError: (message: string) => void,
  ) {
    this.filter.placeholder = t('Filter (regular expression)');
    this.filter.label = t('Filter media');
    const mark = icon('search');
    mark.slot = 'content-before';
    this.filter.append(mark);
    this.filter.addEventListener('input', () => this.update());
    this.together.label = t('all at the same step');
    this.together.checked = true;
    this.together.addEventListener('change', () => {
      this.model.patch({ media_steps: {} });
    });
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
    const { tab, media_steps } = this.model.state;
    if (tab !== 'media') return;
    // What was restored may be of single cards.
    if (Object.keys(media_steps).some((id) => id !== '')) this.together.checked = false;
    const runs = this.model.shownRuns();
    for (const run of runs) this.load(run);
    const byId = new Map<string, RunTrack[]>();
    for (const run of runs)
      for (const track of this.loaded.get(run.row.run_id)!.tracks.values())
        byId.set(track.id, [...(byId.get(track.id) ?? []), { run, track }]);
    const search = compileSearch(this.filter.value);
    const ids = [...byId.keys()]
      .filter((id) => !search.ok || search.matches(byId.get(id)![0]!.track.key))
      .sort((a, b) => byTypeAndKey(byId.get(a)![0]!.track, byId.get(b)![0]!.track));
    this.place(ids.map((id) => this.card(id, byId.get(id)!)));
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
      (...page) => this.ask(...page, [...MEDIA_TYPES]),
      this.onLoaded,
      (message) => {
        this.onError(message);
        const failed = this.loaded.get(run_id);
        if (failed) failed.rev = null;
      },
    );
    const made = { loader, rev: null, events: 0, tracks: new Map<string, MediaTrack>() };
    this.loaded.set(run_id, made);
    return made;
  }

  private card(id: string, tracks: RunTrack[]): MediaCard {
    const stepOf = (): string => (this.together.checked ? '' : id);
    const card =
      this.cards.get(id) ??
      new MediaCard(tracks[0]!.track, this.context, (x) => {
        const { [stepOf()]: _, ...others } = this.model.state.media_steps;
        this.model.patch({ media_steps: x === null ? others : { ...others, [stepOf()]: x } });
      });
    this.cards.set(id, card);
    card.update(tracks, this.model.state.media_steps[stepOf()] ?? null);
    return card;
  }

  /** What is in its place stays: a slider that is dragged must not leave the page. */
  private place(cards: MediaCard[]): void {
    const wanted = new Set<Element>(cards.map((card) => card.element));
    for (const element of [...this.list.children]) if (!wanted.has(element)) element.remove();
    cards.forEach(({ element }, i) => {
      if (this.list.children[i] !== element) this.list.insertBefore(element, this.list.children[i] ?? null);
    });
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
  if (why === 'search') return [el('p', {}, t('Nothing matches this filter.'))];
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
