/** node collector.js --dir DIR [--port N] [--host H] [--idle-exit MINUTES] | --version */
import { parseArgs } from 'node:util';
import { resolve } from 'node:path';

export interface Options {
  /** The `.xtrack` directory. */
  dir: string;
  host: string;
  /** 0: any free one. */
  port: number;
  /** Null: never. */
  idleExitMinutes: number | null;
}

export class UsageError extends Error {}

export function parseCommandLine(argv: string[]): Options | 'version' {
  let values;
  try {
    ({ values } = parseArgs({
      args: argv,
      options: {
        dir: { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '0' },
        'idle-exit': { type: 'string' },
        version: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.version) return 'version';
  if (!values.dir) throw new UsageError('--dir DIR is missing: the .xtrack directory');
  return {
    dir: resolve(values.dir),
    host: values.host,
    port: numberOf('--port', values.port, 65_535),
    idleExitMinutes: values['idle-exit'] === undefined ? null : numberOf('--idle-exit', values['idle-exit'], 1e6),
  };
}

function numberOf(name: string, text: string, max: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= max) || (name === '--port' && !Number.isInteger(value)))
    throw new UsageError(`${name} ${text}: a number from 0 to ${max} is needed`);
  return value;
}
