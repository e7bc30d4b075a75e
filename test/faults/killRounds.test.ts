/**
 * SIGKILL of scripts, supervisors and the collector at random moments, under load. Afterwards everything that a logging
 * call returned from is there, once and in order, whatever was killed while it was on its way.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  buildCollector,
  cleanUp,
  newPlace,
  RunningCollector,
  temporaryFolder,
  until,
  type Place,
} from '../integration/collector/harness';
import { newDice, type Dice } from './seeded';
import { brokenPromises, farFrom, type Kind, Trainee } from './trainees';

const ROUNDS = Number(process.env['XTRACK_FAULT_ROUNDS'] ?? 100);
const ROUNDS_A_RUN = 10;
/** Two minutes on a machine that does nothing else; one that has other work to do may take as long as it needs. */
const TIMEOUT_MS = 1_800_000;
/** Eight workers; the second and the third believe that they are the same. */
const WORKERS: readonly { worker: string; kind: Kind }[] = [
  { worker: 'worker-0', kind: 'supervised' },
  { worker: 'worker-1', kind: 'supervised' },
  { worker: 'worker-1', kind: 'plain' },
  { worker: 'worker-3', kind: 'supervised' },
  { worker: 'worker-4', kind: 'plain' },
  { worker: 'worker-5', kind: 'plain' },
  { worker: 'worker-6', kind: 'streaming' },
  { worker: 'worker-7', kind: 'streaming' },
];
const ENDED = new Set(['completed', 'failed', 'killed']);

let bundle: string;
beforeAll(async () => {
  bundle = await buildCollector();
});
afterAll(cleanUp);

/** One run with eight workers: the ones that log now, and all that ever did. */
class Job {
  readonly everyone: Trainee[] = [];
  private readonly slots: Trainee[] = [];
  private readonly folder = temporaryFolder();

  constructor(
    private readonly place: Place,
    readonly id: string,
    private readonly stream: NodeJS.ProcessEnv,
  ) {}

  async begin(): Promise<void> {
    for (const slot of WORKERS.keys()) this.start(slot);
    await Promise.all(this.slots.map((each) => each.started()));
  }

  /** A script, or the supervisor that watches one; what streams lives (unsent.test.ts kills those). */
  kill(dice: Dice): void {
    const slot = dice.below(6);
    const victim = this.slots[slot]!;
    if (victim.kind === 'supervised' && dice.below(2) === 0) victim.killSupervisor();
    else victim.killScript();
  }

  /** Who died is started again. */
  replaceDead(): void {
    for (const [slot, trainee] of this.slots.entries()) if (trainee.isOver) this.start(slot);
  }

  async finish(dice: Dice, collector: RunningCollector): Promise<void> {
    await Promise.all(
      this.slots.map(async (each) => {
        // What a slow machine cannot send while the script ends would stay where it is.
        if (each.kind === 'streaming') await each.pause(collector, this.id);
        return each.kind === 'streaming' || dice.below(2) === 0 ? each.stop() : each.killAll();
      }),
    );
    // Those whose supervisor was killed went on without it, and some may only be starting.
    for (const each of this.everyone.filter(({ kind }) => kind !== 'streaming')) {
      each.askToStop();
      each.killScript();
    }
  }

  private start(slot: number): void {
    const { worker, kind } = WORKERS[slot]!;
    const key = `s${slot}i${this.everyone.length}`;
    const streams = kind === 'streaming';
    const folder = join(this.folder, streams ? `elsewhere-${slot}` : 'here');
    const more = streams ? { ...this.stream, XTRACK_DIR: join(folder, '.xtrack') } : {};
    const trainee = Trainee.start(this.place, folder, { id: this.id, worker, key, kind }, more);
    this.slots[slot] = trainee;
    this.everyone.push(trainee);
  }
}

