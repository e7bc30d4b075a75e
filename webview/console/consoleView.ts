/** The console tab: what the script printed, the newest at once, older on demand; it follows, and can be searched. */
import { t } from '../../src/base/texts';
import { messageOf } from '../../src/base/unknown';
import type { PanelOutput, PanelRun } from '../../src/protocol/panel';
import { formatBytes } from '../../src/domain/format';
import { code, el, filled, icon, iconButton, setAttribute, setText } from '../shared/dom';
import { statusActions } from '../shared/status';
import type { TabContext } from '../panel/panelTab';
import { type ConsoleLine, ConsoleLines } from './consoleLines';
import type { ConsolePlace, ConsoleState } from './consoleState';
import { fillSelect } from '../shared/selectOptions';
import { TextSearch } from '../shared/textSearch';

const CHUNK = 256 * 1024;
/** How much more of the end is shown each time that earlier output is asked for. */
const EARLIER = 4;
const MOST_LINES = 20_000;
const INTERVAL_MS = 400;
/** Scrolling comes in bursts: the place is stored once it has stopped. */
const REMEMBER_MS = 200;
const FRAME = /^(\s*)(File "([^"]+)", line (\d+))(.*)$/;

interface Source {
  run_id: string;
  worker: string | null;
  attempt: number | null;
}

