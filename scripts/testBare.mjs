// Runs the README's two commands on a machine with nothing but Node.js, Python and git, in a fresh clone of HEAD:
//   npm run test:bare [-- --user <name>…] [-- part…]
// If no such machine can be made, it says why and runs the tests here, with optional software hidden.
// The last line is `N passed, N failed`.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { addUser, cloneInto, makeMachine, startIn, unavailableReason } from './bareMachine.mjs';
import { npmCommand, ROOT } from './dependencies.mjs';
import { FETCHED } from './fetched.mjs';

/**
 * Which user runs which parts of `npm test`; no names mean all. The runs take turns, so root only repeats the parts that may
 * differ for a user who can read and signal everything: files, processes, the extension host.
 */
const PLAN = [
  { user: 'tester', parts: [] },
  { user: 'root', parts: ['integration', 'python', 'faults', 'editor'] },
];
const START_S = 900;
const TEST_S = 2400;
/** The limit for all steps together, so that the sum is printed before the caller's own time limit. */
const TOTAL_S = 5000;
const LAST_LINES = 80;

let running = null;

/** Reads a step's counts from its last `N passed, N failed`. */
function countOf(output) {
  const found = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  return found ? { passed: Number(found[1]), failed: Number(found[2]) } : null;
}

/** Prints the output as it arrives. A step without counts is one test. */
function finish(title, child, seconds) {
  running = child;
  const started = Date.now();
  let output = '';
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    from.on('data', (data) => {
      output += data;
      to.write(data);
    });
  }
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, seconds * 1000);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const count = countOf(output) ?? { passed: code === 0 ? 1 : 0, failed: 0 };
      if (code !== 0 && count.failed === 0) count.failed = 1;
      const end = isLate
        ? `took longer than ${seconds.toFixed(0)} s`
        : code === 0
          ? ''
          : `ended with ${code ?? signal}`;
      const tail = output.trimEnd().split('\n').slice(-LAST_LINES).join('\n');
      resolve({ title, ...count, end, tail, seconds: (Date.now() - started) / 1000 });
    });
  });
}

const secondsLeft = (most) => Math.max(1, Math.min(most, TOTAL_S - performance.now() / 1000));

async function runAs(machine, name, parts) {
  const user = addUser(machine, name);
  const clone = cloneInto(machine, user, ROOT);
  const steps = [
    ['npm start -- --check', START_S],
    [['npm test', ...(parts.length > 0 ? ['--', ...parts] : [])].join(' '), TEST_S],
  ];
  const results = [];
  for (const [command, seconds] of steps) {
    const title = `${name}: ${command}`;
    console.log(`\n══ ${title}`);
    results.push(await finish(title, startIn(machine, user, clone, command), secondsLeft(seconds)));
    keepPicture(join(machine.folder, clone), name);
  }
  return results;
}

/** Copies the screenshot of `npm start -- --check` for inspection. */
function keepPicture(clone, name) {
  const picture = join(clone, '.vscode-test/start.png');
  mkdirSync(FETCHED, { recursive: true });
  if (existsSync(picture)) cpSync(picture, join(FETCHED, `bare-${name}.png`));
}

async function runInMachine(machine, users, parts) {
  const changes = spawnSync('git', ['status', '--porcelain'], { cwd: ROOT, encoding: 'utf8' }).stdout?.trim();
  if (changes) console.log(`Not in the clone, because not committed:\n${changes}`);
  const plan = PLAN.filter(({ user }) => users.length === 0 || users.includes(user));
  const results = [];
  for (const { user, parts: own } of plan)
    results.push(...(await runAs(machine, user, parts.length > 0 ? parts : own)));
  return results;
}

function runHere(parts) {
  const [command, ...first] = npmCommand();
  const args = [...first, 'test', ...(parts.length > 0 ? ['--', ...parts] : [])];
  const env = { ...process.env, XTRACK_TEST_HIDE_OPTIONAL: '1' };
  const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  return finish('npm test, on this machine', child, TEST_S);
}

function parse(args) {
  const users = [];
  const parts = [];
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--user') users.push(args[++i]);
    else if (args[i] !== '--') parts.push(args[i]);
  }
  const unknown = users.find((name) => !PLAN.some(({ user }) => user === name));
  if (unknown !== undefined)
    throw new Error(`Unknown user: ${unknown}. The users are ${PLAN.map(({ user }) => user).join(', ')}.`);
  return { users, parts };
}

function prepare() {
  const reason = unavailableReason();
  if (reason !== null) return { reason };
  try {
    return { machine: makeMachine() };
  } catch (error) {
    return { reason: error.message };
  }
}

async function main() {
  const { users, parts } = parse(process.argv.slice(2));
  const { machine, reason } = prepare();
  if (!machine) {
    console.log(`No bare machine: ${reason}.\nRunning on this machine as it is, with optional software hidden.`);
    return [await runHere(parts)];
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      running?.kill('SIGKILL');
      machine.dispose();
      process.exit(130);
    });
  }
  try {
    return await runInMachine(machine, users, parts);
  } finally {
    machine.dispose();
  }
}

let results = [];
try {
  results = await main();
} catch (error) {
  results = [{ title: 'test:bare', passed: 0, failed: 1, end: error.message, tail: '', seconds: 0 }];
}
for (const { title, failed, tail } of results) if (failed > 0) console.log(`\n── the end of ${title}\n${tail}`);
console.log('');
for (const { title, passed, failed, end, seconds } of results)
  console.log(
    `${failed ? 'FAIL' : 'ok  '} ${title}: ${passed} passed, ${failed} failed (${seconds.toFixed(0)} s)${end && ` ${end}`}`,
  );
const sum = (name) => results.reduce((total, each) => total + each[name], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') > 0 ? 1 : 0;
