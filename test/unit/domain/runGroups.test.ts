import { describe, expect, it } from 'vitest';
import { groupings, groupOf } from '../../../src/domain/runGroups';

const run = (params: Record<string, string | number | number[]>, tags: Record<string, string> = {}) => ({
  params,
  tags,
  experiment: 'digits',
  status: 'completed' as const,
});

describe('groups of runs', () => {
  const runs = [run({ lr: 0.01, seed: 1, bs: 32 }, { team: 'nlp' }), run({ lr: 0.1, seed: 1, bs: 32 })];

  it('offer first what differs', () => {
    expect(groupings(runs)).toEqual(['params.lr', 'tags.team', 'params.bs', 'params.seed', 'experiment', 'status']);
  });

  it('are told by their value, as it reads elsewhere', () => {
    expect(runs.map((one) => groupOf(one, 'params.lr'))).toEqual(['0.01', '0.1']);
    expect(runs.map((one) => groupOf(one, 'tags.team'))).toEqual(['nlp', 'none']);
    expect(groupOf(runs[0]!, 'experiment')).toBe('digits');
    expect(groupOf(run({ 'opt.betas': [0.9, 0.99] }), 'params.opt.betas')).toBe('[0.9,0.99]');
  });
});
