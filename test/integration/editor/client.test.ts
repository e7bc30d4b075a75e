/** The client's way into interpreters, with real ones. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../../scripts/dependencies.mjs';
import { python } from '../../../scripts/python.mjs';
import { writeWheel } from '../../../scripts/wheel.mjs';
import { findWheel, installWheel, verifyClient } from '../../../src/editor/client/clientPackage';
import { clusterText } from '../../../src/editor/client/clusterText';
import { packageBeside } from '../../../src/editor/client/packageBeside';
import { type Probe, probeInterpreter } from '../../../src/editor/python/pythonProbe';
import type { LaunchRequest } from '../../../src/protocol/api';

const env = { ...process.env, PYTHONPATH: undefined };
const MAKE = join(ROOT, 'test/fixtures/environment/make.py');
const LIMIT = 120_000;
let home: string;
let wheel: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'xtc-'));
  writeWheel(home);
  wheel = await findWheel(home);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function environment(name: string, ...options: string[]): string {
  execFileSync(python(), [MAKE, join(home, name), ...options]);
  return join(home, name, 'bin/python');
}

describe('the client in another interpreter', () => {
  test.each([
    ['with pip', []],
    ['without pip', ['--without-pip']],
  ])(
    'is installed and really imported: %s',
    async (name, options) => {
      const interpreter = environment(name.replaceAll(' ', '-'), ...options);
      const before = await probeInterpreter(interpreter, env, []);
      expect(before).toMatchObject({ virtual: true, writable: true, managed: false, pip: options.length === 0 });
      expect(before.xtrack).toBeNull();
      expect(await verifyClient(before, env)).toBeNull();
      await installWheel(before, wheel, env);
      const there = await verifyClient(before, env);
      expect(there?.file.startsWith(before.packages)).toBe(true);
      const after = await probeInterpreter(interpreter, env, []);
      expect(after.xtrack).toMatchObject({ ours: true, version: there?.version });
    },
    LIMIT,
  );

  test('that has another package of the name says so', async () => {
    const interpreter = environment('physics', '--without-pip');
    const { packages } = await probeInterpreter(interpreter, env, []);
    mkdirSync(join(packages, 'xtrack'));
    writeFileSync(join(packages, 'xtrack/__init__.py'), '"""Tracks particles."""\n');
    const { xtrack } = await probeInterpreter(interpreter, env, []);
    expect(xtrack).toEqual({ file: join(packages, 'xtrack/__init__.py'), version: null, ours: false });
    // What we put on the path ourselves does not count.
    const ours = { ...env, PYTHONPATH: join(home, 'ours') };
    mkdirSync(join(home, 'ours/xtrack'), { recursive: true });
    for (const file of ['__init__', 'outlet', 'supervisor']) writeFileSync(join(home, 'ours/xtrack', `${file}.py`), '');
    expect((await probeInterpreter(interpreter, ours, [join(home, 'ours')])).xtrack?.ours).toBe(false);
    expect((await probeInterpreter(interpreter, ours, [])).xtrack?.ours).toBe(true);
  });

  test('is hidden by a file of its name where Python looks first: beside a script, else in the working folder', async () => {
    const folder = join(home, 'beside');
    mkdirSync(join(folder, 'inner'), { recursive: true });
    const file = join(folder, 'xtrack.py');
    writeFileSync(file, '');
    const of = (target: LaunchRequest['target'], cwd: string) => packageBeside({ target, cwd });
    expect(await of({ script: join(folder, 'train.py') }, join(folder, 'inner'))).toBe(file);
    expect(await of({ script: 'inner/train.py' }, folder)).toBeNull();
    for (const target of [{ module: 'train' }, { argv: ['python', '-m', 'train'] }]) {
      expect(await of(target, folder)).toBe(file);
      expect(await of(target, join(folder, 'inner'))).toBeNull();
    }
  });

  test(
    'that belongs to the operating system is told by what pip says',
    async () => {
      const probe = await probeInterpreter(environment('managed'), env, []);
      const fake = join(home, 'fake-python');
      writeFileSync(fake, '#!/bin/sh\necho "error: externally-managed-environment" >&2\nexit 1\n', { mode: 0o755 });
      await expect(installWheel({ ...probe, executable: fake }, wheel, env)).rejects.toThrow(
        /operating system.*PEP 668/,
      );
      writeFileSync(fake, '#!/bin/sh\necho "[Errno 13] Permission denied: \'/usr/lib\'" >&2\nexit 1\n');
      await expect(installWheel({ ...probe, executable: fake }, wheel, env)).rejects.toThrow(
        /do not have permission to write to/,
      );
    },
    LIMIT,
  );

  test.each([
    ['is gone', '/nowhere/python', /was not found/],
    ['is no Python', '/bin/echo', /does not behave like Python/],
    ['fails', '/bin/false', /does not start/],
  ])('that %s is told', async (_what, interpreter, message) => {
    await expect(probeInterpreter(interpreter, env, [])).rejects.toThrow(message);
  });
});

test('the commands for another machine work as they are: the wheel is imported without being installed', async () => {
  const text = clusterText({ wheel, dir: "/data/it's here/.xtrack", address: { port: 4711, token: 'secret' } });
  expect(text).toContain(`export XTRACK_DIR='/data/it'\\''s here/.xtrack'`);
  expect(text).toContain('XTRACK_PORT=4711 XTRACK_TOKEN=secret');
  execFileSync('sh', ['-n', '-c', text]);
  const probe: Probe = await probeInterpreter(python(), env, []);
  const there = await verifyClient(probe, { ...env, PYTHONPATH: wheel });
  expect(there?.file).toContain('.whl');
});
