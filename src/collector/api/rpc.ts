/**
 * Turns the text of a JSON-RPC 2.0 request into a reply. A request is checked against its method's declaration, which also
 * says what answers it: the store, or a service of the main thread.
 */
import type { z } from 'zod';
import { english } from '../../base/texts';
import { messageOf } from '../../base/unknown';
import { methods, type Handlers, type Method, type MethodOn } from '../../protocol/api';
import type { Place } from '../../protocol/api/method';
import { ApiError, userError, type RpcErrorData } from '../../protocol/apiError';
import type { AskStore } from '../contract/workerApi';

type Id = string | number | null;

export interface Reply {
  jsonrpc: '2.0';
  id: Id;
  result?: unknown;
  error?: { code: number; message: string; data?: RpcErrorData };
}

export type Subscribe = (topics: string[]) => void;

export class Rpc {
  constructor(
    private readonly handlers: Handlers<'main'>,
    private readonly ask: AskStore,
    private readonly log: (message: string) => void,
  ) {}

  /**
   * Resolves to null for a notification, which gets no reply. `subscribe` is null where the connection ends with the
   * call.
   */
  async handle(text: string, subscribe: Subscribe | null): Promise<Reply | null> {
    let call: unknown;
    try {
      call = JSON.parse(text);
    } catch {
      return failure(null, -32700, 'Not JSON.');
    }
    if (!isRequest(call)) return failure(null, -32600, 'Not a JSON-RPC 2.0 request (one call, no batch).');
    const id = call.id ?? null;
    const reply = await this.answer(call.method, call.params ?? {}, id, subscribe);
    return call.id === undefined ? null : reply;
  }

  /** The reply as JSON; an error if it cannot be JSON, for example because it is longer than a string may be. */
  textOf(reply: Reply): string {
    try {
      return JSON.stringify(reply);
    } catch (error) {
      return JSON.stringify(this.unexpected(reply.id, 'The answer cannot be sent', error));
    }
  }

  private async answer(method: string, params: unknown, id: Id, subscribe: Subscribe | null): Promise<Reply> {
    if (!isMethod(method)) return failure(id, -32601, `There is no method ${JSON.stringify(method)}.`);
    if (typeof params !== 'object' || params === null || Array.isArray(params))
      return failure(id, -32602, 'params must be an object.');
    try {
      return { jsonrpc: '2.0', id, result: await this.run(method, params, subscribe) };
    } catch (error) {
      if (error instanceof ApiError) return failure(id, -32000, error.message, error.data);
      return this.unexpected(id, `${method} failed`, error);
    }
  }

  private unexpected(id: Id, what: string, error: unknown): Reply {
    this.log(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return failure(id, -32000, `${what}: ${messageOf(error)}`, { code: 'io', audience: 'log' });
  }

  private async run(method: Method, params: object, subscribe: Subscribe | null): Promise<unknown> {
    const checked = methods[method].request.safeParse(params);
    if (!checked.success) throw invalid(checked.error);
    if (isOn('store', method)) return this.ask(method, checked.data as never);
    if (isOn('main', method)) return this.handlers[method](checked.data as never);
    if (!subscribe) throw userError('invalid', english`subscribe needs a WebSocket connection to /rpc.`);
    const { topics } = checked.data as { topics: string[] };
    subscribe(topics);
    return { topics };
  }
}

function invalid(error: z.ZodError): ApiError {
  const issue = error.issues[0];
  const field = issue?.path.join('.') ?? '';
  const named = field === '' ? english`The request` : `"${field}"`;
  return userError(
    'invalid',
    english`${named} is not valid: ${issue?.message ?? english`unknown problem`}.`,
    field === '' ? {} : { field },
  );
}

function failure(id: Id, code: number, message: string, data?: RpcErrorData): Reply {
  return { jsonrpc: '2.0', id, error: { code, message, ...(data && { data }) } };
}

function isMethod(name: string): name is Method {
  return Object.hasOwn(methods, name);
}

function isOn<On extends Place>(place: On, method: Method): method is MethodOn<On> {
  return methods[method].on === place;
}

function isRequest(value: unknown): value is { id?: Id; method: string; params?: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { jsonrpc, id, method } = value as Record<string, unknown>;
  const hasId = id === undefined || id === null || typeof id === 'string' || typeof id === 'number';
  return jsonrpc === '2.0' && typeof method === 'string' && hasId;
}
