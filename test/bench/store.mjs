// Bytes a point takes in a sealed run of real training curves: its database, and all of its directory.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ingested, journalName, withCollector, withDirectory, writeRun } from './collectorRun.mjs';
import { curveFiles, readCurves } from './curves.mjs';

const SEALED_WITHIN_MS = 60_000;

async function bytesAPoint(names) {
  const events = names.flatMap((name, i) =>
    readCurves(name).map(([t, point]) => [t, i === 0 ? point : { ...point, key: `${point.key}-${i}` }]),
  );
  const key = 'train/loss';
  const count = events.filter(([, point]) => point.key === key).length;
  return withDirectory(async (home) => {
    const folder = join(home, '.xtrack/runs/bench');
    writeRun(join(home, '.xtrack'), 'bench', events);
    const journals = bytesIn(folder);
    const zipped = gzipSync(readFileSync(join(folder, journalName()))).length;
    await withCollector(
      home,
      async ({ call }) => {
        await ingested(call, 'bench', key, count);
        await sealed(folder);
      },
      ['--seal-after', '0'],
    );
    const of = (bytes) => bytes / events.length;
    return {
      points: events.length,
      journals: of(journals),
      zipped: of(zipped),
      database: of(statSync(join(folder, 'run.sqlite')).size),
      all: of(bytesIn(folder)),
    };
  });
}

async function sealed(folder) {
  const isSealed = () => existsSync(join(folder, 'seal.json')) && !readdirSync(folder).some((n) => n.endsWith('.xtj'));
  for (const deadline = Date.now() + SEALED_WITHIN_MS; Date.now() < deadline;) {
    if (isSealed()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${folder} was not sealed.`);
}

function bytesIn(folder) {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

export async function measure({ quick }) {
  const files = curveFiles().slice(0, quick ? 2 : Infinity);
  const each = [];
  for (const name of files) each.push(await bytesAPoint([name]));
  const together = await bytesAPoint(files);
  const note = `journals: ${each[0].journals.toFixed(0)} bytes`;
  const bySize = each.toSorted((a, b) => a.points - b.points);
  return [
    { name: 'sealed run of one real training, bytes a point', values: each.map((one) => one.database), atMost: 10 },
    { name: 'the same, all of its directory', values: each.map((one) => one.all), atMost: 10, note },
    { name: 'the same, × its journals packed with gzip', values: each.map((one) => one.database / one.zipped) },
    { name: 'bytes a point, by points', growth: bySize.map(({ points, database }) => [points, database]) },
    { name: 'all of these in one run, bytes a point', values: [together.database], atMost: 10 },
    { name: 'the same, × its journals packed with gzip', values: [together.database / together.zipped] },
  ];
}
