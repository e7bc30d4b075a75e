// Real training curves, as events of a run.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ROOT } from '../../scripts/dependencies.mjs';

const CURVES = join(ROOT, 'test/fixtures/curves');

export function curveFiles() {
  return readdirSync(CURVES).filter((name) => name.endsWith('.csv.gz'));
}

export function readCurves(name) {
  const [, ...rows] = gunzipSync(readFileSync(join(CURVES, name)))
    .toString()
    .trim()
    .split('\n');
  return rows.map((row) => {
    const [key, step, epoch, , value] = row.split(',');
    const number = Number(value);
    return [
      'metric',
      { key, value: Number.isFinite(number) ? number : 'NaN', step: Number(step), epoch: Number(epoch) },
    ];
  });
}
