/** Aligns several metrics of one run at the same x, so that they can be used in one expression or plotted against each other. */

export interface JoinColumn {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

/**
 * The values of all columns at each x of the sparsest of them. A denser column contributes its value there
 * or the last one before, so a loss of every step meets an accuracy of every epoch; before its first value it has none.
 */
export function joined(columns: readonly JoinColumn[]): { x: number[]; values: number[][] } {
  const out = { x: [] as number[], values: columns.map(() => [] as number[]) };
  const sparsest = columns.reduce<JoinColumn | undefined>(
    (least, one) => (least !== undefined && least.x.length <= one.x.length ? least : one),
    undefined,
  );
  if (sparsest === undefined) return out;
  const at = columns.map(() => -1);
  for (let i = 0; i < sparsest.x.length; i++) {
    const x = sparsest.x[i]!;
    columns.forEach((column, c) => {
      while (at[c]! + 1 < column.x.length && column.x[at[c]! + 1]! <= x) at[c]!++;
    });
    if (at.some((index) => index < 0)) continue;
    out.x.push(x);
    columns.forEach((column, c) => out.values[c]!.push(column.y[at[c]!]!));
  }
  return out;
}
