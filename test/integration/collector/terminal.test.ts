/** The console of a run as its terminal shows it, and what is typed there: with a real collector and real scripts. */
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type OutputFollower, OutputTerminals } from '../../../src/editor/output/outputTerminals';
import { buildCollector, cleanUp, until } from './harness';
import { Launches } from './launches';
import { log, windowOn } from './window';

vi.mock('vscode', () => import('./window'));

const ECHO = `
import os, sys, time
print("attempt", os.environ["XTRACK_ATTEMPT"], sys.stdin.isatty(), flush=True)
name = input("name? ")
print("hello", name, "\\x1b[32mgreen\\x1b[0m")
for percent in (0, 50, 100): print("\\r%3d %%" % percent, end="", flush=True)
print()
sys.exit(len(name))
`;

let bundle: string;
let launches: Launches;
let shown: string;
let codes: number[];

beforeAll(async () => {
  bundle = await buildCollector();
});
beforeEach(async () => {
  launches = await Launches.begin(bundle);
});
afterAll(cleanUp);

function show(run_id: string): OutputFollower {
  const follower = new OutputTerminals(windowOn(launches), log).follow(run_id);
  [shown, codes] = ['', []];
  follower.onWrite((text) => (shown += text));
  follower.onEnd((code) => codes.push(code));
  return follower;
}

const shows = (text: string): Promise<true> =>
  until(() => shown.includes(text)).catch((error: Error) => {
    throw new Error(`${error.message}: ${text} is not in ${shown}`);
  });

it('a script with a terminal receives what is typed, and the next attempt continues below', async () => {
  const run_id = await launches.launch(ECHO, { tty: true });
  const terminal = show(run_id);
  await shows('attempt 1 True');
  await shows('name? ');
  terminal.type('Ada');
  terminal.type('\x7fa\r');
  await until(() => codes.length === 1);
  // The terminal's echo, its line editing, and colours as they are; of the bar what it ended with.
  expect(shown).toContain('name? Ada\b \ba\r\nhello Ada \x1b[32mgreen\x1b[0m\r\n');
  expect(shown).toContain('100 %\r\n');
  expect(shown).toContain('── failed (exit code 3) ──');
  expect(codes).toEqual([3]);
  terminal.type('too late\r');

  const before = shown;
  await launches.collector.call('runs.resume', { run_id, checkpoint: 'none' });
  await shows('attempt 2 True');
  terminal.type('\r');
  await until(() => codes.length === 2);
  expect(shown.slice(before.length)).toMatch(/^\x1b\[2m── Attempt 2 ──\x1b\[0m\r\nattempt 2 True\r\nname\? \r\nhello/);
  expect(shown).toContain('── completed ──');
  expect(codes).toEqual([3, 0]);
  terminal.dispose();
});

it('typing to a script without a terminal is rejected once, with the reason', async () => {
  const run_id = await launches.launch(
    'import os, time\nprint("up", flush=True)\nwhile not os.path.exists("finish"): time.sleep(0.05)\n',
  );
  const terminal = show(run_id);
  await shows('up');
  for (const key of 'abc') {
    terminal.type(key);
    await new Promise((done) => setTimeout(done, 100));
  }
  await shows('reads no input: it was launched without a terminal ("tty")');
  expect(shown.split('reads no input')).toHaveLength(2);
  launches.write('finish', '');
  await shows('── completed ──');
  terminal.dispose();
});

it('a script with a terminal still prints, reads and exits after its supervisor is killed', async () => {
  const run_id = await launches.launch(
    'import os\nprint("supervised by", os.getppid(), flush=True)\nname = input("name? ")\nprint("x" * 100_000)\nopen("said", "w").write(name)\n',
    { tty: true },
  );
  const terminal = show(run_id);
  await shows('name? ');
  process.kill(Number(/supervised by (\d+)/.exec(shown)![1]), 'SIGKILL');
  await new Promise((done) => setTimeout(done, 300));
  terminal.type('Ada\r');
  await until(() => codes.length === 1);
  expect(launches.read('said')).toBe('Ada');
  expect(shown).toContain('x'.repeat(100_000));
});
