/** How much room a chart takes in its grid. The named sizes are of the same kind as dragged ones. */
export interface ChartSize {
  /** Columns of the grid, which has as many as fit its width. */
  columns: number;
  /** Height of the whole card, in pixels. */
  height: number;
}

export const CHART_SIZES = {
  small: { columns: 2, height: 162 },
  medium: { columns: 3, height: 222 },
  large: { columns: 5, height: 362 },
} as const satisfies Record<string, ChartSize>;
export type ChartSizeName = keyof typeof CHART_SIZES;

/** Smaller than this there is no room for an axis; larger than the maximum a chart does not fit a screen. */
export const LEAST_SIZE: ChartSize = { columns: 2, height: 130 };
const MOST_SIZE: ChartSize = { columns: 48, height: 1200 };

export function boundedSize({ columns, height }: ChartSize): ChartSize {
  return {
    columns: Math.min(MOST_SIZE.columns, Math.max(LEAST_SIZE.columns, Math.round(columns))),
    height: Math.min(MOST_SIZE.height, Math.max(LEAST_SIZE.height, Math.round(height))),
  };
}

export function isSameSize(one: ChartSize, other: ChartSize): boolean {
  return one.columns === other.columns && one.height === other.height;
}

export function chartSizeNames(): ChartSizeName[] {
  return Object.keys(CHART_SIZES) as ChartSizeName[];
}

export function nameOfSize(size: ChartSize): ChartSizeName | undefined {
  return chartSizeNames().find((name) => isSameSize(CHART_SIZES[name], size));
}

/** Reads a stored size. The first versions stored names only. */
export function readChartSize(stored: unknown): ChartSize | null {
  const named = chartSizeNames().find((name) => name === stored);
  if (named !== undefined) return CHART_SIZES[named];
  const { columns, height } = (typeof stored === 'object' && stored !== null ? stored : {}) as Partial<ChartSize>;
  return Number.isFinite(columns) && Number.isFinite(height)
    ? boundedSize({ columns: columns!, height: height! })
    : null;
}
