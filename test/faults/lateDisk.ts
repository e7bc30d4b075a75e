/**
 * What another machine sees of a directory on a network disk: sizes come before data, data in whole pages and in order, all
 * of it late. Where data has not come yet, there are zeros.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Dice } from './seeded';

const PAGE = 4096;
const IN_PLACE = constants.O_RDWR | constants.O_CREAT;

export class LateDisk {
  zeroTails = 0;
  stale = 0;
  /** By file, how much of it has come. */
  private readonly arrived = new Map<string, number>();

  constructor(
    private readonly from: string,
    private readonly to: string,
    private readonly dice: Dice,
  ) {
    mkdirSync(to, { recursive: true });
  }

  /** Of each journal nothing new comes, or its size with some of its data, or all of it. */
  step(): void {
    for (const name of this.journals()) {
      const what = this.dice.below(3);
      if (what === 0) this.stale++;
      else this.show(name, what === 1);
    }
  }

  /** Everything. */
  arrive(): void {
    for (const name of this.journals()) this.show(name, false);
  }

  private journals(): string[] {
    return readdirSync(this.from).filter((name) => name.endsWith('.xtj'));
  }

  private show(name: string, inPart: boolean): void {
    const bytes = readFileSync(join(this.from, name));
    const known = this.arrived.get(name) ?? 0;
    const pages = Math.floor((bytes.length - known) / PAGE);
    const upTo = inPart
      ? Math.max(known, (Math.floor(known / PAGE) + this.dice.below(pages + 1)) * PAGE)
      : bytes.length;
    const view = openSync(join(this.to, name), IN_PLACE, 0o600);
    try {
      writeSync(view, bytes, known, upTo - known, known);
      if (fstatSync(view).size < bytes.length) ftruncateSync(view, bytes.length);
    } finally {
      closeSync(view);
    }
    if (upTo < bytes.length) this.zeroTails++;
    this.arrived.set(name, upTo);
  }
}
