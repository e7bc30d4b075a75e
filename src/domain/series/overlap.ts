/**
 * Attempts of one worker and key may overlap: a run resumed from a checkpoint repeats the steps after it. On each axis a
 * later attempt wins from its first x on, so an attempt is visible below the smallest first x of all later ones.
 */

/** For attempts in ascending order: the x below which each is visible. */
export function attemptCuts(firstX: readonly number[]): number[] {
  const cuts = new Array<number>(firstX.length);
  let cut = Infinity;
  for (let i = firstX.length - 1; i >= 0; i--) {
    cuts[i] = cut;
    cut = Math.min(cut, firstX[i]!);
  }
  return cuts;
}
