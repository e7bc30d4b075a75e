import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { realDirectory, resolveDirectory } from '../../../src/editor/collectors/directory';
import { expandPath } from '../../../src/editor/window/settingPath';

let root: string;
beforeEach(() => (root = realpathSync(mkdtempSync(join(tmpdir(), 'xt-dir-')))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function make(...folders: string[]): void {
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
}
function find(folder: string, { setting = '', env = {} }: { setting?: string; env?: NodeJS.ProcessEnv } = {}) {
  return resolveDirectory({ folder: join(root, folder), setting, env: { HOME: join(root, 'home'), ...env } });
}

test('the nearest .xtrack upwards wins over the git root', async () => {
  make('repo/.git', 'repo/a/.xtrack', 'repo/a/b');
  expect(await find('repo/a/b')).toBe(join(root, 'repo/a/.xtrack'));
});

test('without any, it is the git root’s, also where .git is a file’s place', async () => {
  make('repo/.git', 'repo/a/b');
  expect(await find('repo/a/b')).toBe(join(root, 'repo/.xtrack'));
});

test('without a repository, it is the folder’s own', async () => {
  make('plain');
  expect(await find('plain')).toBe(join(root, 'plain/.xtrack'));
});

test('a directory above home is not taken', async () => {
  make('.xtrack', 'home/work');
  expect(await find('home/work')).toBe(join(root, 'home/work/.xtrack'));
});

test('XTRACK_DIR wins over the setting, the setting over what is found', async () => {
  make('repo/.xtrack');
  expect(await find('repo', { setting: 'mine' })).toBe(join(root, 'repo/mine'));
  expect(await find('repo', { setting: 'mine', env: { XTRACK_DIR: join(root, 'env') } })).toBe(join(root, 'env'));
});

test('paths in settings may start at home or at the workspace', () => {
  expect(expandPath('~/venv/bin/python', '/w', { HOME: '/home/me' })).toBe('/home/me/venv/bin/python');
  expect(expandPath('${workspaceFolder}/venv/bin/python', '/w')).toBe('/w/venv/bin/python');
  expect(expandPath('venv/bin/python', '/w')).toBe('/w/venv/bin/python');
  expect(expandPath('python3.11', '/w')).toBe('python3.11');
});

test('two ways to one directory are one, also before it is there', async () => {
  make('real');
  symlinkSync(join(root, 'real'), join(root, 'link'));
  expect(await realDirectory(join(root, 'link/.xtrack'))).toBe(join(root, 'real/.xtrack'));
});
