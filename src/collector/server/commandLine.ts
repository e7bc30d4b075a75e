/**
 * node collector.js --dir DIR [--port N] [--host H] [--idle-exit MINUTES] [--journals delete|gzip|keep]
 *   [--seal-after SECONDS] | verify --dir DIR [--json] | --version
 */
import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import type { JournalPolicy } from '../../protocol/api';
import { JOURNAL_POLICIES } from '../../protocol/api/collector';

export interface Options {
  /** The `.xtrack` directory. */
  dir: string;
  host: string;
  /** 0 for any free port. */
  port: number;
  /** Null for never. */
  idleExitMinutes: number | null;
  /** What happens to journals when their run is sealed. */
  journals: JournalPolicy;
  /** Seconds without writes before a run is sealed. */
  sealAfterSeconds: number;
}

interface VerifyOptions {
  verify: string;
  json: boolean;
}

export class UsageError extends Error {}

export function parseCommandLine(argv: string[]): Options | VerifyOptions | 'version' {
  let values, positionals;
  try {
    ({ values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        dir: { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '0' },
        'idle-exit': { type: 'string' },
        journals: { type: 'string', default: 'delete' },
        'seal-after': { type: 'string', default: '60' },
        json: { type: 'boolean', default: false },
        version: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.version) return 'version';
  const [verb, ...rest] = positionals;
  if (rest.length > 0 || (verb !== undefined && verb !== 'verify'))
    throw new UsageError(`${positionals.join(' ')}: the only command is verify`);
  if (!values.dir) throw new UsageError('--dir DIR is missing: the .xtrack directory');
  if (verb === 'verify') return { verify: resolve(values.dir), json: values.json };
  return {
    dir: resolve(values.dir),
    host: values.host,
    port: numberOf('--port', values.port, 65_535),
    idleExitMinutes: values['idle-exit'] === undefined ? null : numberOf('--idle-exit', values['idle-exit'], 1e6),
    journals: policyOf(values.journals),
    sealAfterSeconds: numberOf('--seal-after', values['seal-after'], 1e6),
  };
}

function policyOf(text: string): JournalPolicy {
  const policy = JOURNAL_POLICIES.find((known) => known === text);
  if (!policy) throw new UsageError(`--journals ${text}: expected one of ${JOURNAL_POLICIES.join(', ')}`);
  return policy;
}

function numberOf(name: string, text: string, max: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= max) || (name === '--port' && !Number.isInteger(value)))
    throw new UsageError(`${name} ${text}: expected a number from 0 to ${max}`);
  return value;
}
