/**
 * Reads the envelopes of metrics by what came before: a training loop logs the same texts over and over, with other numbers.
 * A form is an envelope's text without its numbers. Where a frame's bytes are those of a form, and what stands between them
 * are numbers, the frame says what the form's envelope says, with these numbers: there is nothing else to be parsed.
 */
import { parseJson } from '../../base/frames';
import { isRecord } from '../../base/unknown';
import { type Fields } from '../../domain/payload';
import { readNumber, scanned } from './scannedNumber';

/** With which our writers end an envelope, eight hex digits in it: what they are has been looked at, and means no more. */
const CHECK_START = Buffer.from(',"k":"');
const CHECK_END = Buffer.from('"}');
const CHECK = CHECK_START.length + 8 + CHECK_END.length;
/** Of texts of forms; a thousand short ones are far less. */
const MAX_BYTES = 1 << 22;
/** What is shorter is not worth knowing its forms. */
const LEARNS_AFTER = 50;
/** So often a call site may say something else than its form, before what it says then is its form. */
export const MISSES = 20;
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|-?\d[\d.eE+-]*|[{}[]/g;

/** What is known of a call site; `form` null where there is something in it that forms do not know. */
interface Known {
  form: Form | null;
  /** Since the form last fitted. */
  misses: number;
}

interface Form {
  known: Known;
  envelope: Fields;
  /** One more than there are numbers. */
  texts: Uint8Array[];
  targets: Fields[];
  keys: string[];
  numbers: Float64Array;
  /** What came after it the last time. */
  next: Form | null;
}

export class EnvelopeForms {
  private readonly forms = new Map<string, Known>();
  private last: Form | null = null;
  private bytes = 0;
  /** How many went through a parser. */
  parsed = 0;

  /**
   * The envelope in bytes [from, to), with or without `k`; undefined where there is none. One of a metric is overwritten by
   * the next of its form.
   */
  readonly parse = (bytes: Uint8Array, from: number, to: number): unknown => {
    const expected = this.last?.next;
    if (expected && matches(expected, bytes, from, to - CHECK)) {
      this.last = expected;
      expected.known.misses = 0;
      return expected.envelope;
    }
    const buffer = bytes as Buffer;
    const envelope = parseJson(buffer.toString('utf8', from, to));
    if (++this.parsed > LEARNS_AFTER) this.foresee(envelope, buffer, from, to);
    return envelope;
  };

  /** Expects the envelope's form where it came. */
  private foresee(envelope: unknown, bytes: Buffer, from: number, to: number): void {
    const name = nameOf(envelope);
    if (name === null) return;
    let known = this.forms.get(name);
    if (!known || ++known.misses > MISSES) {
      this.bytes += to - from;
      if (this.bytes > MAX_BYTES) this.forget();
      known = { form: null, misses: 0 };
      known.form = formOf(known, bytes, from, to);
      this.forms.set(name, known);
    }
    const { form } = known;
    if (!form) return;
    if (this.last) this.last.next = form;
    this.last = form;
  }

  private forget(): void {
    this.forms.clear();
    this.last = null;
    this.bytes = 0;
  }
}

/** Metrics alone: nobody keeps parts of their envelopes. Batches of one line have other keys where a logger is shared. */
function nameOf(envelope: unknown): string | null {
  if (!isRecord(envelope)) return null;
  const { t, m, p } = envelope;
  if ((t !== 'metric' && t !== 'metric_batch') || !isRecord(m) || !isRecord(p)) return null;
  const [at, key] = [m['at'] ?? '', p['key'] ?? ''];
  const keys = isRecord(p['metrics']) ? Object.keys(p['metrics']).join('\n') : '';
  return typeof at === 'string' && typeof key === 'string' ? `${at} ${key} ${keys}` : null;
}

function matches(form: Form, bytes: Uint8Array, from: number, to: number): boolean {
  const { texts, numbers, targets, keys } = form;
  let at = from;
  for (let i = 0; i < texts.length; i++) {
    if (i > 0) {
      const end = readNumber(bytes, at, to);
      if (end < 0) return false;
      at = end;
      numbers[i - 1] = scanned.value;
    }
    const text = texts[i]!;
    if (to - at < text.length || !has(bytes, at, text)) return false;
    at += text.length;
  }
  if (at !== to || !isCheck(bytes, to)) return false;
  for (let i = 0; i < numbers.length; i++) targets[i]![keys[i]!] = numbers[i]!;
  return true;
}

function has(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

function isCheck(bytes: Uint8Array, at: number): boolean {
  const digits = at + CHECK_START.length;
  for (let i = digits; i < digits + 8; i++) {
    const byte = bytes[i]!;
    if (!((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66))) return false;
  }
  return has(bytes, at, CHECK_START) && has(bytes, digits + 8, CHECK_END);
}

/** null: there is something in it that forms do not know. */
function formOf(known: Known, bytes: Buffer, from: number, to: number): Form | null {
  if (to - from < CHECK || !isCheck(bytes, to - CHECK)) return null;
  const text = bytes.toString('latin1', from, to - CHECK);
  const envelope = parseJson(bytes.toString('utf8', from, to));
  const form: Form = {
    known,
    envelope: {},
    texts: [],
    targets: [],
    keys: [],
    numbers: new Float64Array(0),
    next: null,
  };
  const numbers: number[] = [];
  const open: Fields[] = [];
  let key = '';
  let end = 0;
  for (const { 0: token, 1: colon, index } of text.matchAll(TOKEN)) {
    if (token === '[') return null;
    if (token === '}') open.pop();
    else if (token === '{') {
      const inner = open.length === 0 ? envelope : open.at(-1)![key];
      if (!isRecord(inner)) return null;
      open.push(inner);
    } else if (token.startsWith('"')) {
      if (colon !== undefined) key = wordOf(token.slice(0, -colon.length));
    } else {
      const target = open.at(-1);
      // Of two members of one name the last counts.
      if (!target || !Object.is(target[key], Number(token))) return null;
      form.texts.push(Buffer.from(text.slice(end, index), 'latin1'));
      form.targets.push(target);
      form.keys.push(key);
      numbers.push(Number(token));
      end = index + token.length;
    }
  }
  if (!isRecord(envelope) || open.length !== 1) return null;
  form.texts.push(Buffer.from(text.slice(end), 'latin1'));
  delete envelope['k'];
  return { ...form, envelope, numbers: Float64Array.from(numbers) };
}

/** A string of JSON, its bytes as latin1. */
function wordOf(token: string): string {
  return String(parseJson(Buffer.from(token, 'latin1').toString('utf8')));
}
