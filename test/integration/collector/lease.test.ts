import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Lease } from '../../../src/collector/files/lease';
import { liveness, thisProcess } from '../../../src/collector/files/processIdentity';
import { cleanUp, temporaryFolder } from './harness';

afterAll(cleanUp);

/** Of a process that was here and has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

describe('a lease', () => {
  it('has one owner at a time, and another one after it is released', () => {
    const dir = temporaryFolder();
    const first = Lease.acquire(dir);
    expect(first.kind).toBe('owner');
    expect(Lease.acquire(dir)).toMatchObject({ kind: 'taken', holder: { pid: process.pid } });
    if (first.kind === 'owner') first.lease.release();
    expect(Lease.acquire(dir).kind).toBe('owner');
    expect(readdirSync(dir)).toEqual(['lease']);
  });

  it.each([
    ['whose process ended', { pid: deadPid() }],
    ['of an earlier boot', { boot: 'another-boot' }],
    ['whose pid belongs to another process now', { start: '1' }],
  ])('is taken over from an owner %s', (_what, change) => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'lease'), JSON.stringify({ ...thisProcess(), ...change, nonce: 'old' }));
    const taken = Lease.acquire(dir);
    expect(taken.kind).toBe('owner');
    expect(JSON.parse(readFileSync(join(dir, 'lease'), 'utf8'))).toMatchObject({ pid: process.pid });
    expect(readdirSync(dir)).toEqual(['lease']);
  });

  it.each([
    ['another host', { host: 'another-host', boot: 'b' }],
    ['another pid namespace', { pidns: 'pid:[1]', pid: 999_999 }],
  ])('is left to an owner of %s, of whom nothing is known', (_what, change) => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'lease'), JSON.stringify({ ...thisProcess(), ...change, nonce: 'theirs' }));
    expect(Lease.acquire(dir).kind).toBe('elsewhere');
    expect(readFileSync(join(dir, 'lease'), 'utf8')).toContain('theirs');
  });

  it('has no owner when its file is damaged', () => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'lease'), '{"host":');
    expect(Lease.acquire(dir).kind).toBe('owner');
  });

  it('is not released by its former owner after somebody replaced it', () => {
    const dir = temporaryFolder();
    const mine = Lease.acquire(dir);
    if (mine.kind !== 'owner') throw new Error('not acquired');
    writeFileSync(join(dir, 'lease'), JSON.stringify({ ...thisProcess(), nonce: 'new' }));
    expect(mine.lease.isOurs()).toBe(false);
    mine.lease.release();
    expect(readFileSync(join(dir, 'lease'), 'utf8')).toContain('new');
  });
});

describe('a process', () => {
  it('counts as alive only with the same start time and until it exits', () => {
    expect(liveness(thisProcess())).toBe('alive');
    expect(liveness({ ...thisProcess(), start: '1' })).toBe('gone');
    expect(liveness({ ...thisProcess(), pid: deadPid() })).toBe('gone');
    expect(liveness({ ...thisProcess(), host: 'another-host' })).toBe('elsewhere');
  });
});
