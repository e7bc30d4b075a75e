import { expect, it } from 'vitest';
import { matches } from '../../../../src/domain/query/match';
import { parseQuery } from '../../../../src/domain/query/parse';
import { ACTIVE, isActive, isAlive, isOver, isWaiting, OVER, statusFilter } from '../../../../src/domain/run/lifecycle';
import { STATUSES, type RunRow } from '../../../../src/protocol/rows';

it('every status is active or over, and never both', () => {
  expect([...ACTIVE, ...OVER].sort()).toEqual([...STATUSES].sort());
  for (const status of STATUSES) expect([status, isActive(status)]).toEqual([status, !isOver(status)]);
});

it('queued and running runs are known to be alive, lost ones are not', () => {
  expect(STATUSES.filter(isWaiting)).toEqual(['queued']);
  expect(STATUSES.filter(isAlive)).toEqual(['queued', 'running']);
  expect(ACTIVE).toEqual(['queued', 'running', 'lost']);
});

it('a filter finds the runs of its statuses and no others', () => {
  const query = parseQuery(statusFilter(OVER));
  const found = STATUSES.filter((status) => matches(query!, { status } as RunRow, 0));
  expect(found).toEqual(OVER);
});
