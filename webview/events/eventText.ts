/** What an event says, in one line. */
import { t } from '../../src/base/texts';
import { isRecord } from '../../src/base/unknown';
import type { Json } from '../../src/protocol/events';
import type { RunEvent } from '../../src/protocol/panel';

const LONGEST = 2000;

export function describeEvent({ type, payload, worker, attempt }: RunEvent): string {
  const fields = asFields(payload);
  const text = describe(type, fields, attempt) ?? rest(fields, []);
  const from = worker === 'worker-0' || worker === '' ? '' : `${worker}: `;
  return `${from}${text}`.slice(0, LONGEST);
}

/**
 * Expects the newest first, and keeps only the newest of a row of progress reports: many scripts report with every step,
 * which would hide everything else.
 */
export function withoutRepeats(events: readonly RunEvent[]): RunEvent[] {
  const said = new Map<string, string>();
  return events.filter(({ type, payload, worker, attempt }) => {
    if (type !== 'status') return true;
    const { status, msg, message } = asFields(payload);
    const id = JSON.stringify([attempt, status, msg ?? message]);
    const repeats = said.get(worker) === id;
    said.set(worker, id);
    return !repeats;
  });
}

type Fields = Record<string, Json>;

function describe(type: string, fields: Fields, attempt: number): string | null {
  switch (type) {
    case 'run_start':
      return `${t('attempt {0} started', attempt)}${named(fields, 'name')}`;
    case 'run_end':
      return [word(fields['status']), errorOf(fields['error']), exitOf(fields['exit'])].filter(Boolean).join(', ');
    case 'param':
      return `${[word(fields['key']), ...listOf(fields['nested_key'])].join('.')} = ${word(fields['value'])}`;
    case 'status':
      return [word(fields['status']), word(fields['msg'] ?? fields['message']), progressOf(fields['progress'])]
        .filter(Boolean)
        .join(', ');
    case 'log': {
      const more = fields['fields'];
      return [word(fields['msg'] ?? fields['message']), more ? JSON.stringify(more) : ''].filter(Boolean).join(' ');
    }
    case 'alert':
      return [
        [word(fields['title']), word(fields['text'])].filter(Boolean).join(': '),
        fields['stops'] === true ? t('stops the run') : '',
      ]
        .filter(Boolean)
        .join('; ');
    case 'checkpoint':
      return [word(fields['path']), at(fields), fields['is_best'] === true ? t('best') : ''].filter(Boolean).join(', ');
    case 'artifact':
      return [word(fields['path']), word(fields['type'])].filter(Boolean).join(', ');
    case 'source':
      return sourceOf(fields);
    case 'process':
      return rest(fields, ['pgid', 'proc']);
    case 'edit':
      return rest(fields, ['run_id']);
    default:
      return null;
  }
}

/** A summary: the overview shows all of it. */
function sourceOf({ source, env }: Fields): string {
  const [code, machine] = [asFields(source), asFields(env)];
  const commit = [word(code['git_commit']).slice(0, 10), word(code['git_branch'])].filter(Boolean).join(' ');
  const packages = Object.keys(asFields(machine['packages'])).length;
  return [
    word(code['entrypoint']),
    commit,
    code['git_diff'] ? t('uncommitted changes') : '',
    machine['python_version'] ? `Python ${word(machine['python_version'])}` : '',
    packages > 0 ? t('{0} packages', packages) : '',
  ]
    .filter(Boolean)
    .join(', ');
}

function asFields(value: Json | undefined): Fields {
  return isRecord(value) ? value : {};
}

function at(fields: Fields): string {
  if (fields['step'] !== undefined && fields['step'] !== null) return t('step {0}', word(fields['step']));
  return fields['epoch'] === undefined || fields['epoch'] === null ? '' : t('epoch {0}', word(fields['epoch']));
}

function named(fields: Fields, key: string): string {
  const value = word(fields[key]);
  return value === '' ? '' : `: ${value}`;
}

function errorOf(error: Json | undefined): string {
  if (typeof error !== 'object' || error === null || Array.isArray(error)) return word(error);
  return [word(error['type']), word(error['message'])].filter(Boolean).join(': ');
}

function exitOf(exit: Json | undefined): string {
  if (typeof exit !== 'object' || exit === null || Array.isArray(exit)) return '';
  return exit['signal'] ? word(exit['signal']) : t('exit code {0}', word(exit['code']));
}

function progressOf(progress: Json | undefined): string {
  if (typeof progress !== 'object' || progress === null || Array.isArray(progress)) return '';
  const total = progress['total'] === null || progress['total'] === undefined ? '' : `/${word(progress['total'])}`;
  return `${word(progress['cur'])}${total} ${word(progress['unit'])}`.trim();
}

function rest(fields: Fields, without: string[]): string {
  return Object.entries(fields)
    .filter(([key, value]) => !without.includes(key) && key !== 'run_id' && value !== null)
    .map(([key, value]) => `${key} ${word(value)}`)
    .join(', ');
}

function listOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(word) : value === undefined || value === null ? [] : [word(value)];
}

function word(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
