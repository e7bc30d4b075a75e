import { expect, test } from 'vitest';
import type { Collectors } from '../../../src/editor/collectors/collectors';
import { RunPages } from '../../../src/editor/runsTree/runPages';
import type { RunRow } from '../../../src/protocol/rows';

test('a late answer to an earlier filter is ignored', async () => {
  const answers = new Map<string, () => void>();
  const list = (_client: unknown, { filter = '' }: { filter?: string }) => {
    const names = filter === '' ? ['a', 'b'] : ['b'];
    const rows = names.map((run_id, created) => ({ run_id, created }) as RunRow);
    return new Promise((resolve) => answers.set(filter, () => resolve({ rows, total: rows.length, cursor: null })));
  };
  const pages = new RunPages({ clients: [{ state: 'connected' }], list } as unknown as Collectors);
  let filter = 'status = failed';
  const slow = pages.reload(filter, () => filter === 'status = failed');
  const cleared = pages.reload('');
  answers.get('')?.();
  expect(await cleared).toBe(true);
  filter = '';
  answers.get('status = failed')?.();
  expect(await slow).toBe(false);
  expect(pages.sorted().map(({ run_id }) => run_id)).toEqual(['b', 'a']);
});
