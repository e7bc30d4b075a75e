/** What completion and its red lines say of a launch profile is what launching says of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { profileProblem } from '../../../src/editor/launch/launchProfile';

interface Schema {
  type?: string;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: false | Schema;
  required?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  minItems?: number;
  pattern?: string;
}
const KNOWN =
  /^(type|enum|anyOf|oneOf|items|properties|additionalProperties|required|minimum|maximum|minLength|minItems|pattern|default|defaultSnippets|\w*[dD]escriptions?)$/;

const { contributes } = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8'));
const schema: Schema = contributes.configuration.properties['xtrack.launchProfiles'].items;

/** As JSON Schema has it, of what is used here. */
function accepts(by: Schema, value: unknown): boolean {
  expect(Object.keys(by).filter((key) => !KNOWN.test(key))).toEqual([]);
  if (by.type && !isOf(by.type, value)) return false;
  if (by.enum && !by.enum.includes(value)) return false;
  if (by.anyOf && !by.anyOf.some((one) => accepts(one, value))) return false;
  if (by.oneOf && by.oneOf.filter((one) => accepts(one, value)).length !== 1) return false;
  if (typeof value === 'number' && (value < (by.minimum ?? -Infinity) || value > (by.maximum ?? Infinity)))
    return false;
  if (typeof value === 'string') return value.length >= (by.minLength ?? 0) && new RegExp(by.pattern ?? '').test(value);
  if (Array.isArray(value))
    return value.length >= (by.minItems ?? 0) && value.every((one) => accepts(by.items ?? {}, one));
  if (typeof value !== 'object' || value === null) return true;
  if (by.required?.some((key) => !(key in value))) return false;
  return Object.entries(value).every(([key, one]) => {
    const known = by.properties?.[key] ?? by.additionalProperties ?? {};
    return known !== false && accepts(known, one);
  });
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

const texts = ['', ' ', 'train.py', 'local', 'moon', 'never', 'on-failure', 'always', '0,1', 'GPU-8:1', '$(reboot)'];
const numbers = [-1, 0, 1, 1.5, 4, 256, 257];
const lists = [[], ['a', 'b'], [''], [0, 2], [-1], [1.5], ['a', 1], [null]];
const policy = 'on-failure';
const objects = [
  {},
  { A: 'b' },
  { A: 1 },
  { policy: 'never' },
  { policy: 'always' },
  { policy, maxAttempts: 5, backoffSeconds: 0.5 },
  { policy, maxAttempts: 0 },
  { policy, maxAttempts: '3' },
  { policy, maxAttempts: 1001 },
  { policy, backoffSeconds: -1 },
  { policy, backoffSeconds: 86_401 },
  { policy, attempts: 3 },
];
const VALUES = [null, true, false, ...texts, ...numbers, ...lists, ...objects];

const isFine = (profile: object): boolean => profileProblem(profile) === null;
const same = (profile: object): void =>
  expect([JSON.stringify(profile), accepts(schema, profile)]).toEqual([JSON.stringify(profile), isFine(profile)]);

describe('the schema of launch profiles', () => {
  it.each(Object.keys(schema.properties!))('agrees with the launch request on "%s"', (key) => {
    const target = /^(script|module|command)$/.test(key) ? {} : { script: 'train.py' };
    for (const value of VALUES) same({ name: 'p', ...target, [key]: value });
    expect(VALUES.some((value) => isFine({ name: 'p', ...target, [key]: value }))).toBe(true);
    expect(VALUES.some((value) => !isFine({ name: 'p', ...target, [key]: value }))).toBe(true);
  });

  it('agrees with the launch on required and conflicting fields', () => {
    for (const profile of [
      {},
      { name: 'p' },
      { script: 'a.py' },
      { name: 'p', script: 'a.py', module: 'b' },
      { name: 'p', script: 'a.py', module: 'b', command: 'c' },
      { name: 'p', module: 'b', sript: 'a.py' },
      { name: 'p', module: 'b' },
    ])
      same(profile);
  });

  it('also applies to tasks, which name a profile or contain one', () => {
    const { name: _name, ...own } = schema.properties!;
    const [{ type, properties }] = contributes.taskDefinitions;
    const { profile, folder, ...rest } = properties;
    expect([type, profile.type, folder.type, rest]).toEqual(['xtrack', 'string', 'string', own]);
  });
});
