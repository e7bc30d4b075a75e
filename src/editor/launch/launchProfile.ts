/** An entry of `xtrack.launchProfiles`: what it says, whether it can be understood, and the launch that it asks for. */
import { t } from '../../base/texts';
import { resolve } from 'node:path';
import type { LaunchRequest } from '../../protocol/api';
import { expandPath } from '../window/settingPath';
import { splitArguments } from './commandLine';

export interface LaunchProfile {
  name: string;
  script?: string;
  module?: string;
  command?: string | string[];
  args?: string | string[];
  interpreter?: string;
  cwd?: string;
  env?: Record<string, string>;
  tty?: boolean;
  backend?: string;
  gpus?: string | number[];
  workers?: number;
  recovery?: 'never' | 'on-failure' | { policy: 'never' | 'on-failure'; maxAttempts?: number; backoffSeconds?: number };
  runName?: string;
  experiment?: string;
  tags?: Record<string, string>;
}

export type ProfileRequest = Omit<LaunchRequest, 'cwd' | 'env'> & { cwd: string; env: Record<string, string> };

/** What is wrong with an entry, which is written by hand; null if it is valid. */
export function profileProblem(entry: unknown): string | null {
  if (typeof entry !== 'object' || entry === null) return t('it is not an object');
  const profile = entry as Record<string, unknown>;
  if (typeof profile['name'] !== 'string' || profile['name'].trim() === '') return t('its "name" is missing');
  const targets = ['script', 'module', 'command'].filter((key) => profile[key] !== undefined);
  if (targets.length !== 1) return t('it must have exactly one of "script", "module" and "command"');
  const wrong = Object.entries(profile).find(([key, value]) => value !== undefined && CHECKS[key]?.(value) === false);
  if (wrong) return t('its "{0}" is invalid', wrong[0]);
  const unknown = Object.keys(profile).find((key) => !(key in CHECKS));
  return unknown === undefined ? null : t('"{0}" is not a known property', unknown);
}

/** Throws UnclosedQuote for arguments that are not closed. */
export function profileRequest(profile: LaunchProfile, folder: string, env: NodeJS.ProcessEnv): ProfileRequest {
  const said = (text: string): string => expandVariables(text, folder, env);
  const words = (value: string | string[] = []): string[] =>
    (typeof value === 'string' ? splitArguments(value) : value).map(said);
  const path = (text: string): string => expandPath(said(text), folder, env);
  const { recovery } = profile;
  const policy = typeof recovery === 'string' ? { policy: recovery } : recovery;
  const gpus: Record<string, string> = profile.gpus === undefined ? {} : { CUDA_VISIBLE_DEVICES: String(profile.gpus) };
  return {
    target:
      profile.script !== undefined
        ? { script: resolve(folder, path(profile.script)) }
        : profile.module !== undefined
          ? { module: said(profile.module) }
          : { argv: words(profile.command) },
    args: words(profile.args),
    cwd: profile.cwd === undefined ? folder : resolve(folder, path(profile.cwd)),
    env: {
      ...gpus,
      ...Object.fromEntries(Object.entries(profile.env ?? {}).map(([key, value]) => [key, said(value)])),
    },
    ...(profile.interpreter !== undefined && { interpreter: path(profile.interpreter) }),
    ...(profile.tty !== undefined && { tty: profile.tty }),
    ...(profile.backend !== undefined && { backend: profile.backend }),
    ...(profile.workers !== undefined && { workers: profile.workers }),
    ...(profile.runName !== undefined && { name: said(profile.runName) }),
    ...(profile.experiment !== undefined && { experiment: said(profile.experiment) }),
    ...(profile.tags !== undefined && { tags: profile.tags }),
    ...(policy && {
      recovery: {
        policy: policy.policy,
        ...('maxAttempts' in policy && { max_attempts: policy.maxAttempts }),
        ...('backoffSeconds' in policy && { backoff_s: policy.backoffSeconds }),
      },
    }),
  };
}

function expandVariables(text: string, folder: string, env: NodeJS.ProcessEnv): string {
  return text
    .replaceAll('${workspaceFolder}', () => folder)
    .replaceAll(/\$\{env:([A-Za-z_]\w*)\}/g, (_, name: string) => env[name] ?? '');
}

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === 'string');
const isWords = (value: unknown): boolean => typeof value === 'string' || isTexts(value);
const isWithin = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && value >= least && value <= most;
const isCount = (value: unknown, most: number, least = 1): boolean =>
  Number.isInteger(value) && isWithin(value, least, most);
const isTextRecord = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((each) => typeof each === 'string');

/** What the schema in package.json says, and what the collector takes. */
const CHECKS: Record<string, (value: unknown) => boolean> = {
  name: isText,
  script: isText,
  module: isText,
  command: (value) => isWords(value) && value !== '' && !(Array.isArray(value) && value.length === 0),
  args: isWords,
  interpreter: isText,
  cwd: isText,
  env: isTextRecord,
  tty: (value) => typeof value === 'boolean',
  backend: (value) => value === 'local',
  gpus: (value) =>
    (typeof value === 'string' && /^[\w,: -]*$/.test(value)) ||
    (Array.isArray(value) && value.every((each) => isCount(each, Infinity, 0))),
  workers: (value) => isCount(value, 256),
  recovery: isRecovery,
  runName: isText,
  experiment: isText,
  tags: isTextRecord,
};

function isRecovery(value: unknown): boolean {
  if (value === 'never' || value === 'on-failure') return true;
  if (typeof value !== 'object' || value === null) return false;
  const { policy, maxAttempts, backoffSeconds, ...rest } = value as Record<string, unknown>;
  return (
    (policy === 'never' || policy === 'on-failure') &&
    (maxAttempts === undefined || isCount(maxAttempts, 1000)) &&
    (backoffSeconds === undefined || isWithin(backoffSeconds, 0, 86_400)) &&
    Object.keys(rest).length === 0
  );
}
