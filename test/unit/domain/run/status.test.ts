import { describe, expect, it } from 'vitest';
import { observe } from '../../../../src/domain/run/reducer';
import { runDetail, runRow } from '../../../../src/domain/run/row';
import { collector, Journal, read, script, supervisor, T0, writerOf } from './runFixture';

const started = (journal: Journal) => journal.add(0, 'run_start');
const ended = (journal: Journal, status: string, more: object = {}) => journal.add(10, 'run_end', { status, ...more });
const stop = () => collector(0).add(5, 'command', { cmd_id: 'c', type: 'stop', payload: null, attempt: 1 });

function seen(journals: Journal[], ...how: ('alive' | 'silent' | 'gone')[]) {
  const { state } = read(...journals);
  how.forEach((one, i) => observe(writerOf(state, journals[i]!), one));
  return runRow(state, {}, 0);
}

describe('the status of a run', () => {
  it('is queued while there is only a launch, failed if the launch failed, and cancelled if it was stopped', () => {
    const launch = () => collector().add(0, 'launch', { attempt: 1 });
    expect(read(launch()).row).toMatchObject({ status: 'queued', attempt: 1, started: null });
    expect(read(launch().add(1, 'run_end', { status: 'failed', error: { message: 'no python' } })).row).toMatchObject({
      status: 'failed',
      error: 'no python',
      ended: T0 + 1000,
    });
    expect(read(launch().add(1, 'run_end', { status: 'killed' })).row.status).toBe('cancelled');
    expect(seen([launch()], 'gone').status).toBe('failed');
  });

  it('is the one the script reported if there is no supervisor', () => {
    for (const status of ['completed', 'failed', 'killed'])
      expect(read(ended(started(script()), status)).row).toMatchObject({ status, ended: T0 + 10_000, phase: null });
  });

  it('is the one the supervisor reported if there is one', () => {
    const by = (exit: object, said: string, more: Journal[] = []) =>
      read(
        ended(started(script()), said),
        ended(started(supervisor()), exit ? 'completed' : 'failed', { exit }),
        ...more,
      ).row;
    expect(by({ code: 0 }, 'completed').status).toBe('completed');
    expect(by({ code: 1 }, 'completed')).toMatchObject({ status: 'failed', error: 'The script exited with code 1.' });
    expect(by({ signal: 'SIGKILL' }, 'completed')).toMatchObject({
      status: 'failed',
      error: 'The script was ended by SIGKILL.',
    });
    expect(by({ code: 0 }, 'failed').status).toBe('failed');
    expect(by({ code: 130 }, 'killed').status).toBe('killed');
    expect(by({ signal: 'SIGTERM' }, 'failed', [stop()]).status).toBe('killed');
  });

  it('is running until all workers have ended, then the worst of their statuses', () => {
    const one = ended(started(script('worker-0')), 'completed');
    expect(read(one, started(script('worker-1'))).row).toMatchObject({ status: 'running', ended: null });
    expect(read(one, ended(started(script('worker-1')), 'killed')).row.status).toBe('killed');
    expect(read(one, ended(started(script('worker-1')), 'failed')).row.status).toBe('failed');
  });

  it('does not depend on a script’s forked children, which may end without an event', () => {
    const parent = ended(started(script()), 'completed');
    const child = new Journal('script', 'worker-0', 1, 'child', parent.writer).add(1, 'log', { msg: 'hi' });
    expect(seen([parent, child], 'alive', 'gone')).toMatchObject({ status: 'completed', ended: T0 + 10_000 });
    expect(seen([started(script()), child], 'alive', 'gone').status).toBe('running');
  });

  it('is failed, with the reason, when a process disappeared without an end event', () => {
    const alone = started(script());
    expect(seen([alone], 'gone')).toMatchObject({
      status: 'failed',
      error: 'The process of worker-0 disappeared without reporting an end.',
    });
    const journaled = collector().add(3, 'run_end', {
      status: 'failed',
      writer: alone.writer,
      error: { message: 'pid 7 is gone' },
    });
    expect(read(alone, journaled).row).toMatchObject({ status: 'failed', error: 'pid 7 is gone', ended: T0 + 3000 });
    expect(read(alone, journaled, stop()).row.status).toBe('failed');
    expect(seen([alone, stop()], 'gone').status).toBe('killed');
  });

  it('is killed when a stop was requested before the process disappeared', () => {
    const alone = started(script());
    const journaled = collector().add(6, 'run_end', {
      status: 'failed',
      writer: alone.writer,
      error: { message: 'gone' },
    });
    expect(read(alone, journaled, stop()).row).toMatchObject({ status: 'killed', error: null });
  });

  it('is running again when a writer that was believed gone continues', () => {
    const alone = started(script());
    const journaled = collector().add(3, 'run_end', { status: 'failed', writer: alone.writer });
    expect(read(alone, journaled).row.status).toBe('failed');
    alone.add(4, 'metric', { key: 'a', value: 1 });
    expect(read(alone, journaled).row.status).toBe('running');
  });

  it('is lost while all writers are silent, and running once one is heard again', () => {
    const two = [started(script('worker-0')), started(script('worker-1'))];
    expect(seen(two, 'silent', 'silent').status).toBe('lost');
    expect(seen(two, 'silent', 'alive').status).toBe('running');
    expect(seen(two, 'silent', 'gone').status).toBe('lost');
  });

  it('starts over with the next attempt, and the earlier one keeps its end', () => {
    const first = started(script()).add(7, 'metric', { key: 'a', value: 1 });
    const second = script('worker-0', 2).add(20, 'run_start');
    const { state, row } = read(first, second);
    expect(row).toMatchObject({ status: 'running', attempt: 2, started: T0 });
    expect(runDetail(state, {}, 0).attempts).toMatchObject([
      { n: 1, started: T0, ended: T0 + 7000 },
      { n: 2, started: T0 + 20_000, ended: null },
    ]);
  });

  it('ignores the stop of an earlier attempt', () => {
    const second = script('worker-0', 2).add(20, 'run_start').add(30, 'run_end', { status: 'failed' });
    expect(read(started(script()), stop(), second).row.status).toBe('failed');
  });
});

