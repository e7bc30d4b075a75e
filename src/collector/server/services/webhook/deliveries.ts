/**
 * Alerts that have not reached the webhook yet, kept on disk so that the next collector can send them. They are stored where
 * only this user can write, never in the workspace, without the webhook's address and secret.
 */
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isId } from '../../../../protocol/ids';
import { putFile, readRegularFile } from '../../../files/safeFile';
import type { ServiceContext } from '../../serviceContext';

export interface Delivery {
  id: string;
  /** Epoch ms. */
  since: number;
  /** Number of times it was sent. */
  tries: number;
  body: string;
}

/** After that an alert is no longer news. */
const MAX_AGE_MS = 3_600_000;
const MAX_FILES = 100;
const MAX_BYTES = 100_000;

export class Deliveries {
  private troubled = false;

  constructor(
    private readonly folder: string,
    private readonly log: (message: string) => void,
  ) {}

  static in({ privateFolder, log }: Pick<ServiceContext, 'privateFolder' | 'log'>): Deliveries {
    return new Deliveries(join(privateFolder, 'webhook'), log);
  }

  /** Reads the deliveries that an earlier collector left, oldest first. */
  load(): Delivery[] {
    if (!lstatSync(this.folder, { throwIfNoEntry: false })?.isDirectory()) return [];
    const found: Delivery[] = [];
    for (const name of readdirSync(this.folder)) {
      const delivery = this.read(name);
      if (delivery && found.length < MAX_FILES) found.push(delivery);
      else rmSync(join(this.folder, name), { recursive: true, force: true });
    }
    return found.sort((a, b) => a.since - b.since);
  }

  put(delivery: Delivery): void {
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      putFile(this.pathOf(delivery), Buffer.from(JSON.stringify(delivery)), () => true);
    } catch (error) {
      if (!this.troubled)
        this.log(`Alerts that wait for the webhook cannot be saved and end with this collector: ${String(error)}`);
      this.troubled = true;
    }
  }

  remove(delivery: Delivery): void {
    rmSync(this.pathOf(delivery), { force: true });
  }

  private read(name: string): Delivery | null {
    try {
      if (!name.endsWith('.json')) return null;
      const text = readRegularFile(join(this.folder, name), MAX_BYTES).toString();
      const { id, since, tries, body } = JSON.parse(text) as Delivery;
      const isWhole = isId(id) && `${id}.json` === name && Number.isInteger(tries) && typeof body === 'string';
      return isWhole && Math.abs(Date.now() - since) < MAX_AGE_MS ? { id, since, tries, body } : null;
    } catch {
      return null;
    }
  }

  private pathOf({ id }: Delivery): string {
    return join(this.folder, `${id}.json`);
  }
}
