// Measures the design's performance goals, each as a ratio to a baseline from the same run:  npm run bench [-- --quick] [--ui] [name…]
import { build } from '../esbuild.mjs';

const NAMES = ['client', 'ingest', 'store', 'series', 'runs', 'backlog', 'supervisor', 'activation'];
/** Benchmarks without the editor, which takes longer to start than all of these to run. */
const QUICK_NAMES = NAMES.slice(0, -1);
/** Benchmarks in a real browser, which only run on request. */
const UI_NAMES = ['panel'];

function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, least: sorted[0], most: sorted.at(-1) };
}

function verdict({ atMost, atLeast }, median) {
  if (atMost !== undefined) return `${median <= atMost ? 'ok  ' : 'MISS'} (≤ ${atMost})`;
  if (atLeast !== undefined) return `${median >= atLeast ? 'ok  ' : 'MISS'} (≥ ${atLeast})`;
  return '';
}

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const chosen = args.filter((arg) => !arg.startsWith('--'));
await build();
if (quick)
  console.log(
    'Quick sizes: start-up and compilation are a large part of these figures. The goals apply to the full sizes.',
  );
const names = args.includes('--ui') ? UI_NAMES : quick ? QUICK_NAMES : NAMES;
for (const name of chosen.length > 0 ? chosen : names) {
  const began = performance.now();
  const { measure } = await import(`../test/bench/${name}.mjs`);
  for (const result of await measure({ quick })) {
    if (result.growth) {
      const steps = result.growth.map(([size, value]) => `${size.toLocaleString('en')}: ${value.toPrecision(3)}`);
      console.log(`${result.name.padEnd(52)} ${steps.join('   ')}`);
      continue;
    }
    const { median, least, most } = summary(result.values);
    const spread = result.values.length > 1 ? `${least.toPrecision(3)} – ${most.toPrecision(3)}` : '';
    console.log(
      `${result.name.padEnd(52)} ${median.toPrecision(3).padStart(8)}  ${spread.padEnd(16)} ${verdict(result, median)} ${result.note ?? ''}`,
    );
  }
  console.log(`   (${name} took ${((performance.now() - began) / 1000).toFixed(0)} s)`);
}
