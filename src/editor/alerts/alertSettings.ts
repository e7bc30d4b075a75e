/** Reads `xtrack.alerts` and `xtrack.webhook`, which are written by hand, for the collector. */
import { t } from '../../base/texts';
import type { Request } from '../../protocol/api';
import type { AlertLevel, AlertRule } from '../../protocol/events';

export type AlertSettings = NonNullable<Request<'collector.configure'>['alerts']>;

export interface WrittenAlerts {
  rules: readonly unknown[];
  url: string;
  secret: string;
}

const KEYS = new Set(['when', 'name', 'forMinutes', 'stop', 'level']);
const LEVELS = new Set<unknown>(['info', 'warning', 'error']);

/** Leaves out what is invalid, and says why. The collector checks the conditions. */
export function readAlerts(
  { rules, url, secret }: WrittenAlerts,
  env: NodeJS.ProcessEnv,
): { settings: AlertSettings; problems: string[] } {
  const problems: string[] = [];
  const understood = rules.flatMap((rule, i) => {
    const problem = ruleProblem(rule);
    if (problem === null) return [ruleOf(rule as string | WrittenRule)];
    problems.push(`${i + 1}: ${problem}`);
    return [];
  });
  const target = url.trim();
  const isUrl = target === '' || (URL.canParse(target) && /^https?:$/.test(new URL(target).protocol));
  if (!isUrl) problems.push(t('xtrack.webhook.url is not an http or https URL'));
  const key = secret.replaceAll(/\$\{env:([A-Za-z_]\w*)\}/g, (_, name: string) => env[name] ?? '');
  const webhook = target !== '' && isUrl ? { url: target, secret: key } : null;
  return { settings: { rules: understood, webhook }, problems };
}

interface WrittenRule {
  when: string;
  name?: string;
  forMinutes?: number;
  stop?: boolean;
  level?: AlertLevel;
}

function ruleOf(written: string | WrittenRule): AlertRule {
  const rule = typeof written === 'string' ? { when: written } : written;
  const { when, name, forMinutes, stop = false, level = 'warning' } = rule;
  return { when, stop, level, ...(name && { name }), ...(forMinutes !== undefined && { hold_s: forMinutes * 60 }) };
}

function ruleProblem(rule: unknown): string | null {
  if (typeof rule === 'string') return rule.trim() === '' ? t('it is empty') : null;
  if (typeof rule !== 'object' || rule === null) return t('it is not an object');
  const { when, name, forMinutes, stop, level, ...rest } = rule as Record<string, unknown>;
  if (typeof when !== 'string' || when.trim() === '') return t('it has no "when"');
  const unknown = Object.keys(rest).find((key) => !KEYS.has(key));
  if (unknown !== undefined) return t('"{0}" is not a known property', unknown);
  if (name !== undefined && typeof name !== 'string') return t('its "name" is not a string');
  if (forMinutes !== undefined && !(typeof forMinutes === 'number' && forMinutes >= 0))
    return t('its "forMinutes" is not a number');
  if (stop !== undefined && typeof stop !== 'boolean') return t('its "stop" is not true or false');
  if (level !== undefined && !LEVELS.has(level)) return t('its "level" is not info, warning or error');
  return null;
}
