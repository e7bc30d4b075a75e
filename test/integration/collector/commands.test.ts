/** Commands to a real script, and what it answers to each: by its socket, and by the run's directory alone. */
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { awaitAnswer } from '../../../src/editor/runs/commandAnswer';
import type { CommandType, Json } from '../../../src/protocol/events';
import type { CommandState } from '../../../src/protocol/rows';
import { buildCollector, cleanUp, RunningCollector } from './harness';
import { Launches } from './launches';

const TRAINEE = `
import os, threading, time, xtrack
run = xtrack.start_run("steered")
going = threading.Event(); going.set()
state = {"lr": 0.1, "dropout": 0.5}

@run.on_command("pause")
def pause(payload): going.clear(); run.set_status("paused")
@run.on_command("resume")
def resume(payload): going.set(); run.set_status("training")
@run.on_command("checkpoint_now")
def save(payload):
    open("now.ckpt", "w").write(str(step)); run.log_checkpoint("now.ckpt", step)
@run.on_command("adjust_lr")
def adjust(payload): state["lr"] = payload["lr"]
@run.on_command("custom")
def custom(payload):
    if payload.get("name") == "slow":
        while not os.path.exists("go on"): time.sleep(0.02)
    elif payload.get("name") == "break": raise ValueError("cannot " + payload["what"])
    else: run.log_param("said", payload)
HANDLERS
step = 0
while not os.path.exists("finish"):
    if going.wait(0.05):
        step += 1
        run.log_metrics({"loss": 1 / step, "lr": state["lr"], "dropout": state["dropout"]}, step=step)
    time.sleep(0.02)
run.end()
`;
const UPDATES = '@run.on_command("update_params")\ndef update(payload): state.update(payload)';

let bundle: string;
let launches: Launches;
let run_id: string;

beforeAll(async () => {
  bundle = await buildCollector();
});
beforeEach(async () => {
  launches = await Launches.begin(bundle);
});
afterAll(cleanUp);

const ask = async (type: CommandType, payload: Json = {}): Promise<string> =>
  (await launches.collector.call('runs.command', { run_id, type, payload })).cmd_id;

/** Waits until the script has said so of the command; answers why it says so. */
async function answered(cmd_id: string, status: string): Promise<string | undefined> {
  const ackOf = ({ commands }: { commands: CommandState[] }) =>
    commands.find((one) => one.cmd_id === cmd_id)?.acks.find(({ worker }) => worker === 'worker-0');
  return ackOf(await launches.until(run_id, (run) => ackOf(run)?.status === status))?.error;
}

const send = async (type: CommandType, payload: Json = {}, status = 'done'): Promise<string | undefined> =>
  answered(await ask(type, payload), status);
const trains = (): Promise<unknown> => launches.until(run_id, ({ metrics }) => (metrics['loss']?.count ?? 0) > 3);

const last = async (key: string): Promise<unknown> => (await launches.get(run_id)).metrics[key]?.last;

async function finish(): Promise<void> {
  launches.write('finish', '');
  expect((await launches.exits(run_id)).status).toBe('completed');
}

// Where the discovery file is somewhere else, the script has only the run's directory to look at.
for (const way of ['by its socket', 'without a socket']) {
  it(`each command reaches the script ${way}, takes effect, and is answered`, async () => {
    const elsewhere = launches.path('elsewhere');
    mkdirSync(elsewhere);
    const env: Record<string, string> = way === 'by its socket' ? {} : { XDG_RUNTIME_DIR: elsewhere };
    run_id = await launches.launch(TRAINEE.replace('HANDLERS', UPDATES), { env });
    await trains();

    await send('pause');
    const paused = await launches.until(run_id, ({ phase }) => phase === 'paused');
    expect(paused.status).toBe('running');
    const before = await last('loss');
    await new Promise((done) => setTimeout(done, 300));
    expect(await last('loss')).toBe(before);
    await send('resume');
    await launches.until(run_id, (run) => run.phase === 'training' && run.metrics['loss']!.last !== before);

    await send('checkpoint_now');
    const [checkpoint] = (await launches.until(run_id, ({ checkpoints }) => checkpoints.length === 1)).checkpoints;
    expect([checkpoint?.file, String(checkpoint?.step)]).toEqual([
      launches.path('now.ckpt'),
      launches.read('now.ckpt'),
    ]);

    await send('adjust_lr', { lr: 0.01 });
    await send('update_params', { dropout: 0.25 });
    await launches.until(run_id, ({ metrics }) => metrics['lr']?.last === 0.01 && metrics['dropout']?.last === 0.25);

    await send('custom', { name: 'show', count: 4 });
    expect((await launches.get(run_id)).params['said']).toEqual({ name: 'show', count: 4 });
    await finish();
  });
}

it('a slow handler is reported as received, one that raises as failed with the reason, and training continues', async () => {
  run_id = await launches.launch(TRAINEE.replace('HANDLERS', ''));
  await trains();
  const slow = await ask('custom', { name: 'slow' });
  await answered(slow, 'received');
  const before = (await launches.get(run_id)).metrics['loss']!.count;
  await launches.until(run_id, ({ metrics }) => metrics['loss']!.count > before + 3);
  launches.write('go on', '');
  await answered(slow, 'done');
  expect(await send('custom', { name: 'break', what: 'do that' }, 'failed')).toContain('ValueError: cannot do that');
  expect(await send('update_params', {}, 'unsupported')).toBe("the script has no handler for 'update_params'");
  await finish();
});

it('a command to a script without the client is reported as unanswered', async () => {
  run_id = await launches.launch('import os, time\nwhile not os.path.exists("finish"): time.sleep(0.05)\n');
  await launches.becomes(run_id, 'running');
  const client = { call: launches.collector.call.bind(launches.collector) };
  await expect(awaitAnswer(client, run_id, await ask('pause'))).rejects.toThrow('has not called xtrack.start_run()');
  await finish();
});

it('commands sent before the script connects are executed once it does, also after a restart of the collector', async () => {
  run_id = await launches.launch(`import time\ntime.sleep(1)\n${TRAINEE.replace('HANDLERS', UPDATES)}`);
  await send('adjust_lr', { lr: 0.5 });
  await launches.collector.signal('SIGKILL');
  launches = new Launches(await RunningCollector.start(bundle, launches.collector.place));
  await send('update_params', { dropout: 0.25 });
  await launches.until(run_id, ({ metrics }) => metrics['lr']?.last === 0.5 && metrics['dropout']?.last === 0.25);
  await finish();
});
