// What the fetched VS Code server writes its logs and output channels with. Its own writer is a native module that only a
// compiler makes; without one every channel would stay empty. This is copied to where the server looks for that module.
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

const LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'critical'];

class Logger {
  #file;
  #level = LEVELS.indexOf('info');
  /** Raw channels bring line ends and times of their own. */
  #raw = false;

  constructor(file) {
    this.#file = file;
  }

  setLevel(level) {
    this.#level = level;
  }

  getLevel() {
    return this.#level;
  }

  clearFormatters() {
    this.#raw = true;
  }

  /** There is one: date, time, level, text. */
  setPattern() {}

  trace = (text) => this.#write(0, text);
  debug = (text) => this.#write(1, text);
  info = (text) => this.#write(2, text);
  warn = (text) => this.#write(3, text);
  error = (text) => this.#write(4, text);
  critical = (text) => this.#write(5, text);

  #write(level, text) {
    if (level < this.#level) return;
    const time = new Date().toISOString().replace('T', ' ').slice(0, -1);
    try {
      appendFileSync(this.#file, this.#raw ? text : `${time} [${LEVELS[level]}] ${text}\n`);
    } catch {
      // A log that cannot be written must not end what it tells of.
    }
  }

  flush() {}

  drop() {}
}

export const version = 0;
export function setLevel() {}
export function setFlushOn() {}

export async function createAsyncRotatingLogger(_name, file) {
  mkdirSync(dirname(file), { recursive: true });
  return new Logger(file);
}