it(`${ROUNDS} kills at random moments neither lose nor duplicate events`, { timeout: TIMEOUT_MS }, async () => {
  const dice = newDice('kill rounds');
  const place = newPlace();
  const port = await freePort();
  const startCollector = () => RunningCollector.start(bundle, place, ['--port', String(port), '--seal-after', '0.3']);
  let collector = await startCollector();
  const stream = farFrom({ port, token: collector.token });
  const jobs: Job[] = [];
  let collectorKills = 0;
  for (let round = 0; round < ROUNDS; round++) {
    if (round % ROUNDS_A_RUN === 0) {
      const job = new Job(place, `run-${jobs.length}`, stream);
      // The last one ends while this one begins.
      await Promise.all([job.begin(), jobs.at(-1)?.finish(dice, collector)]);
      jobs.push(job);
    }
    await sleep(dice.below(150));
    if (dice.below(3) === 0) {
      collectorKills++;
      await collector.signal('SIGKILL');
      await sleep(dice.below(100));
      collector = await startCollector();
    } else jobs.at(-1)!.kill(dice);
    jobs.at(-1)!.replaceDead();
  }
  await jobs.at(-1)!.finish(dice, collector);
  await allEnded(collector, jobs);
  console.log(`${jobs.flatMap(({ everyone }) => everyone).length} scripts, ${collectorKills} kills of the collector`);
  await expectKept(collector, jobs);
  // And so it is on disk, also where databases are deleted that can be made again.
  await collector.signal('SIGKILL');
  for (const { id } of jobs) deleteUnsealed(join(place.dir, 'runs', id));
  rmSync(join(place.dir, 'catalog.sqlite'), { force: true });
  collector = await startCollector();
  await allEnded(collector, jobs);
  await expectKept(collector, jobs);
  // Sealed, with nothing but the database left, it is still so.
  const left = () => jobs.flatMap(({ id }) => journalsIn(join(place.dir, 'runs', id)));
  await until(
    () => left().length === 0,
    60_000,
    () => left().length,
  ).catch(() => expect.unreachable(notSealed(place, jobs, collector)));
  await collector.signal('SIGKILL');
  collector = await startCollector();
  await expectKept(collector, jobs);
  expect(await collector.signal('SIGTERM')).toBe(0);
  expect(verify(place)).toBe('');
});

async function allEnded(collector: RunningCollector, jobs: Job[]): Promise<void> {
  let seen = '';
  const areEnded = async () => {
    const { rows, backlog_bytes } = await collector.call('runs.list', { fields: ['status'] });
    seen = JSON.stringify({ rows, backlog_bytes });
    return backlog_bytes === 0 && rows.length === jobs.length && rows.every(({ status }) => ENDED.has(status));
  };
  await until(areEnded, 60_000, () => seen).catch(() =>
    expect.unreachable(`not all ended: ${seen} ${collector.stderr}`),
  );
}

function notSealed(place: Place, jobs: Job[], { stderr }: RunningCollector): string {
  const left = jobs.map(({ id }) => join(place.dir, 'runs', id)).filter(hasJournals);
  return `not sealed: ${left.map((dir) => `${dir}: ${readdirSync(dir).join(' ')}`).join('; ')} ${stderr}`;
}

function hasJournals(runDir: string): boolean {
  return journalsIn(runDir).length > 0;
}

function journalsIn(runDir: string): string[] {
  return readdirSync(runDir).filter((name) => name.startsWith('events-worker-'));
}

/** What is wrong with the directory; empty when nothing is. */
function verify({ dir }: Place): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, 'verify', '--dir', dir]);
  return status === 0 ? '' : `${status}: ${stdout.toString()}${stderr.toString()}`;
}

/** A run that is being sealed has what its journals had in its database alone. */
function deleteUnsealed(runDir: string): void {
  if (!existsSync(join(runDir, 'seal.json')) && hasJournals(runDir))
    rmSync(join(runDir, 'run.sqlite'), { force: true });
}

async function expectKept(collector: RunningCollector, jobs: Job[]): Promise<void> {
  for (const { id, everyone } of jobs) {
    const promises = everyone.map(({ promised }) => promised);
    expect({ id, wrong: await brokenPromises(collector, id, promises) }).toEqual({ id, wrong: [] });
  }
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
