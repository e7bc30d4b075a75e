import { describe, expect, it } from 'vitest';
import { applyEvent } from '../../../../src/domain/run/reducer';
import { runDetail, runRow } from '../../../../src/domain/run/row';
import { Collecting, collector, Journal, read, script, supervisor, T0, user, writerOf } from './runFixture';

const codes = (state: { warnings: { code: string; count: number }[] }) =>
  Object.fromEntries(state.warnings.map(({ code, count }) => [code, count]));

describe('what a script logs', () => {
  it('reaches the row', () => {
    const journal = script()
      .add(0, 'run_start', {
        run_id: { id: 'run-1', exp_id: 'imagenet', parent_id: 'sweep-1' },
        name: 'resnet',
        tags: { team: 'nlp' },
      })
      .add(1, 'param', { key: 'lr', value: 0.1 })
      .add(1, 'param', { key: 'optimizer', value: 'adam', nested_key: ['inner', 'name'] })
      .add(2, 'status', { status: 'training', progress: { cur: 3, total: 10, unit: 'epochs' } })
      .add(3, 'checkpoint', { path: 'a.pt', step: 5, metrics: { acc: 'NaN' }, is_best: true })
      .add(4, 'artifact', { path: 'out/model.onnx', type: 'model', size: 12, checksum: 'ff' });
    const { row, state } = read(journal);
    expect(row).toMatchObject({
      name: 'resnet',
      experiment: 'imagenet',
      parent: 'sweep-1',
      status: 'running',
      phase: 'training',
      created: T0,
      started: T0,
      ended: null,
      attempt: 1,
      workers: ['worker-0'],
      progress: { cur: 3, total: 10, unit: 'epochs' },
      params: { lr: 0.1, 'optimizer.inner.name': 'adam' },
      tags: { team: 'nlp' },
      checkpoints: 1,
      artifacts: 1,
    });
    expect(runDetail(state, {}, 0)).toMatchObject({
      checkpoints: [{ path: 'a.pt', step: 5, metrics: { acc: 'NaN' }, is_best: true, attempt: 1, at: T0 + 3000 }],
      artifacts: [{ path: 'out/model.onnx', type: 'model', name: 'model.onnx', size: 12, sha256: 'ff' }],
      warnings: [],
    });
  });

  it('is understood under upstream’s alternative names', () => {
    const { state, sink } = read(
      script()
        .add(0, 'status', { status: 'training', message: 'm', progress: { current: 2, total: 4, unit: 'steps' } })
        .add(0, 'checkpoint', { path: 'a', step: 1, metrics_snapshot: { acc: 0.5 }, best_metric_key: 'acc' })
        .add(0, 'artifact', { path: 'b', size_bytes: 7 })
        .add(0, 'log', { level: 'WARNING', message: 'careful' }),
    );
    const detail = runDetail(state, {}, 0);
    expect(detail.row.progress).toEqual({ cur: 2, total: 4, unit: 'steps' });
    expect(detail.checkpoints[0]!.metrics).toEqual({ acc: 0.5 });
    expect(detail.artifacts[0]!.size).toBe(7);
    expect(sink.lines).toEqual([{ worker: 'worker-0', level: 'warning', message: 'careful' }]);
    expect(detail.warnings).toEqual([]);
  });

  it('passes points to the store, including NaN and infinities sent as words', () => {
    const { sink, state } = read(
      script()
        .add(1, 'metric', { key: 'loss', value: 0.5, step: 3 })
        .add(2, 'metric_batch', { metrics: { a: 'NaN', b: '-Infinity', c: 2 }, step: 4, epoch: 1 }),
    );
    expect(sink.points.map(({ key, value, step, epoch, ts }) => [key, value, step, epoch, ts - T0 * 1000])).toEqual([
      ['loss', 0.5, 3, null, 1e6],
      ['a', NaN, 4, 1, 2e6],
      ['b', -Infinity, 4, 1, 2e6],
      ['c', 2, 4, 1, 2e6],
    ]);
    expect(state.warnings).toEqual([]);
  });

  it('keeps training and validation values of one key apart', () => {
    const { sink } = read(
      script()
        .add(0, 'metric', { key: 'loss', value: 1, ctx: { phase: 'train' } })
        .add(0, 'metric', { key: 'loss', value: 2, ctx: { phase: 'val' } })
        .add(0, 'metric', { key: 'val_loss', value: 3, ctx: { phase: 'val' } }),
    );
    expect(sink.points.map(({ key }) => key)).toEqual(['loss', 'val/loss', 'val_loss']);
  });

  it('ignores and counts repeated events, and continues after a gap', () => {
    const journal = script();
    const state = read(journal).state;
    const writer = writerOf(state, journal);
    const sink = new Collecting();
    const send = (seq: number) =>
      applyEvent(state, writer, { t: 'metric', m: { seq, ts: 1 }, p: { run_id: 'run-1', key: 'a', value: seq } }, sink);
    expect([1, 2, 2, 1, 5, 6].map(send)).toEqual([true, true, false, false, true, true]);
    expect(sink.points.map(({ value }) => value)).toEqual([1, 2, 5, 6]);
    expect(writer.duplicates).toBe(2);
    expect(state.warnings).toMatchObject([
      { code: 'gap', message: '2 events of worker-0 before event 5 had not arrived when it did.' },
    ]);
  });

  it('accepts late events once', () => {
    const journal = script();
    const state = read(journal).state;
    const writer = writerOf(state, journal);
    const sink = new Collecting();
    const send = (seq: number) =>
      applyEvent(state, writer, { t: 'metric', m: { seq, ts: 1 }, p: { run_id: 'run-1', key: 'a', value: seq } }, sink);
    expect([1, 6, 4, 4, 3, 7, 2, 5, 2, 6].map(send)).toEqual([
      ...[true, true, true, false, true],
      ...[true, true, true, false, false],
    ]);
    expect(sink.points.map(({ value }) => value)).toEqual([1, 6, 4, 3, 7, 2, 5]);
  });

  it('never throws, whatever the types in a payload', () => {
    const values: unknown[] = [undefined, null, 7, NaN, '', 'x', true, [], [1], {}, { a: { b: [] } }];
    const types = [
      'run_start',
      'run_end',
      'param',
      'metric',
      'metric_batch',
      'artifact',
      'checkpoint',
      'status',
      'log',
    ];
    types.push(
      'launch',
      'edit',
      'command',
      'command_ack',
      'source',
      'process',
      'heartbeat',
      '__proto__',
      'constructor',
    );
    const fields = [
      'run_id',
      'name',
      'tags',
      'source',
      'env',
      'status',
      'error',
      'final_metrics',
      'exit',
      'key',
      'value',
    ];
    fields.push(
      'nested_key',
      'step',
      'epoch',
      'ctx',
      'metrics',
      'path',
      'progress',
      'msg',
      'cmd_id',
      'type',
      'proc',
      'argv',
    );
    for (const role of ['script', 'supervisor', 'collector', 'user', 'import'] as const) {
      const journal = new Journal(role, 'w', 1, `any-${role}`);
      for (const value of values) {
        for (const t of types) {
          journal.raw(t, value);
          for (const field of fields) journal.raw(t, { [field]: value });
          journal.raw(t, Object.fromEntries(fields.map((field) => [field, value])));
        }
        journal.raw(value, {}).raw('metric', {}, value).raw('metric', {}, { seq: value, ts: value });
      }
      const { state } = read(journal);
      expect(() => JSON.stringify(runDetail(state, {}, 0))).not.toThrow();
      expect(state.warnings.length).toBeGreaterThan(0);
    }
  });

  it('counts unknown events and skips those of another run', () => {
    const { state, sink } = read(
      script()
        .add(0, 'from_the_future')
        .add(0, 'from_the_future')
        .add(0, 'metric', { run_id: 'run-2', key: 'a', value: 1 })
        .add(0, 'run_start', { run_id: { id: 'run-2' }, name: 'other' }),
    );
    expect(codes(state)).toEqual({ unknown_event: 2, wrong_run: 2 });
    expect(sink.points).toEqual([]);
    expect(state.name).toBeNull();
  });

  it('keeps keys such as __proto__, and shortens overlong ones', () => {
    const long = 'k'.repeat(10_000);
    const { state, row, sink } = read(
      script()
        .raw('param', JSON.parse('{"key":"__proto__","value":1}'))
        .raw('param', { key: 'constructor', value: 2 })
        .raw('run_start', JSON.parse('{"tags":{"__proto__":"t"}}'))
        .raw('run_end', JSON.parse('{"status":"completed","final_metrics":{"__proto__":3,"toString":4}}'))
        .raw('metric', { key: long, value: 1 })
        .raw('metric', { key: `${long}2`, value: 1 }),
    );
    const saved = JSON.parse(JSON.stringify(row)) as typeof row;
    expect(Object.entries(saved.params)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
    expect(Object.entries(saved.tags)).toEqual([['__proto__', 't']]);
    expect(Object.keys(saved.metrics)).toEqual(['__proto__', 'toString']);
    expect(({} as Record<string, unknown>)['value']).toBeUndefined();
    const keys = sink.points.map(({ key }) => key);
    expect(keys.every((key) => key.length < 1100)).toBe(true);
    expect(keys[0]).not.toBe(keys[1]);
    expect(codes(state)).toMatchObject({ long_key: 2, after_end: 2 });
  });
});

describe('several writers', () => {
  it('give the same result in any order of reading', () => {
    const journals = [
      collector(1)
        .add(0, 'launch', { attempt: 1, argv: ['train.py'], name: 'chosen', tags: { a: 'launch' } })
        .add(90, 'run_end', { status: 'failed', writer: 'fixed-1', error: { message: 'gone' } }),
      collector(2).add(100, 'launch', { attempt: 2, argv: ['train.py'], from_checkpoint: 'b.pt' }),
      new Journal('collector', 'col-h', 0, 'commands').add(150, 'command', {
        cmd_id: 'c1',
        type: 'stop',
        payload: null,
        attempt: 2,
      }),
      new Journal('script', 'worker-0', 1, 'fixed-1')
        .add(10, 'run_start', {
          name: 'constant',
          tags: { a: 'script', b: 'script' },
          source: { argv: ['a'], git_commit: 'old' },
        })
        .add(11, 'param', { key: 'lr', value: 1 })
        .add(12, 'param', { key: 'lr', value: 2 })
        .add(13, 'checkpoint', { path: 'a.pt', step: 1 }),
      new Journal('script', 'worker-1', 1, 'fixed-2')
        .add(11, 'run_start', { name: 'rank1' })
        .add(11.5, 'param', { key: 'lr', value: 3 }),
      supervisor(2)
        .add(101, 'run_start', { source: { argv: ['b'], git_commit: 'new' } })
        .add(160, 'run_end', { status: 'killed', exit: { code: 0 } }),
      new Journal('script', 'worker-0', 2, 'fixed-3')
        .add(105, 'run_start', { name: 'constant', source: { argv: ['c'] } })
        .add(110, 'status', { status: 'training', progress: { cur: 1, total: 2, unit: 'epochs' } })
        .add(120, 'checkpoint', { path: 'b.pt', step: 2 })
        .add(121, 'artifact', { path: 'm', size: 1 })
        .add(122, 'artifact', { path: 'm', size: 2 })
        .add(151, 'command_ack', { cmd_id: 'c1', status: 'received' })
        .add(152, 'command_ack', { cmd_id: 'c1', status: 'done' }),
      user().add(50, 'edit', { name: 'mine', tags: { a: null, u: '1' }, starred: true }),
      user().add(60, 'edit', { notes: 'n', tags: { u: '2' } }),
    ];
    const expected = read(...journals);
    const view = ({ state }: typeof expected) => {
      const { warnings: _, ...detail } = runDetail(state, {}, 0);
      return detail;
    };
    let seed = 3;
    const random = () => (seed = (seed * 48271) % 0x7fffffff) / 0x7fffffff;
    for (let round = 0; round < 200; round++) {
      const shuffled = [...journals].map((journal) => ({ journal, at: random() })).sort((a, b) => a.at - b.at);
      const found = read(...shuffled.map(({ journal }) => journal));
      expect(view(found)).toEqual(view(expected));
      expect(found.row).toEqual(expected.row);
    }
    expect(expected.row).toMatchObject({
      name: 'mine',
      tags: { b: 'script', u: '2' },
      params: { lr: 2 },
      status: 'killed',
      attempt: 2,
      starred: true,
    });
    expect(view(expected)).toMatchObject({
      notes: 'n',
      source: { argv: ['b'], git_commit: 'new' },
      artifacts: [{ path: 'm', size: 2 }],
      commands: [{ cmd_id: 'c1', type: 'stop', acks: [{ worker: 'worker-0', status: 'done' }] }],
      attempts: [
        { n: 1, from_checkpoint: null },
        { n: 2, from_checkpoint: 'b.pt', exit: { code: 0 } },
      ],
    });
  });

  it('keep the first name, even if a resumed script uses another one', () => {
    const first = script('worker-0', 1).add(0, 'run_start', { name: 'training', tags: { try: '1' } });
    const resumed = script('worker-0', 2).add(9, 'run_start', { name: 'resumed', tags: { try: '2' } });
    for (const journals of [
      [first, resumed],
      [resumed, first],
    ])
      expect(read(...journals).row).toMatchObject({ name: 'training', tags: { try: '2' } });
  });

  it('name the run after the chosen name, else its script, else its id', () => {
    expect(read(script().add(0, 'run_start', { source: { argv: ['src/train_it.py', '--x'] } })).row.name).toBe(
      'train_it',
    );
    expect(read(script().add(0, 'run_start', { source: { argv: ['-m', 'pkg.train'] } })).row.name).toBe('pkg.train');
    expect(read(script().add(0, 'run_start')).row.name).toBe('run-1');
  });

  it('keep events after an end with a warning, and treat a new process of the same name as another writer', () => {
    const first = script()
      .add(0, 'run_start')
      .add(1, 'run_end', { status: 'completed' })
      .add(2, 'metric', { key: 'a', value: 1 });
    const second = script().add(0, 'metric', { key: 'a', value: 2 });
    const { state, sink, row } = read(first, second);
    expect(codes(state)).toEqual({ after_end: 1 });
    expect(sink.points.map(({ value }) => value)).toEqual([1, 2]);
    expect(row.status).toBe('running');
    expect(runRow(state, {}, 0).workers).toEqual(['worker-0']);
  });
});
