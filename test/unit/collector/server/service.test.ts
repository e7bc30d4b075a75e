import { describe, expect, it } from 'vitest';
import { handlersOf, type Service } from '../../../../src/collector/server/service';
import { methods, type Method } from '../../../../src/protocol/api';

const onMain = (Object.keys(methods) as Method[]).filter((method) => methods[method].on === 'main');

function serviceOf(names: readonly string[], name = 'a'): Service {
  return { name, methods: Object.fromEntries(names.map((method) => [method, () => method])) };
}

describe('the methods of all services', () => {
  it('cover the part of the API that the main thread answers', () => {
    const [first, ...others] = onMain;
    const handlers = handlersOf([serviceOf([first!]), { name: 'silent' }, serviceOf(others)]);
    expect(Object.keys(handlers).sort()).toEqual([...onMain].sort());
  });

  it('are refused if a declared method has no handler', () => {
    expect(() => handlersOf([serviceOf(onMain.slice(1))])).toThrow(`no service answers ${onMain[0]}`);
  });

  it('are refused if a method has two handlers', () => {
    expect(() => handlersOf([serviceOf(onMain), serviceOf([onMain[0]!], 'b')])).toThrow('of service b has a handler');
  });
});