export class ConsoleView {
  readonly element = el('div', { class: 'tab-panel console' });
  private readonly text = el('div', { class: 'console-text', tabindex: 0, role: 'log', 'aria-label': t('Console') });
  private readonly note = el('div', { class: 'empty', hidden: true });
  private readonly earlier = el('button', { class: 'link', type: 'button', hidden: true }, t('Show Earlier Output'));
  private readonly which = document.createElement('vscode-single-select');
  private readonly follow = iconButton('fold-down', t('Follow Output'), () => this.setFollowing(!this.following));
  private readonly size = el('span', { class: 'muted number' });
  private readonly search = new TextSearch(this.text, this.element, (search) => this.context.patch({ search }));
  private source: Source | null = null;
  private lines = new ConsoleLines();
  private tail = CHUNK;
  private start = 0;
  /** How many of the oldest lines were removed to make room. */
  private dropped = 0;
  /** The line to scroll to after a reload; null once it is shown. */
  private resume: ConsolePlace['at'] = null;
  private rememberTimer: ReturnType<typeof setTimeout> | undefined;
  /** Null until the end was shown. */
  private next: number | null = null;
  private files: PanelOutput['files'] = [];
  private following = true;
  private asking = false;
  private lastAsked = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly context: TabContext<ConsoleState>) {
    this.which.setAttribute('label', t('Worker and attempt'));
    this.which.addEventListener('change', () => this.choose());
    this.earlier.addEventListener('click', () => this.showEarlier());
    const terminal = iconButton('terminal', t('Open in Terminal'), () => {
      if (this.source) this.context.act({ do: 'output', run_id: this.source.run_id });
    });
    this.text.addEventListener('scroll', () => this.scrolled(), { passive: true });
    this.element.append(
      el(
        'div',
        { class: 'toolbar', role: 'toolbar', 'aria-label': t('Console') },
        this.search.element,
        this.which,
        this.size,
        this.earlier,
        el('div', { class: 'field tools' }, this.follow, terminal),
      ),
      this.note,
      this.text,
    );
    this.setFollowing(true);
  }

  /** Called while it can be seen, whenever something may have changed. */
  update(): void {
    const run = this.context.model.focused();
    if (run === undefined) return;
    this.search.set(this.context.state.search);
    if (this.source?.run_id !== run.row.run_id) this.openRun(run.row.run_id);
    this.poke();
  }

  dispose(): void {
    clearTimeout(this.timer);
    clearTimeout(this.rememberTimer);
    this.source = null;
  }

  private openRun(run_id: string): void {
    const { place } = this.context.state;
    if (place?.run_id !== run_id) return this.open({ run_id, worker: null, attempt: null });
    this.setFollowing(place.at === null);
    this.open({ run_id, worker: place.worker, attempt: place.attempt }, place.at);
  }

  private open(source: Source, at: ConsolePlace['at'] = null): void {
    this.source = source;
    this.tail = CHUNK;
    this.resume = at;
    this.restart();
  }

  /** Starts over from the end of the log. */
  private restart(): void {
    this.lines = new ConsoleLines();
    this.next = null;
    this.dropped = 0;
    this.text.replaceChildren();
    this.search.changed();
    this.lastAsked = -Infinity;
    this.poke();
  }

  private poke(): void {
    if (this.asking || this.timer !== undefined) return;
    const wait = Math.max(0, this.lastAsked + INTERVAL_MS - performance.now());
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.load();
    }, wait);
  }

  private async load(): Promise<void> {
    const { source } = this;
    if (source === null || !this.context.isOpen()) return;
    this.asking = true;
    this.lastAsked = performance.now();
    try {
      const end = this.resume === null ? { offset: 0, tail: this.tail } : { offset: this.resume.offset };
      const place = this.next === null ? end : { offset: this.next };
      const output = await this.context.host.output({
        run_id: source.run_id,
        ...named(source),
        ...place,
        limit: CHUNK,
      });
      if (source !== this.source) return;
      this.show(source, output);
      if (output.next < output.size && output.data.length > 0) this.lastAsked = -Infinity;
    } catch (error) {
      this.context.fail(messageOf(error));
      // The log may be gone, and with it the place that was stored.
      if (source === this.source && this.next === null && this.context.state.place !== null) {
        this.context.patch({ place: null });
        this.openRun(source.run_id);
      }
    } finally {
      this.asking = false;
      const active = this.context.model.run(source.run_id)?.row;
      const more = this.lastAsked === -Infinity || (active !== undefined && statusActions(active).stop);
      if (more || source !== this.source || this.next === null) this.poke();
    }
  }

  private show(source: Source, output: PanelOutput): void {
    source.worker = output.worker;
    source.attempt = output.attempt;
    this.files = output.files;
    const isFirst = this.next === null;
    if (isFirst) this.start = output.offset;
    this.next = output.next;
    if (output.data.length > 0) {
      this.lines.add(output.data);
      this.draw();
    }
    this.drawHead(output);
    this.goOn(output.next >= output.size);
    if (isFirst) this.remember();
  }

  /** Scrolls to the line that was being read, as soon as it has arrived. */
  private goOn(atEnd: boolean): void {
    if (this.resume === null) return;
    const line = this.text.children[this.resume.line - this.dropped];
    if (line !== undefined)
      this.text.scrollTop += line.getBoundingClientRect().top - this.text.getBoundingClientRect().top;
    if (line !== undefined || atEnd) this.resume = null;
  }

  /** Notes the place now, as the tab may be left in the next moment, and stores it once scrolling has stopped. */
  private remember(): void {
    const place = this.place();
    if (place === undefined) return;
    clearTimeout(this.rememberTimer);
    this.rememberTimer = setTimeout(() => {
      if (JSON.stringify(place) !== JSON.stringify(this.context.state.place)) this.context.patch({ place });
    }, REMEMBER_MS);
  }

  /** Undefined while the text is hidden or the stored place is not shown yet. */
  private place(): ConsolePlace | null | undefined {
    if (this.source === null || this.next === null || this.resume !== null) return undefined;
    if (this.text.clientHeight === 0) return undefined;
    const { run_id, worker, attempt } = this.source;
    if (worker === null || attempt === null) return undefined;
    // The log that is shown by default.
    const usual = this.files.find((file) => file.attempt === this.files.at(-1)!.attempt);
    if (this.following && usual?.worker === worker && usual.attempt === attempt) return null;
    return { run_id, worker, attempt, at: this.following ? null : { offset: this.start, line: this.topLine() } };
  }

  /** A binary search, because there are many lines and this runs while scrolling. */
  private topLine(): number {
    const { top } = this.text.getBoundingClientRect();
    let [from, to] = [0, this.text.childElementCount];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.text.children[middle]!.getBoundingClientRect().bottom > top + 1) to = middle;
      else from = middle + 1;
    }
    return this.dropped + from;
  }

  private draw(): void {
    const from = this.lines.takeChanged();
    const { lines } = this.lines;
    while (this.text.childElementCount > from) this.text.lastElementChild?.remove();
    const fresh = document.createDocumentFragment();
    for (const line of lines.slice(from)) fresh.append(this.lineElement(line));
    this.text.append(fresh);
    // The oldest give way; the elements stay as many as the lines.
    const surplus = lines.length - MOST_LINES;
    if (surplus > 0) {
      this.dropped += surplus;
      lines.splice(0, surplus);
      this.lines.takeChanged();
      for (let i = 0; i < surplus; i++) this.text.firstElementChild?.remove();
    }
    if (this.following) this.text.scrollTop = this.text.scrollHeight;
    this.search.changed();
  }

  private lineElement(line: ConsoleLine): HTMLElement {
    const plain = line.length === 1 ? FRAME.exec(line[0]!.text) : null;
    if (plain !== null) return this.frameElement(plain);
    return el(
      'div',
      { class: 'console-line' },
      ...line.map(({ text, style }) =>
        style === '' ? document.createTextNode(text) : el('span', { class: style }, text),
      ),
    );
  }

  /** A line of a traceback opens the file there. */
  private frameElement([, indent = '', place = '', file = '', line = '', rest = '']: RegExpExecArray): HTMLElement {
    const link = el('button', { class: 'link', type: 'button' }, place);
    link.addEventListener('click', () => {
      const run_id = this.source?.run_id;
      if (run_id !== undefined) this.context.act({ do: 'open', run_id, file, line: Number(line) });
    });
    return el('div', { class: 'console-line' }, indent, link, rest);
  }

  private drawHead({ size }: PanelOutput): void {
    const empty = this.files.length === 0 || size === 0;
    this.note.hidden = !empty;
    this.text.hidden = empty;
    if (empty) this.note.replaceChildren(...emptyNote(this.context.model.focused(), this.files.length > 0));
    this.earlier.hidden = this.start === 0;
    setText(this.size, empty ? '' : formatBytes(size));
    this.which.hidden = this.files.length < 2;
    fillSelect(
      this.which,
      this.files.map(({ worker, attempt }) => ({
        value: `${attempt} ${worker}`,
        label: t('{0} · attempt {1}', worker, attempt),
      })),
      `${this.source?.attempt} ${this.source?.worker}`,
    );
  }

  private choose(): void {
    const file = this.files.find(({ worker, attempt }) => `${attempt} ${worker}` === this.which.value);
    if (file === undefined || this.source === null) return;
    this.setFollowing(true);
    this.open({ run_id: this.source.run_id, worker: file.worker, attempt: file.attempt });
  }

  private showEarlier(): void {
    this.setFollowing(false);
    this.tail *= EARLIER;
    this.restart();
  }

  /** Scrolling up stops following, so that nothing moves while somebody reads; scrolling to the end follows again. */
  private scrolled(): void {
    // Nothing is shown yet, or the stored place has not arrived.
    if (this.next === null || this.resume !== null || !this.context.isOpen()) return;
    const atEnd = this.text.scrollHeight - this.text.scrollTop - this.text.clientHeight < 30;
    if (atEnd !== this.following) this.setFollowing(atEnd);
    this.remember();
  }

  private setFollowing(following: boolean): void {
    this.following = following;
    // Following the end overrides the stored place.
    if (following) this.resume = null;
    setAttribute(this.follow, 'aria-pressed', String(following));
    if (following) this.text.scrollTop = this.text.scrollHeight;
    this.remember();
  }
}

function named({ worker, attempt }: Source): { worker?: string; attempt?: number } {
  return { ...(worker !== null && { worker }), ...(attempt !== null && { attempt }) };
}

function emptyNote(run: PanelRun | undefined, hasFile: boolean): HTMLElement[] {
  if (hasFile)
    return [
      el('p', { class: 'empty-title' }, t('No output yet.')),
      el('p', { class: 'muted' }, t('Output appears here as soon as the script prints something.')),
    ];
  return [
    el(
      'p',
      { class: 'empty-title' },
      icon('terminal'),
      ` ${t('{0} has no console output.', run?.row.name ?? t('This run'))}`,
    ),
    el(
      'p',
      {},
      ...filled(
        t('XTrack records the output of scripts that it starts, from the editor or with {0}'),
        code('python -m xtrack run -- train.py'),
      ),
    ),
  ];
}
