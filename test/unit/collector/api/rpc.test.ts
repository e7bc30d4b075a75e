import { expect, it } from 'vitest';
import { Rpc } from '../../../../src/collector/api/rpc';
import type { Handlers } from '../../../../src/protocol/api';

it('answers with an error if a result cannot be written as JSON', () => {
  const logged: string[] = [];
  const rpc = new Rpc(
    {} as Handlers<'main'>,
    () => Promise.reject(new Error('not asked')),
    (message) => logged.push(message),
  );
  const reply = { jsonrpc: '2.0', id: 7, result: 1n } as const;
  expect(JSON.parse(rpc.textOf(reply))).toMatchObject({
    id: 7,
    error: { code: -32000, data: { code: 'io', audience: 'log' } },
  });
  expect(logged).toHaveLength(1);
  expect(JSON.parse(rpc.textOf({ ...reply, result: 1 }))).toEqual({ jsonrpc: '2.0', id: 7, result: 1 });
});
