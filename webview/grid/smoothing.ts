/**
 * Exponential moving average, debiased so that it starts at the first value and not at zero. Points that are not
 * finite are left out and stay gaps.
 */
export function smooth(values: readonly number[], weight: number): number[] {
  let average = 0;
  let bias = 1;
  return values.map((value) => {
    if (!Number.isFinite(value)) return NaN;
    average = weight * average + (1 - weight) * value;
    bias *= weight;
    return average / (1 - bias);
  });
}
