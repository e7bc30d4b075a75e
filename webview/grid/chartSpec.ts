/** What a chart shows: one metric, or the lines of a custom chart. */
import { type MetricExpression, parseExpression } from '../../src/domain/metric/expression';
import type { CustomChart } from './gridState';

export interface ChartLine {
  /** As the user wrote it, or the metric's key. */
  text: string;
  expression: MetricExpression;
}

export interface ChartSpec {
  id: string;
  title: string;
  custom: boolean;
  lines: ChartLine[];
  /** Every metric that it needs. */
  keys: string[];
  /** Why not all of its lines can be drawn. */
  problem: string | null;
}

export function metricChart(key: string): ChartSpec {
  const expression = { keys: [key], evaluate: (values: readonly number[]) => values[0]! };
  return { id: key, title: key, custom: false, lines: [{ text: key, expression }], keys: [key], problem: null };
}

/** Lines over metrics that were not logged yet are left out until they are. */
export function customChart({ id, lines }: CustomChart, isMetric: (key: string) => boolean): ChartSpec {
  const parsed = lines.map((text) => ({ text, result: parseExpression(text, isMetric) }));
  const good = parsed.flatMap(({ text, result }) => (result.ok ? [{ text, expression: result.expression }] : []));
  const bad = parsed.flatMap(({ text, result }) => (result.ok ? [] : [`${text}: ${result.message}`]));
  return {
    id,
    title: lines.join(', '),
    custom: true,
    lines: good,
    keys: [...new Set(good.flatMap((line) => line.expression.keys))],
    problem: bad.length > 0 ? bad.join('\n') : null,
  };
}
