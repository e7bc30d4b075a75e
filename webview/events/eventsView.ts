/** The events tab: what happened in a run, in order: starts and ends, params, states, checkpoints, commands, log lines. */
import { t } from '../../src/base/texts';
import { isRecord } from '../../src/base/unknown';
import type { RunEvent } from '../../src/protocol/panel';
import { formatCount, formatTime } from '../../src/domain/format';
import { el, icon, setText } from '../shared/dom';
import { describeEvent, withoutRepeats } from './eventText';
import { EventLoader } from '../model/eventLoader';
import type { TabContext } from '../panel/panelTab';
import type { EventsState } from './eventsState';
import { fillSelect } from '../shared/selectOptions';

const MOST_SHOWN = 1000;

export class EventsView {
  readonly element = el('div', { class: 'tab-panel events' });
  private readonly search = document.createElement('vscode-textfield');
  private readonly kind = document.createElement('vscode-single-select');
  private readonly count = el('span', { class: 'muted number' });
  private readonly body = el('tbody', {});
  private readonly table = el(
    'table',
    { class: 'rows event-rows' },
    el(
      'thead',
      {},
      el(
        'tr',
        {},
        ...[t('Time'), t('Event'), t('Details'), t('Where')].map((name) => el('th', { scope: 'col' }, name)),
      ),
    ),
    this.body,
  );
  private readonly note = el('p', { class: 'muted' });
  private loader: EventLoader | undefined;
  private drawn = '';

  constructor(
    private readonly context: TabContext<EventsState>,
    private readonly onLoaded: () => void,
  ) {
    this.search.placeholder = t('Filter events');
    this.search.label = t('Filter events');
    const mark = icon('search');
    mark.slot = 'content-before';
    this.search.append(mark);
    this.search.addEventListener('input', () => context.patch({ search: this.search.value }));
    this.kind.setAttribute('label', t('Event type'));
    this.kind.addEventListener('change', () => context.patch({ kind: this.kind.value }));
    this.element.append(
      el(
        'div',
        { class: 'toolbar', role: 'toolbar', 'aria-label': t('Events') },
        el('div', { class: 'search' }, this.search),
        this.kind,
        this.count,
      ),
      el('div', { class: 'events-body' }, this.note, this.table),
    );
  }

  update(): void {
    const loader = this.focusedEvents();
    if (loader === undefined) return;
    const { search, kind } = this.context.state;
    loader.poke();
    const drawn = [loader.run_id, loader.total, loader.loaded, kind, search].join('\0');
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    if (this.search.value !== search) this.search.value = search;
    // The chosen type stays in the list even for runs that have no such event.
    const kinds = [...new Set([...loader.events.map(kindOf), ...(kind === '' ? [] : [kind])])].sort();
    fillSelect(
      this.kind,
      [{ value: '', label: t('All types') }, ...kinds.map((each) => ({ value: each, label: each }))],
      kind,
    );
    const wanted = search.trim().toLowerCase();
    // Each process of a run has its own journal, so events of different processes arrive out of order.
    const newest = loader.events.toSorted((a, b) => b.ts - a.ts);
    const listed = kind === 'status' ? newest : withoutRepeats(newest);
    const shown = listed
      .map((event) => ({ event, text: describeEvent(event) }))
      .filter(({ event }) => kind === '' || kindOf(event) === kind)
      .filter(({ event, text }) => `${kindOf(event)} ${text} ${event.worker}`.toLowerCase().includes(wanted));
    this.body.replaceChildren(
      ...shown.slice(0, MOST_SHOWN).map(({ event, text }) => this.row(loader.run_id, event, text)),
    );
    this.table.hidden = shown.length === 0;
    const total = loader.total - (newest.length - listed.length);
    setText(this.count, loader.loaded ? t('{0} of {1}', formatCount(shown.length), formatCount(total)) : '');
    setText(this.note, this.noteText(loader, shown.length));
  }

  /** Only the focused run's events are kept in memory. */
  private focusedEvents(): EventLoader | undefined {
    const { model, host } = this.context;
    const run_id = model.focused()?.row.run_id;
    if (run_id === undefined || this.loader?.run_id === run_id) return this.loader;
    this.loader = new EventLoader(
      run_id,
      (...page) => host.events(...page),
      this.onLoaded,
      (message) => this.context.fail(message),
    );
    return this.loader;
  }

  private noteText(loader: EventLoader, shown: number): string {
    if (!loader.loaded) return t('Loading…');
    if (loader.total === 0) return t('No events yet.');
    if (shown === 0) return t('No matching events.');
    return shown > MOST_SHOWN ? t('Showing the latest {0}. Filter to see others.', formatCount(MOST_SHOWN)) : '';
  }

  private row(run_id: string, event: RunEvent, text: string): HTMLElement {
    const at = event.ts / 1000;
    const [, file, line] = /^(.+):(\d+)$/.exec(event.at ?? '') ?? [];
    const place = el('td', { class: 'muted event-where' });
    if (file !== undefined) {
      const name = `${file.split(/[\\/]/).pop()}:${line}`;
      const link = el('button', { class: 'link', type: 'button', title: event.at }, name);
      link.addEventListener('click', () => this.context.act({ do: 'open', run_id, file, line: Number(line) }));
      place.append(link);
    }
    return el(
      'tr',
      { class: `event-${kindOf(event).replace(/[^a-z]/g, '-')}` },
      el('td', { class: 'number muted', title: formatTime(at) }, new Date(at).toLocaleTimeString()),
      el('td', { class: 'event-kind' }, kindOf(event)),
      el('td', { class: 'event-text' }, text),
      place,
    );
  }
}

/** A log line's type includes its level. */
function kindOf(event: RunEvent): string {
  const { payload } = event;
  const level = isRecord(payload) ? payload['level'] : null;
  return event.type === 'log' && typeof level === 'string' ? `log ${level}` : event.type.replaceAll('_', ' ');
}
