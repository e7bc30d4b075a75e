import { describe, expect, it } from 'vitest';
import { payloadOf } from '../../../src/editor/control/commandPayload';
import { expandPath } from '../../../src/editor/window/settingPath';
import { type LaunchProfile, profileProblem, profileRequest } from '../../../src/editor/launch/launchProfile';
import { placeOf, withParameter } from '../../../src/editor/launch/parameters';

const request = (profile: Omit<LaunchProfile, 'name'>) =>
  profileRequest({ name: 'p', ...profile }, '/work', { HOME: '/home/me', SEED: '7' });

describe('a launch profile', () => {
  it('becomes the request of a script, a module or any command', () => {
    expect(request({ script: 'a/train.py', args: '--lr 0.1 "two words"' })).toEqual({
      target: { script: '/work/a/train.py' },
      args: ['--lr', '0.1', 'two words'],
      cwd: '/work',
      env: {},
    });
    expect(request({ module: 'pkg.train', args: ['--seed', '${env:SEED}'], cwd: 'sub' })).toMatchObject({
      target: { module: 'pkg.train' },
      args: ['--seed', '7'],
      cwd: '/work/sub',
    });
    expect(request({ command: './run.sh --fast' })).toMatchObject({ target: { argv: ['./run.sh', '--fast'] } });
  });

  it('works in a folder whose name contains replacement patterns such as $&', () => {
    const profile = { name: 'p', script: '${workspaceFolder}/train.py' };
    expect(profileRequest(profile, '/me/a$&b', {}).target).toEqual({ script: '/me/a$&b/train.py' });
    const wrapped = { name: 'p', script: 'train.py', env: { DATA: '${workspaceFolder}' } };
    expect(profileRequest(wrapped, '/me/a$&b', {}).env).toEqual({ DATA: '/me/a$&b' });
    expect(expandPath('${workspaceFolder}/bin/python', '/me/a$&b')).toBe('/me/a$&b/bin/python');
  });

  it('passes on all other fields', () => {
    const profile = {
      script: '~/train.py',
      interpreter: '${workspaceFolder}/.venv/bin/python',
      env: { DATA: '${workspaceFolder}/data' },
      gpus: [0, 2],
      tty: true,
      workers: 4,
      recovery: { policy: 'on-failure' as const, maxAttempts: 5 },
      runName: 'long',
      experiment: 'e',
      tags: { team: 'nlp' },
    };
    expect(request(profile)).toEqual({
      target: { script: '/home/me/train.py' },
      args: [],
      interpreter: '/work/.venv/bin/python',
      cwd: '/work',
      env: { CUDA_VISIBLE_DEVICES: '0,2', DATA: '/work/data' },
      tty: true,
      workers: 4,
      recovery: { policy: 'on-failure', max_attempts: 5 },
      name: 'long',
      experiment: 'e',
      tags: { team: 'nlp' },
    });
    expect(request({ script: 'a.py', recovery: 'on-failure', gpus: '' })).toMatchObject({
      recovery: { policy: 'on-failure' },
      env: { CUDA_VISIBLE_DEVICES: '' },
    });
  });

  it.each([
    [null, 'it is not an object'],
    [{ script: 'a.py' }, '"name"'],
    [{ name: 'a' }, 'one of'],
    [{ name: 'a', script: 'a.py', module: 'b' }, 'one of'],
    [{ name: 'a', script: 1 }, '"script"'],
    [{ name: 'a', script: 'a.py', workers: 0 }, '"workers"'],
    [{ name: 'a', script: 'a.py', env: { A: 1 } }, '"env"'],
    [{ name: 'a', script: 'a.py', gpus: '$(reboot)' }, '"gpus"'],
    [{ name: 'a', script: 'a.py', recovery: 'always' }, '"recovery"'],
    [{ name: 'a', script: 'a.py', recovery: { policy: 'on-failure', attempts: 3 } }, '"recovery"'],
    [{ name: 'a', script: 'a.py', sript: 'b' }, '"sript" is not a known property'],
  ])('%j is refused', (entry, words) => expect(profileProblem(entry)).toContain(words));

  it('accepts a valid profile', () => expect(profileProblem({ name: 'a', command: ['ls'], gpus: '0,1' })).toBe(null));
});

describe('the parameters of a run', () => {
  const given = {
    args: ['--lr', '0.1', '--batch-size=32', 'optim.name=sgd', '--lr', '0.2', '--flag'],
    env: { LR_DECAY: '1' },
  };
  it.each([
    [
      'lr',
      { kind: 'argument', name: '--lr' },
      ['--lr', '0.1', '--batch-size=32', 'optim.name=sgd', '--lr', '3', '--flag'],
    ],
    [
      'batch_size',
      { kind: 'argument', name: '--batch-size' },
      ['--lr', '0.1', '--batch-size=3', 'optim.name=sgd', '--lr', '0.2', '--flag'],
    ],
    [
      'optim.name',
      { kind: 'argument', name: 'optim.name' },
      ['--lr', '0.1', '--batch-size=32', 'optim.name=3', '--lr', '0.2', '--flag'],
    ],
    ['momentum', { kind: 'new', name: '--momentum' }, [...given.args, '--momentum', '3']],
  ])('%s is found where it is passed', (key, place, args) => {
    expect(placeOf(key, given)).toEqual(place);
    expect(withParameter(key, '3', given)).toEqual({ args, env: given.env });
  });
  it('may be environment variables, and negative numbers are values', () => {
    expect(withParameter('lr_decay', '3', given)).toEqual({ args: given.args, env: { LR_DECAY: '3' } });
    expect(withParameter('x', '-2', { args: ['--x', '-1'], env: {} }).args).toEqual(['--x', '-2']);
  });
});

describe('the payload of a command', () => {
  it.each([
    ['a=1 b=x', false, { a: 1, b: 'x' }],
    ['{"a": [1]}', false, { a: [1] }],
    ['log_images count=4', true, { name: 'log_images', count: 4 }],
    ['log_images', true, { name: 'log_images' }],
    ['word', false, null],
    ['', true, null],
    ['{"a"', false, null],
    ['=1', false, null],
  ])('%j', (text, named, payload) => expect(payloadOf(text, named)).toEqual(payload));
});
