/** Random faults that come back: the seed is printed, and XTRACK_FAULT_SEED repeats it. */
import { mulberry32 } from '../unit/collector/store/storeFixtures';

export interface Dice {
  /** An integer in [0, below). */
  below(limit: number): number;
  pick<T>(from: readonly T[]): T;
}

export function newDice(what: string): Dice {
  const seed = Number(process.env['XTRACK_FAULT_SEED'] ?? Date.now() % 2 ** 31);
  console.log(`${what}: XTRACK_FAULT_SEED=${seed}`);
  const random = mulberry32(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  return { below, pick: (from) => from[below(from.length)]! };
}
