/**
 * A script's console as lines of styled text: colours and bold as a terminal shows them, progress bars that redraw their
 * line, everything else that moves a terminal's cursor left out. Nothing of it is ever markup.
 */
export interface ConsoleSpan {
  text: string;
  /** Classes of the stylesheet. */
  style: string;
}

export type ConsoleLine = ConsoleSpan[];

const LONGEST_LINE = 20_000;

const SEQUENCE =
  /\x1b\[([\d;:?]*)([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]|[\r\n\b]|[\x00-\x08\x0b\x0c\x0e-\x1f]/g;

const UNFINISHED = /\x1b(?:\[[\d;:?]*|\][^\x07\x1b]{0,200})?$/;

export class ConsoleLines {
  readonly lines: ConsoleLine[] = [[]];
  /** The first line that changed since the last call of takeChanged. */
  private changedFrom = 0;
  private readonly decoder = new TextDecoder('utf-8');
  private rest = '';
  private style = '';
  private sgr = { color: -1, bold: false, faint: false, underline: false };
  /** Set by a carriage return: the next text overwrites the line. */
  private returned = false;

  add(bytes: Uint8Array): void {
    const text = this.rest + this.decoder.decode(bytes, { stream: true });
    const [cut] = UNFINISHED.exec(text) ?? [];
    this.rest = cut ?? '';
    const whole = cut === undefined ? text : text.slice(0, -cut.length);
    let at = 0;
    for (const match of whole.matchAll(SEQUENCE)) {
      this.write(whole.slice(at, match.index));
      at = match.index + match[0].length;
      this.control(match[0], match[1] ?? '', match[2]);
    }
    this.write(whole.slice(at));
  }

  takeChanged(): number {
    const from = this.changedFrom;
    this.changedFrom = this.lines.length - 1;
    return from;
  }

  private write(text: string): void {
    if (text === '') return;
    if (this.returned) this.erase();
    this.returned = false;
    const line = this.lines[this.lines.length - 1]!;
    const last = line[line.length - 1];
    const room = LONGEST_LINE - line.reduce((sum, span) => sum + span.text.length, 0);
    if (room <= 0) return;
    const fits = text.length > room ? `${text.slice(0, room)}…` : text;
    if (last?.style === this.style) last.text += fits;
    else line.push({ text: fits, style: this.style });
  }

  private control(sequence: string, parameters: string, final: string | undefined): void {
    if (sequence === '\n') {
      this.lines.push([]);
      this.returned = false;
    } else if (sequence === '\r') this.returned = true;
    else if (final === 'm') this.setStyle(parameters);
    // Programs that colour their output erase to the end of the line after each word: only at its start does that clear it.
    else if (final === 'K' && (parameters === '2' || this.returned)) this.erase();
    else if (final === 'A') this.up(Math.max(1, Number(parameters) || 1));
  }

  private erase(): void {
    this.lines[this.lines.length - 1] = [];
  }

  /** Stacked progress bars move up to the first of them and redraw the lines below. */
  private up(by: number): void {
    this.lines.length = Math.max(1, this.lines.length - by);
    this.changedFrom = Math.min(this.changedFrom, this.lines.length - 1);
    this.returned = true;
  }

  private setStyle(parameters: string): void {
    const codes = parameters.split(/[;:]/).map(Number);
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]!;
      if (code === 0) this.sgr = { color: -1, bold: false, faint: false, underline: false };
      else if (code === 1) this.sgr.bold = true;
      else if (code === 2) this.sgr.faint = true;
      else if (code === 4) this.sgr.underline = true;
      else if (code === 22) this.sgr.bold = this.sgr.faint = false;
      else if (code === 24) this.sgr.underline = false;
      else if (code >= 30 && code <= 37) this.sgr.color = code - 30;
      else if (code >= 90 && code <= 97) this.sgr.color = code - 90 + 8;
      else if (code === 39) this.sgr.color = -1;
      else if (code === 38 || code === 48) {
        // The first 16 of 256 colours are the theme's; the others are ignored.
        if (code === 38 && codes[i + 1] === 5 && codes[i + 2]! < 16) this.sgr.color = codes[i + 2]!;
        i += codes[i + 1] === 2 ? 4 : 2;
      }
    }
    const { color, bold, faint, underline } = this.sgr;
    this.style = [color < 0 ? '' : `ansi-${color}`, bold && 'bold', faint && 'faint', underline && 'underline']
      .filter(Boolean)
      .join(' ');
  }
}