describe('workers', () => {
  it('are alive while any of their processes is, and are listed once', () => {
    const ended = script().add(0, 'run_start').add(9, 'run_end', { status: 'completed' });
    const { state } = read(ended, script().add(5, 'run_start'), script('worker-1').add(7, 'run_start'));
    expect(runDetail(state, {}, 0).worker_states).toEqual([
      { id: 'worker-0', alive: true, last_seen: T0 + 9000 },
      { id: 'worker-1', alive: true, last_seen: T0 + 7000 },
    ]);
  });
});

describe('workers that a run continues without', () => {
  const training = (worker: string, steps: number, every = 1): Journal => {
    const journal = script(worker).add(0, 'run_start');
    for (let i = 1; i <= steps; i++) journal.add(i * every, 'metric', { key: 'loss', value: 1, step: i });
    return journal;
  };

  it('are listed by name, whether they failed, disappeared or fell behind', () => {
    const failed = training('worker-1', 10).add(11, 'run_end', { status: 'failed', error: { message: 'x' } });
    const gone = training('worker-2', 10);
    const journals = [training('worker-0', 60), failed, gone, training('worker-3', 20), training('worker-4', 6, 10)];
    const { state } = read(...journals);
    expect(runDetail(state, {}, 0).row.troubles).toEqual([
      { worker: 'worker-1', kind: 'failed' },
      { worker: 'worker-2', kind: 'behind', steps: 50 },
      { worker: 'worker-3', kind: 'behind', steps: 40 },
    ]);
    state.gone = { [gone.writer]: { at: T0 + 12_000, reason: 'killed' } };
    expect(runDetail(state, {}, 0).row.troubles).toContainEqual({ worker: 'worker-2', kind: 'gone' });
  });

  it('are none if all work, if one has completed, or if there is only one worker', () => {
    const done = training('worker-1', 5).add(6, 'run_end', { status: 'completed' });
    expect(read(training('worker-0', 60), done, training('worker-2', 58)).row.troubles).toEqual([]);
    expect(read(training('worker-0', 60), script('worker-1').add(1, 'run_start')).row.troubles).toEqual([]);
    expect(read(training('worker-0', 1)).row.troubles).toEqual([]);
  });

  it('are named in the run’s error when it has failed', () => {
    const end = { status: 'failed', error: { type: 'ValueError', message: 'boom', traceback: 'Traceback' } };
    const failed = training('worker-1', 3).add(4, 'run_end', end);
    const other = training('worker-0', 3).add(6, 'run_end', { status: 'failed', error: { message: 'lost a peer' } });
    const { row } = read(other, failed);
    expect([row.error, row.troubles]).toEqual(['worker-1: ValueError: boom', []]);
  });
});

