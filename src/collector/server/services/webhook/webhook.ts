/**
 * Tells another program of alerts: a POST of JSON, signed, tried again where it fails. Where it goes is a setting of the
 * person, never of a workspace.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert, RunRow } from '../../../../protocol/rows';
import type { Deliveries, Delivery } from './deliveries';

export interface WebhookTarget {
  url: string;
  /** Empty: what is sent is not signed. */
  secret: string;
}

const PATIENCE_MS = 10_000;
/** Seconds before each further try. */
const AGAIN_S = [1, 5, 30, 120, 600];
/** Waiting for their next try; of more, the newest are left out. */
const MOST_WAITING = 100;
/** A script that alerts in a loop is heard of so often. */
const PER_MINUTE = 20;

export class Webhook {
  private target: WebhookTarget | null = null;
  private readonly ending = new AbortController();
  private waiting = 0;
  private resumed = false;
  private sent: number[] = [];

  constructor(
    private readonly deliveries: Pick<Deliveries, 'load' | 'put' | 'remove'>,
    private readonly log: (message: string) => void,
    private readonly again_s: readonly number[] = AGAIN_S,
  ) {
    // Each that is under way listens to it, as does each post.
    setMaxListeners(2 * MOST_WAITING, this.ending.signal);
  }

  /** Deliveries under way. */
  get active(): number {
    return this.waiting;
  }

  use(target: WebhookTarget | null): void {
    this.target = target;
    if (target === null || this.resumed) return;
    this.resumed = true;
    for (const delivery of this.deliveries.load()) void this.deliver(target, delivery);
  }

  tell(alert: Alert, run: Pick<RunRow, 'run_id' | 'name' | 'experiment' | 'status' | 'attempt'>): void {
    if (this.target === null) return;
    const now = performance.now();
    this.sent = this.sent.filter((at) => now - at < 60_000);
    if (this.waiting >= MOST_WAITING || this.sent.length >= PER_MINUTE)
      return this.log(`The webhook was not told of an alert of ${run.run_id}: there are too many at once.`);
    this.sent.push(now);
    const body = JSON.stringify(messageOf(alert, run));
    void this.deliver(this.target, { id: randomUUID(), since: Date.now(), tries: 0, body });
  }

  /** What is under way is left to the next collector. */
  dispose(): void {
    this.ending.abort();
  }

  private async deliver(target: WebhookTarget, delivery: Delivery): Promise<void> {
    this.waiting++;
    this.deliveries.put(delivery);
    try {
      while (!(await this.isSettled(target, delivery))) delivery.tries++;
    } finally {
      this.waiting--;
    }
    if (!this.ending.signal.aborted) this.deliveries.remove(delivery);
  }

  /** It was taken, or given up, or is the next collector's. */
  private async isSettled(target: WebhookTarget, delivery: Delivery): Promise<boolean> {
    const { id, tries, body } = delivery;
    const pause = [0, ...this.again_s][tries];
    if (pause === undefined) {
      this.log('The webhook did not take an alert, however often it was tried; it is left at that.');
      return true;
    }
    if (tries > 0) this.deliveries.put(delivery);
    await this.pause(pause * 1000);
    if (this.ending.signal.aborted) return true;
    const problem = await this.post(target, id, body);
    if (problem === null || this.ending.signal.aborted) return true;
    this.log(`The webhook did not take an alert (${problem.why})${problem.final ? '; it is left at that.' : '.'}`);
    return problem.final;
  }

  /** Null: it was taken. The URL, which may hold a secret, is in no message. */
  private async post(
    { url, secret }: WebhookTarget,
    delivery: string,
    body: string,
  ): Promise<{ why: string; final: boolean } | null> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'user-agent': 'xtrack',
      'x-xtrack-delivery': delivery,
      'x-xtrack-timestamp': timestamp,
    };
    if (secret !== '') headers['x-xtrack-signature'] = signatureOf(secret, timestamp, body);
    const signal = AbortSignal.any([this.ending.signal, AbortSignal.timeout(PATIENCE_MS)]);
    try {
      // Who is told is who was named: a redirect could lead anywhere.
      const reply = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
      await reply.body?.cancel();
      if (reply.ok) return null;
      const { status } = reply;
      return { why: `status ${status}`, final: status < 500 && status !== 429 && status !== 408 };
    } catch (error) {
      const { cause, message } = error as Error & { cause?: { code?: string } };
      return { why: cause?.code ?? message.replaceAll(url, 'its URL'), final: false };
    }
  }

  private async pause(ms: number): Promise<void> {
    const { signal } = this.ending;
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}

/** Over the time as well, so that an old message cannot be sent again as a new one. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

function messageOf(
  { title, text, level, at, rule }: Alert,
  { run_id, name, experiment, status, attempt }: Pick<RunRow, 'run_id' | 'name' | 'experiment' | 'status' | 'attempt'>,
) {
  return {
    version: 1,
    // For chat programs that show the text of what they are sent.
    text: `${name}: ${title}${text === '' ? '' : `\n${text}`}`,
    alert: { title, text, level, at, rule: rule ?? null },
    run: { run_id, name, experiment, status, attempt },
    host: hostname(),
  };
}
