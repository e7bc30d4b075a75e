// Bytes a point takes in run.sqlite, on real training curves.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ROOT } from '../../scripts/dependencies.mjs';
import { ingested, withCollector, withDirectory, writeRun } from './collectorRun.mjs';

const CURVES = join(ROOT, 'test/fixtures/curves');

function readCurves(name) {
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

async function bytesAPoint(name) {
  const events = readCurves(name);
  const key = 'train/loss';
  const count = events.filter(([, point]) => point.key === key).length;
  return withDirectory(async (home) => {
    writeRun(join(home, '.xtrack'), 'bench', events);
    await withCollector(home, ({ call }) => ingested(call, 'bench', key, count));
    return statSync(join(home, '.xtrack/runs/bench/run.sqlite')).size / events.length;
  });
}

export async function measure({ quick }) {
  const files = readdirSync(CURVES).filter((name) => name.endsWith('.csv.gz'));
  const values = [];
  for (const name of quick ? files.slice(0, 2) : files) values.push(await bytesAPoint(name));
  return [{ name: 'store, bytes a point on real curves', values, atMost: 10 }];
}
