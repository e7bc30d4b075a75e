// Everything that can be tested:  npm test [-- part…] [--full]
// Faults and fuzzers run for a shorter while with the rest, and with --full as long as they are meant to.
// The last line is `N passed, N failed`; a part that crashes or hangs counts as a failure.
// What failed is told once more at the end: a log is often cut to that.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDependencies, ROOT } from './dependencies.mjs';
import { hideOptional } from './optionalSoftware.mjs';

const temp = mkdtempSync(join(tmpdir(), 'xtrack-test-'));
const SHORTER = { XTRACK_FAULT_ROUNDS: '25', XTRACK_FUZZ_CASES: '4000' };
const full = process.argv.includes('--full');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');

const vitest = (project, seconds, ...more) => ({
  command: () => [
    process.execPath,
    [
      VITEST,
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile=${resultsOf(project)}`,
      ...more,
    ],
  ],
  count: (_output, code) => countVitest(resultsOf(project), code),
  seconds,
});
const script = (name, seconds, count) => ({
  command: () => [process.execPath, [join(ROOT, name)]],
  count,
  seconds,
});
const resultsOf = (project) => join(temp, `${project}.json`);

/** In this order: what fails fast comes first. */
const PARTS = {
  build: script('esbuild.mjs', 120, (_output, code) => (code === 0 ? [1, 0] : [0, 1])),
  check: script('scripts/check.mjs', 300, (output) => [matches(output, /^ok /gm), matches(output, /^FAIL /gm)]),
  unit: vitest('unit', 900, '--maxWorkers=2'),
  python: script('scripts/pythonTests.mjs', 600, countUnittest),
  conformance: vitest('conformance', 120),
  // They mostly wait for what they do to processes and clocks, and promise to be done in five minutes.
  faults: vitest('faults', 300, '--maxWorkers=3'),
  fuzz: vitest('fuzz', 600),
  editor: script('scripts/extensionHost.mjs', 900, (output) => {
    const last = /(\d+) passed, (\d+) failed\s*$/.exec(output);
    return last ? [Number(last[1]), Number(last[2])] : [0, 1];
  }),
  ui: vitest('ui', 1800, '--no-file-parallelism'),
};

function matches(text, pattern) {
  return text.match(pattern)?.length ?? 0;
}

function countVitest(file, code) {
  const { numPassedTests: passed, numFailedTests: failed, testResults } = JSON.parse(readFileSync(file, 'utf8'));
  const tests = testResults.flatMap((result) => result.assertionResults);
  const failures = tests
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => `${fullName}\n${firstLines(failureMessages[0] ?? '')}`);
  // A file that cannot be loaded has no failed test.
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.length,
  );
  for (const { name, message } of unloaded) failures.push(`${name}\n${firstLines(message)}`);
  return [passed, code !== 0 && failed === 0 ? 1 : failed, failures];
}

function firstLines(text) {
  return text
    .split('\n')
    .slice(0, 12)
    .map((line) => `    ${line}`)
    .join('\n');
}

function countUnittest(output) {
  const all = (pattern) => [...output.matchAll(pattern)].reduce((sum, [, count]) => sum + Number(count), 0);
  const ran = all(/^Ran (\d+) tests?/gm);
  const sum = (kind) => all(new RegExp(`(?<!expected )\\b${kind}=(\\d+)`, 'g'));
  const failed = sum('failures') + sum('errors') + sum('unexpected successes');
  return [ran - failed - sum('skipped'), failed, output.match(/^(FAIL|ERROR): .*/gm)];
}

let running = null;

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Shows the part's output as it comes, and answers with what it counted. */
function runPart(name, { command, count, seconds }) {
  console.log(`\n── ${name}`);
  const started = Date.now();
  const [file, args] = command();
  const env = { ...(full ? {} : SHORTER), ...process.env };
  const child = spawn(file, args, { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  running = child;
  let output = '';
  let late = false;
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    from.on('data', (data) => {
      output += data;
      to.write(data);
    });
  }
  const timer = setTimeout(() => {
    late = true;
    killGroup(child);
  }, seconds * 1000);
  return new Promise((resolve) => {
    const end = (code, trouble) => {
      clearTimeout(timer);
      running = null;
      let [passed, failed, failures] = [0, 0, []];
      try {
        [passed, failed, failures] = count(output, code);
      } catch (error) {
        trouble ??= `no results (${error.message})`;
      }
      if (late) trouble = `took longer than ${seconds} s`;
      else if (code !== 0 && failed === 0) trouble ??= `ended with ${code}`;
      else if (passed + failed === 0) trouble ??= 'ran nothing';
      if (trouble) {
        console.log(`${name}: ${trouble}`);
        failed += 1;
      }
      resolve({ name, passed, failed, failures: failures ?? [], seconds: (Date.now() - started) / 1000 });
    };
    child.once('error', (error) => end(null, `did not start: ${error.message}`));
    child.once('close', (code, signal) => end(code ?? signal));
  });
}

async function main(names) {
  const unknown = names.filter((name) => !(name in PARTS));
  if (unknown.length > 0)
    throw new Error(`No such part: ${unknown.join(', ')}. There are ${Object.keys(PARTS).join(', ')}.`);
  const started = Date.now();
  hideOptional();
  await ensureDependencies();
  const results = [];
  for (const [name, part] of Object.entries(PARTS)) {
    // The build is quick, and every part may meet what it makes.
    if (names.length > 0 && name !== 'build' && !names.includes(name)) continue;
    results.push(await runPart(name, part));
    // Without a build the rest would test yesterday's.
    if (name === 'build' && results[0].failed > 0) break;
  }
  console.log('');
  for (const { name, passed, failed, seconds } of results) {
    console.log(
      `${failed ? 'FAIL' : 'ok  '} ${name.padEnd(12)} ${passed} passed, ${failed} failed (${seconds.toFixed(0)} s)`,
    );
  }
  for (const { name, failures } of results) for (const failure of failures) console.log(`\n${name}: ${failure}`);
  console.log(`${((Date.now() - started) / 1000).toFixed(0)} s in all`);
  return results;
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    if (running) killGroup(running);
    rmSync(temp, { recursive: true, force: true });
    process.exit(130);
  });
}

let passed = 0;
let failed = 0;
try {
  for (const part of await main(process.argv.slice(2).filter((arg) => arg !== '--full'))) {
    passed += part.passed;
    failed += part.failed;
  }
} catch (error) {
  console.log(error.message);
  failed += 1;
}
rmSync(temp, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
