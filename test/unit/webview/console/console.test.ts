import { describe, expect, it } from 'vitest';
import { ConsoleLines } from '../../../../webview/console/consoleLines';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function linesOf(...chunks: string[]): string[] {
  const lines = new ConsoleLines();
  for (const chunk of chunks) lines.add(bytes(chunk));
  return lines.lines.map((line) => line.map(({ text }) => text).join(''));
}

describe('console lines', () => {
  it('show the latest state of a progress bar', () =>
    expect(linesOf('start\n', ' 10%\r', ' 20%\r', '100%\ndone\n')).toEqual(['start', '100%', 'done', '']));

  it('keep all text of lines with Windows line ends', () =>
    expect(linesOf('one\r\ntwo\r\n')).toEqual(['one', 'two', '']));

  it('update several progress bars below one another', () =>
    expect(linesOf('a 1\nb 1\x1b[A\x1b[2K\ra 2\nb 2')).toEqual(['a 2', 'b 2']));

  it('keep words that are followed by erase-to-end-of-line', () =>
    expect(linesOf('\x1b[01;31m\x1b[Kerror:\x1b[m\x1b[K it failed')).toEqual(['error: it failed']));

  it('turn colours and bold into styles, and drop other escape sequences', () => {
    const lines = new ConsoleLines();
    lines.add(bytes('\x1b[31mred\x1b[0m \x1b[1;38;5;12mblue\x1b[m\x1b]0;title\x07 \x1b[?25l<b>plain</b>'));
    expect(lines.lines[0]).toEqual([
      { text: 'red', style: 'ansi-1' },
      { text: ' ', style: '' },
      { text: 'blue', style: 'ansi-12 bold' },
      { text: ' <b>plain</b>', style: '' },
    ]);
  });

  it('accept pieces that end within a character or an escape sequence', () => {
    const whole = bytes('größe \x1b[32mgrün\x1b[0m\n');
    for (let at = 1; at < whole.length; at++) {
      const lines = new ConsoleLines();
      lines.add(whole.subarray(0, at));
      lines.add(whole.subarray(at));
      expect(lines.lines.map((line) => line.map(({ text }) => text).join(''))).toEqual(['größe grün', '']);
    }
  });

  it('report the first line that changed', () => {
    const lines = new ConsoleLines();
    lines.add(bytes('one\ntwo'));
    expect(lines.takeChanged()).toBe(0);
    lines.add(bytes(' and more\nthree'));
    expect(lines.takeChanged()).toBe(1);
    lines.add(bytes('\x1b[2Aone again'));
    expect(lines.takeChanged()).toBe(0);
  });

  it('are cut when they are endless', () => {
    const [line] = linesOf('x'.repeat(30_000), 'y'.repeat(30_000));
    expect(line!.length).toBeLessThan(20_010);
  });
});
