import { toDisposable, type Disposable } from './disposable';

export type Listener<T> = (value: T) => void;
export type Event<T> = (listener: Listener<T>) => Disposable;

/** A typed event source. A listener that throws does not stop the others from being called. */
export class Emitter<T> implements Disposable {
  private readonly listeners = new Set<{ call: Listener<T> }>();

  readonly event: Event<T> = (listener) => {
    // Wrapped, so that one function added twice is called twice and removed once.
    const entry = { call: listener };
    this.listeners.add(entry);
    return toDisposable(() => this.listeners.delete(entry));
  };

  get hasListeners(): boolean {
    return this.listeners.size > 0;
  }

  fire(value: T): void {
    const errors: unknown[] = [];
    for (const { call } of [...this.listeners]) {
      try {
        call(value);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'listeners failed');
  }

  dispose(): void {
    this.listeners.clear();
  }
}
