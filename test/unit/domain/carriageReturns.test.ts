import { describe, expect, it } from 'vitest';
import { collapseReturns } from '../../../src/domain/carriageReturns';

/** What a terminal shows: each character where the cursor is. */
function screen(text: string): string[] {
  return text.split('\n').map((line) => {
    const cells: string[] = [];
    for (const part of line.split('\r')) [...part].forEach((character, i) => (cells[i] = character));
    return cells.join('');
  });
}

describe('a line that is rewritten repeatedly', () => {
  it('shows its last version, and the rest of longer earlier ones', () => {
    const flood = `start\n${Array.from({ length: 1000 }, (_, i) => `${i}% done`).join('\r')}\nend\n`;
    const short = collapseReturns(flood);
    expect(short.length).toBeLessThan(100);
    expect(screen(short)).toEqual(screen(flood));
  });

  it('looks the same in a terminal whatever is written', () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
    for (let round = 0; round < 300; round++) {
      const text = Array.from({ length: random(60) }, () => 'ab\r\r\n'[random(5)]).join('');
      expect(screen(collapseReturns(text))).toEqual(screen(text));
    }
  });

  it('keeps the start of a text that continues a line, Windows line ends, and sequences that move the cursor', () => {
    expect(collapseReturns('rest\ra\rb')).toBe('rest\rb');
    expect(collapseReturns('one\r\ntwo\r\n')).toBe('one\r\ntwo\r\n');
    const moving = 'x\nlong\r\x1b[A\rup\r';
    expect(collapseReturns(moving)).toBe(moving);
    expect(collapseReturns('\n\x1b[31mred\x1b[0m\rab\r\x1b[32mnew\x1b[0m')).toBe('\n\x1b[32mnew\x1b[0m');
  });
});
