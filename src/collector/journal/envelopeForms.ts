/**
 * Parses envelopes of metrics quickly by comparing them with earlier ones, because a training loop logs the same text over
 * and over with other numbers. A form is an envelope's text without its numbers. If a frame's bytes match a form, with
 * numbers in between, then the frame is the form's envelope with these numbers, and no JSON has to be parsed.
 */
import { parseJson } from '../../base/frames';
import { isRecord } from '../../base/unknown';
import { type Fields } from '../../domain/payload';
import { readNumber, scanned } from './scannedNumber';

/**
 * The end of an envelope from our writers, around eight hex digits. The checksum was verified before and is ignored
 * here.
 */
const CHECK_START = Buffer.from(',"k":"');
const CHECK_END = Buffer.from('"}');
const CHECK = CHECK_START.length + 8 + CHECK_END.length;
/** Limit of all forms' texts together; a thousand short ones take far less. */
const MAX_BYTES = 1 << 22;
/** Shorter journals are not worth learning forms for. */
const LEARNS_AFTER = 50;
/** How often a call site may differ from its form before it gets a new one. */
export const MISSES = 20;
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|-?\d[\d.eE+-]*|[{}[]/g;

/** What is known of a call site; `form` is null if its envelopes have something that forms do not support. */
interface Known {
  form: Form | null;
  /** The number of mismatches since the form last matched. */
  misses: number;
}

interface Form {
  known: Known;
  envelope: Fields;
  /** The texts around the numbers: one more than there are numbers. */
  texts: Uint8Array[];
  targets: Fields[];
  keys: string[];
  numbers: Float64Array;
  /** The form that followed this one the last time. */
  next: Form | null;
}

export class EnvelopeForms {
  private readonly forms = new Map<string, Known>();
  private last: Form | null = null;
  private bytes = 0;
  /** The number of envelopes that were parsed as JSON. */
  parsed = 0;

  /**
   * Parses the envelope in bytes [from, to), with or without `k`; undefined if there is none. An envelope of a metric is
   * overwritten by the next one of its form.
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

  /** Remembers to expect this envelope's form after the previous one. */
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

/**
 * Names the form of an envelope. It is null unless the envelope is a metric, because readers may keep parts of others. Keys
 * belong to the name, because batches from one line have different keys if a logger is shared.
 */
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

/** Returns null if the envelope has something that forms do not support. */
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
      // If two members have the same name, the last one counts.
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

/** Decodes a JSON string whose bytes are given as latin1. */
function wordOf(token: string): string {
  return String(parseJson(Buffer.from(token, 'latin1').toString('utf8')));
}
