/**
 * A progress bar rewrites its line after each carriage return. A terminal shows the last version, so the others are
 * left out here. The part of an earlier version that a shorter one does not cover stays.
 */

/** Escape sequences that only set colours. Any other may move the cursor, and lines with one are left unchanged. */
const COLORS = /\x1b\[[\d;]*m/g;
const MOVES = /[\x00-\x08\x0b-\x1f]/;

/** `text` may begin and end anywhere, without a visible difference. Its characters are bytes or decoded text. */
export function collapseReturns(text: string): string {
  if (!text.includes('\r')) return text;
  return text.split('\n').map(collapseLine).join('\n');
}

function collapseLine(line: string, at: number): string {
  const end = line.endsWith('\r') ? '\r' : '';
  const texts = (end ? line.slice(0, -1) : line).split('\r');
  if (texts.length < 3) return line;
  // Before the first return the cursor may be anywhere, because this text continues the one before.
  const first = at === 0 ? texts.shift()! : null;
  const kept: string[] = [];
  let covered = -1;
  for (let i = texts.length - 1; i >= 0; i--) {
    const text = texts[i]!;
    const plain = text.replace(COLORS, '');
    if (MOVES.test(plain)) return line;
    if (plain.length <= covered) continue;
    covered = plain.length;
    kept.push(text);
  }
  if (first !== null) kept.push(first);
  return kept.reverse().join('\r') + end;
}
