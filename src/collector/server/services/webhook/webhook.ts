/**
 * Sends alerts to another program: a signed POST of JSON, retried if it fails. Its address is a user setting,
 * never a workspace setting.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CollectorSettings } from '../../../../protocol/api';
import type { Alert } from '../../../../protocol/rows';
import type { AlertedNotice } from '../../../contract/workerApi';
import type { Service } from '../../service';
import type { Deliveries, Delivery } from './deliveries';

export interface WebhookTarget {
  url: string;
  /** If empty, requests are not signed. */
  secret: string;
}

const PATIENCE_MS = 10_000;
/** Seconds before each retry. */
const AGAIN_S = [1, 5, 30, 120, 600];
/** The most alerts that may wait for a retry; beyond that, new alerts are not sent. */
const MOST_WAITING = 100;
/** Limits a script that raises alerts in a loop. */
const PER_MINUTE = 20;

export class Webhook implements Service {
  readonly name = 'webhook';
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
    // Each delivery under way, and its request, listens to the signal.
    setMaxListeners(2 * MOST_WAITING, this.ending.signal);
  }

  get active(): boolean {
    return this.waiting > 0;
  }

  configured({ alerts }: Pick<CollectorSettings, 'alerts'>): void {
    if (alerts) this.setTarget(alerts.webhook);
  }

  setTarget(target: WebhookTarget | null): void {
    this.target = target;
    if (target === null || this.resumed) return;
    this.resumed = true;
    for (const delivery of this.deliveries.load()) void this.deliver(target, delivery);
  }

  alertRaised({ alert, row: run }: Pick<AlertedNotice, 'alert' | 'row'>): void {
    if (this.target === null) return;
    const now = performance.now();
    this.sent = this.sent.filter((at) => now - at < 60_000);
    if (this.waiting >= MOST_WAITING || this.sent.length >= PER_MINUTE)
      return this.log(`An alert of ${run.run_id} was not sent to the webhook: too many at once.`);
    this.sent.push(now);
    const body = JSON.stringify(messageOf(alert, run));
    void this.deliver(this.target, { id: randomUUID(), since: Date.now(), tries: 0, body });
  }

  /** Deliveries under way are left to the next collector. */
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

  /** Resolves once the alert was accepted, given up, or left to the next collector. */
  private async isSettled(target: WebhookTarget, delivery: Delivery): Promise<boolean> {
    const { id, tries, body } = delivery;
    const pause = [0, ...this.again_s][tries];
    if (pause === undefined) {
      this.log('The webhook did not accept an alert after all retries; it is given up.');
      return true;
    }
    if (tries > 0) this.deliveries.put(delivery);
    await this.pause(pause * 1000);
    if (this.ending.signal.aborted) return true;
    const problem = await this.post(target, id, body);
    if (problem === null || this.ending.signal.aborted) return true;
    this.log(`The webhook did not accept an alert (${problem.why})${problem.final ? '; it is given up.' : '.'}`);
    return problem.final;
  }

  /** Returns null if the alert was accepted. No message contains the URL, which may hold a secret. */
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
      // Redirects are not followed, because they could lead anywhere.
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

/** Signs the time as well, so that an old message cannot be replayed as a new one. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

function messageOf(
  { title, text, level, at, rule }: Alert,
  { run_id, name, experiment, status, attempt }: AlertedNotice['row'],
) {
  return {
    version: 1,
    // Chat programs show this field.
    text: `${name}: ${title}${text === '' ? '' : `\n${text}`}`,
    alert: { title, text, level, at, rule: rule ?? null },
    run: { run_id, name, experiment, status, attempt },
    host: hostname(),
  };
}
