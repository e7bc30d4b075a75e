/** Units of the supervisor's metrics. Those of a script's metrics are unknown. */
const UNITS: readonly [RegExp, string][] = [
  [/^system\/(cpu|memory|disk|process_cpu|gpu\d+_(util|mem))$/, '%'],
  [/^system\/(disk_(read|write)|net_(recv|sent))$/, 'MiB/s'],
  [/^system\/process_rss$/, 'MiB'],
  [/^system\/gpu\d+_temp$/, '°C'],
  [/^system\/gpu\d+_power$/, 'W'],
];

/** With a space before it, or nothing. */
export function unitOf(key: string): string {
  const unit = UNITS.find(([keys]) => keys.test(key))?.[1];
  return unit === undefined ? '' : `\u00a0${unit}`;
}