describe('progress', () => {
  it('is that of the first worker of the latest attempt', () => {
    const at = (journal: Journal, cur: number) =>
      journal.add(1, 'status', { status: 'training', progress: { cur, total: 9 } });
    const row = read(at(script('worker-10', 2), 10), at(script('worker-2', 2), 2), at(script('worker-0', 1), 7)).row;
    expect(row.progress).toEqual({ cur: 2, total: 9, unit: 'steps' });
  });

  it('comes from the supervisor’s reading of the output if the script reports none', () => {
    const read5 = supervisor().add(1, 'status', { status: 'running', progress: { cur: 5, total: 9 } });
    expect(read(started(script()), read5).row).toMatchObject({ progress: { cur: 5 }, status: 'running', phase: null });
    const own = started(script()).add(2, 'status', { status: 'training', progress: { cur: 1, total: 2 } });
    expect(read(own, read5).row).toMatchObject({ progress: { cur: 1 }, phase: 'training' });
  });
});

describe('the line of an error', () => {
  const failing = (traceback: string) =>
    read(
      script()
        .add(0, 'run_start', { source: { cwd: '/home/me/p' } })
        .add(1, 'run_end', { status: 'failed', error: { type: 'ValueError', message: 'bad\n  shape', traceback } }),
    ).row;

  it('may be in a cell of a notebook', () => {
    const at = (file: string) => failing(`Traceback (most recent call last):\n  File "${file}", line 3, in <module>`);
    expect(at('vscode-notebook-cell:/home/me/p/a.ipynb#W1').error_at?.file).toBe(
      'vscode-notebook-cell:/home/me/p/a.ipynb#W1',
    );
    expect(at('/home/me/p/a.ipynb#In[4]').error_at).toEqual({ file: '/home/me/p/a.ipynb#In[4]', line: 3 });
  });

  it('is the innermost one of the user’s own code', () => {
    const row = failing(`Traceback (most recent call last):
  File "/home/me/p/train.py", line 40, in <module>
    main()
  File "/home/me/p/model.py", line 12, in forward
    return super().forward(x)
  File "/home/me/.venv/lib/python3.11/site-packages/torch/nn/module.py", line 1501, in _call_impl
    return forward_call(*args)
  File "/usr/lib/python3.11/json/decoder.py", line 355, in raw_decode
  File "<frozen importlib._bootstrap>", line 1, in _find
  File "/x/dist/python/xtrack/autolog.py", line 3, in log
  File "/x/dist/python/xtrack/api/exits.py", line 97, in _exit
  File "/home/me/.vscode/client/xtrack/core/writer.py", line 9, in event
ValueError: bad shape
`);
    expect(row.error).toBe('ValueError: bad shape');
    expect(row.error_at).toEqual({ file: '/home/me/p/model.py', line: 12 });
  });

  it('is found in syntax errors and relative files', () => {
    expect(failing('  File "train.py", line 3\n    x = (\nSyntaxError: invalid').error_at).toEqual({
      file: '/home/me/p/train.py',
      line: 3,
    });
    expect(failing('ValueError: no frames').error_at).toBeNull();
  });
});
