// Runs all tests:  npm test [-- part…] [--full]
// Fault tests and fuzzers run for a shorter time by default, and for their full time with --full.
// Two parts run at a time, because most of them wait for processes half of the time; each line has its part's name.
// The last line is `N passed, N failed`; a part that crashes or hangs counts as a failure.
// Failures are listed again at the end, because a log is often cut to its end.
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

/**
 * Parts start in this order: first those that fail fast, then the longest, so that it does not run alone at the end. The
 * seconds are limits for parts that hang, far beyond the time on a busy machine.
 */
const PARTS = {
  build: script('esbuild.mjs', 240, (_output, code) => (code === 0 ? [1, 0] : [0, 1])),
  check: script('scripts/check.mjs', 600, (output) => [matches(output, /^ok /gm), matches(output, /^FAIL /gm)]),
  unit: vitest('unit', 600, '--maxWorkers=2'),
  ui: vitest('ui', 2400, '--maxWorkers=2'),
  integration: vitest('integration', 1800, '--maxWorkers=2'),
  python: script('scripts/pythonTests.mjs', 1200, countUnittest),
  faults: vitest('faults', 1200, '--maxWorkers=3'),
  editor: script('scripts/extensionHost.mjs', 1800, (output) => {
    const last = /(\d+) passed, (\d+) failed\s*$/.exec(output);
    return last ? [Number(last[1]), Number(last[2])] : [0, 1];
  }),
  conformance: vitest('conformance', 240),
  fuzz: vitest('fuzz', 900),
};
const AT_ONCE = 2;

function matches(text, pattern) {
  return text.match(pattern)?.length ?? 0;
}

function countVitest(file, code) {
  const { numPassedTests: passed, numFailedTests: failed, testResults } = JSON.parse(readFileSync(file, 'utf8'));
  const tests = testResults.flatMap((result) => result.assertionResults);
  const failures = tests
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => `${fullName}\n${firstLines(failureMessages[0] ?? '')}`);
  // A file that cannot be loaded is a failure without a failed test.
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

const running = new Set();

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Writes whole lines, each prefixed with the name of its part. */
function labelled(name, stream) {
  const label = `${name.padEnd(11)} │ `;
  let rest = '';
  const write = (lines) => stream.write(lines.map((line) => `${label}${line}\n`).join(''));
  return {
    add(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      if (lines.length > 0) write(lines);
    },
    end() {
      if (rest) write([rest]);
    },
  };
}

/** Prints the part's output line by line and returns its counts. */
function runPart(name, { command, count, seconds }) {
  console.log(`── ${name} starts`);
  const started = Date.now();
  const [file, args] = command();
  const env = { ...(full ? {} : SHORTER), ...process.env };
  const child = spawn(file, args, { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let output = '';
  let late = false;
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    const lines = labelled(name, to);
    from.setEncoding('utf8');
    from.on('data', (text) => {
      output += text;
      lines.add(text);
    });
    from.on('end', lines.end);
  }
  const timer = setTimeout(() => {
    late = true;
    killGroup(child);
  }, seconds * 1000);
  return new Promise((resolve) => {
    const end = (code, trouble) => {
      clearTimeout(timer);
      running.delete(child);
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
        console.log(`── ${name}: ${trouble}`);
        failed += 1;
      }
      const took = (Date.now() - started) / 1000;
      console.log(`── ${name} ends after ${took.toFixed(0)} s: ${passed} passed, ${failed} failed`);
      resolve({ name, passed, failed, failures: failures ?? [], seconds: took });
    };
    child.once('error', (error) => end(null, `did not start: ${error.message}`));
    child.once('close', (code, signal) => end(code ?? signal));
  });
}

async function main(names) {
  const unknown = names.filter((name) => !(name in PARTS));
  if (unknown.length > 0)
    throw new Error(`Unknown part: ${unknown.join(', ')}. The parts are ${Object.keys(PARTS).join(', ')}.`);
  const started = Date.now();
  hideOptional();
  await ensureDependencies();
  // Any part may use the build's output, so without a build the rest would test an old one.
  const results = [await runPart('build', PARTS.build)];
  const order = Object.keys(PARTS);
  if (results[0].failed === 0) {
    const left = order.filter((name) => name !== 'build' && (names.length === 0 || names.includes(name)));
    const next = async () => {
      for (let name = left.shift(); name; name = left.shift()) results.push(await runPart(name, PARTS[name]));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    results.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
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
    for (const child of running) killGroup(child);
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
