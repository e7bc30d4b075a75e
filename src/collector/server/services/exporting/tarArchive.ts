/** Streams directories as a tar archive (ustar, with pax records for names and sizes that do not fit). */
import { constants } from 'node:fs';
import { open, readdir, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';

const BLOCK = 512;
const CHUNK = 1 << 20;
const MAX_NAME = 100;
/** Eleven octal digits. */
const MAX_SIZE = 8 ** 11;

/** Archives only regular files, under the names of their directories. A file that grows meanwhile keeps its size from the start. */
export async function* tarOf(directories: readonly string[], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (const directory of directories) yield* folder(directory, basename(directory), signal);
  yield Buffer.alloc(2 * BLOCK);
}

async function* folder(path: string, name: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const entries = await readdir(path, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    signal.throwIfAborted();
    if (entry.isDirectory()) yield* folder(join(path, entry.name), `${name}/${entry.name}`, signal);
    else if (entry.isFile()) yield* file(join(path, entry.name), `${name}/${entry.name}`, signal);
  }
}

async function* file(path: string, name: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    // Temporary files come and go.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) return;
    yield* headers(name, stats.size, Math.floor(stats.mtimeMs / 1000));
    for (let at = 0; at < stats.size;) {
      signal.throwIfAborted();
      const chunk = Buffer.alloc(Math.min(CHUNK, stats.size - at));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) throw new Error(`${path} became shorter while it was being read; export it again`);
      yield chunk.subarray(0, bytesRead);
      at += bytesRead;
    }
    yield Buffer.alloc(padding(stats.size));
  } finally {
    await handle.close();
  }
}

function* headers(name: string, size: number, mtime: number): Generator<Uint8Array> {
  const records: string[] = [];
  if (Buffer.byteLength(name) > MAX_NAME) records.push(paxRecord('path', name));
  if (size >= MAX_SIZE) records.push(paxRecord('size', String(size)));
  if (records.length > 0) {
    const body = Buffer.from(records.join(''));
    yield header('pax', body.length, mtime, 'x');
    yield body;
    yield Buffer.alloc(padding(body.length));
  }
  yield header(name, size < MAX_SIZE ? size : 0, mtime, '0');
}

function header(name: string, size: number, mtime: number, type: 'x' | '0'): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, MAX_NAME);
  block.write('0000600\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${octal(size)}\0`, 124);
  block.write(`${octal(mtime)}\0`, 136);
  block.write('        ', 148);
  block.write(type, 156);
  block.write('ustar\0' + '00', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function octal(value: number): string {
  return value.toString(8).padStart(11, '0');
}

/** A pax record starts with its length, which includes the digits of the length. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  length = bytes + String(length).length;
  return `${length}${rest}`;
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}
