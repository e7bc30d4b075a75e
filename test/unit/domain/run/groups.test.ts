import { describe, expect, it } from 'vitest';
import { groupings, groupOf, namesApart } from '../../../../src/domain/run/groups';

const run = (params: Record<string, string | number | number[]>, tags: Record<string, string> = {}) => ({
  params,
  tags,
  experiment: 'digits',
  status: 'completed' as const,
});

describe('groups of runs', () => {
  const runs = [run({ lr: 0.01, seed: 1, bs: 32 }, { team: 'nlp' }), run({ lr: 0.1, seed: 1, bs: 32 })];

  it('are offered first by properties that differ', () => {
    expect(groupings(runs)).toEqual(['params.lr', 'tags.team', 'params.bs', 'params.seed', 'experiment', 'status']);
  });

  it('are named by their value, formatted as elsewhere', () => {
    expect(runs.map((one) => groupOf(one, 'params.lr'))).toEqual(['0.01', '0.1']);
    expect(runs.map((one) => groupOf(one, 'tags.team'))).toEqual(['nlp', 'none']);
    expect(groupOf(runs[0]!, 'experiment')).toBe('digits');
    expect(groupOf(run({ 'opt.betas': [0.9, 0.99] }), 'params.opt.betas')).toBe('[0.9,0.99]');
  });
});

describe('runs of one name', () => {
  const named = (run_id: string, name: string, params: Record<string, number>) => ({
    run_id,
    name,
    params,
    created: 0,
  });

  it('are distinguished by the params that differ, those with the most values first', () => {
    const rows = [
      named('a', 'digits', { lr: 0.1, seed: 1, bs: 32, wd: 0 }),
      named('b', 'digits', { lr: 0.01, seed: 1, bs: 32, wd: 0 }),
      named('c', 'digits', { lr: 0.001, seed: 2, bs: 32 }),
      named('d', 'other', { lr: 0.1 }),
    ];
    expect([...namesApart(rows).values()]).toEqual([
      'digits · lr 0.1 · seed 1',
      'digits · lr 0.01 · seed 1',
      'digits · lr 0.001 · seed 2',
      'other',
    ]);
  });

  it('are distinguished by their time if their params are the same', () => {
    const rows = [named('a', 'x', { lr: 1 }), { ...named('b', 'x', { lr: 1 }), created: 3_723_000 }];
    const names = [...namesApart(rows).values()];
    expect(names[0]).not.toBe(names[1]);
    expect(names.every((name) => /^x · .*\d/.test(name))).toBe(true);
  });
});
