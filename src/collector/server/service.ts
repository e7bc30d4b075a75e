/** A service is a feature of the main thread: a folder in `services/` and a line in `services.ts`. */
import type { CollectorSettings, Handlers } from '../../protocol/api';
import { methods } from '../../protocol/api';
import type { AlertedNotice, DueNotice, GoneNotice, StatusNotice } from '../contract/workerApi';

/**
 * The optional members are what a service does beyond answering calls. A follower's services only answer: they are
 * neither started nor configured, and are not notified of runs.
 */
export interface Service {
  readonly name: string;
  /** Its part of the API. */
  readonly methods?: Partial<Handlers<'main'>>;
  /** True while work is under way that keeps the collector from ending when idle. */
  readonly active?: boolean;
  start?(): void | Promise<void>;
  /** Applies a window's settings; absent ones stay as they are. */
  configured?(settings: CollectorSettings): void;
  runChanged?(notice: StatusNotice): void;
  processGone?(notice: GoneNotice): void;
  alertDue?(notice: DueNotice): void;
  alertRaised?(notice: AlertedNotice): void;
  /** Called in reverse order of the list, while the store still answers. */
  dispose?(): void | Promise<void>;
}

/** Merges the handlers of all services. Throws if a method has no handler, or two. */
export function handlersOf(services: readonly Service[]): Handlers<'main'> {
  const handlers: Record<string, unknown> = {};
  for (const { name, methods: own = {} } of services) {
    for (const [method, handler] of Object.entries(own)) {
      if (method in handlers) throw new Error(`${method} of service ${name} has a handler already`);
      handlers[method] = handler;
    }
  }
  const missing = Object.entries(methods).flatMap(([method, { on }]) =>
    on === 'main' && !(method in handlers) ? [method] : [],
  );
  if (missing.length > 0) throw new Error(`no service answers ${missing.join(', ')}`);
  return handlers as Handlers<'main'>;
}
