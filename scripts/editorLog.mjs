// The log writer of the fetched VS Code server. The server's own writer is a native module that needs a compiler; without a
// writer every output channel would stay empty. This file is copied to where the server expects that module.
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

const LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'critical'];

class Logger {
  #file;
  #level = LEVELS.indexOf('info');
  /** Raw channels have their own line ends and times. */
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

  /** The only pattern in use: date, time, level, text. */
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
      // A log that cannot be written must not end the process that it describes.
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
