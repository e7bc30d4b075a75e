import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { recordable, withheld } from '../../../src/collector/server/services/launcher/environment';
import { redactArguments } from '../../../src/collector/server/services/launcher/secrets';
import table from '../../fixtures/secrets.json';
import { buildCollector, cleanUp, newPlace, RunningCollector, until } from './harness';

afterAll(cleanUp);

describe('secrets', () => {
  it.each(table)('among the arguments $words', ({ words, written }) => expect(redactArguments(words)).toEqual(written));

  it('in the environment are recorded neither by name nor by value', () => {
    const given = { LR: '0.1', MY_TOKEN: 'x', DATABASE: 'postgres://me:hunter2@db/x', SAME: '1' };
    expect(recordable(given, { SAME: '1' })).toEqual({ LR: '0.1' });
  });

  it('are recognized by the words of a name, not by prefixes of these', () => {
    const plain =
      'TOKENIZERS_PARALLELISM MAX_TOKENS KEYPOINTS NUM_PASSES PAD_TOKEN MONKEY AUTHOR BYPASS_CACHE PWD KEYBOARD'.split(
        ' ',
      );
    const secret =
      'HF_TOKEN MY_API_KEY apiKey OPENAI_API_KEY_2 API_KEYS DB_PASS PGPASSWORD MYSQL_PWD GITHUBTOKEN AUTH CREDENTIALS'.split(
        ' ',
      );
    const env = Object.fromEntries([...plain, ...secret].map((name) => [name, '1']));
    expect(Object.keys(recordable(env, {}))).toEqual(plain);
    expect(withheld(env, {})).toEqual(secret);
    expect(withheld(env, env)).toEqual([]);
  });

  it('in the environment are passed on while the collector lives, and reported as missing afterwards', async () => {
    const bundle = await buildCollector();
    let collector = await RunningCollector.start(bundle, newPlace());
    const work = dirname(collector.place.dir);
    const text = `
import os, xtrack
with xtrack.start_run("variables") as run:
    run.log_param("seen", [os.environ.get(name) for name in ("TOKENIZERS_PARALLELISM", "SITE_PASS")])
`;
    writeFileSync(join(work, 'train.py'), text);
    const env = { TOKENIZERS_PARALLELISM: 'false', SITE_PASS: 'sesame' };
    const { run_id } = await collector.call('runs.launch', { target: { script: 'train.py' }, cwd: work, env });
    const ended = async (id: string, attempt: number) => {
      await until(async () => (await collector.call('runs.get', { run_id: id })).attempts[attempt - 1]?.exit != null);
      const { params, warnings } = await collector.call('runs.get', { run_id: id });
      return {
        seen: params['seen'],
        told: warnings.filter(({ code }) => code === 'environment').map((one) => one.message),
      };
    };
    await ended(run_id, 1);
    const again = await collector.call('runs.again', { run_id });
    expect(await ended(again.run_id, 1)).toEqual({ seen: ['false', 'sesame'], told: [] });
    await collector.call('runs.resume', { run_id, checkpoint: 'none' });
    expect(await ended(run_id, 2)).toEqual({ seen: ['false', 'sesame'], told: [] });

    await collector.signal('SIGTERM');
    collector = await RunningCollector.start(bundle, collector.place);
    const third = await collector.call('runs.again', { run_id: again.run_id });
    const { seen, told } = await ended(third.run_id, 1);
    expect(seen).toEqual(['false', null]);
    expect(told).toEqual([expect.stringContaining('Attempt 1 was started without SITE_PASS,')]);
    const given = await collector.call('runs.again', { run_id: third.run_id, env: { SITE_PASS: 'open' } });
    expect(await ended(given.run_id, 1)).toEqual({ seen: ['false', 'open'], told: [] });
    await collector.signal('SIGTERM');
  });

  it('reach the script at every start, and are written nowhere in the workspace', async () => {
    const bundle = await buildCollector();
    const place = newPlace();
    let collector = await RunningCollector.start(bundle, place);
    const work = dirname(place.dir);
    const text = `
import os, sys, xtrack
with xtrack.start_run("secret") as run:
    open("seen", "a").write(" ".join(sys.argv[1:]) + " " + os.environ["DATABASE"] + "\\n")
`;
    writeFileSync(join(work, 'train.py'), text);
    const [word, address] = ['sesame-open-up', 'postgres://me:hunter2@db/x'];
    const launched = await collector.call('runs.launch', {
      target: { script: 'train.py' },
      cwd: work,
      env: { DATABASE: address },
      args: ['--api-key', word, `--password=${word}`, '--lr', '0.1'],
    });
    const { run_id } = launched;
    const ended = (id: string) =>
      until(async () => (await collector.call('runs.get', { run_id: id })).status === 'completed');
    await ended(run_id);
    const { argv } = (await collector.call('runs.get', { run_id })).source as { argv: string[] };
    expect(argv.slice(-5)).toEqual(['--api-key', '[redacted]', '--password=[redacted]', '--lr', '0.1']);
    const env = { DATABASE: address };
    const again = await collector.call('runs.again', { run_id, args: argv.slice(-5), env });
    await ended(again.run_id);
    const line = `--api-key ${word} --password=${word} --lr 0.1 ${address}`;
    expect(readFileSync(join(work, 'seen'), 'utf8')).toBe(`${line}\n${line}\n`);

    // A collector that does not know it says so, and starts nothing with what was left of it.
    await collector.signal('SIGTERM');
    collector = await RunningCollector.start(bundle, place);
    await expect(collector.call('runs.again', { run_id, env })).rejects.toThrow(/secret among its arguments/);
    const given = await collector.call('runs.again', {
      run_id,
      args: ['--api-key', word, '--password', word, '--lr', '0.1'],
      env,
    });
    await ended(given.run_id);
    await collector.signal('SIGTERM');

    const files = (readdirSync(place.dir, { recursive: true }) as string[]).map((name) => join(place.dir, name));
    const texts = files.filter((path) => statSync(path).isFile()).map((path) => readFileSync(path, 'latin1'));
    for (const secret of [word, 'hunter2']) expect(texts.filter((one) => one.includes(secret))).toEqual([]);
    // And what is written is for this user alone.
    const open = [place.dir, ...files].filter((path) => (statSync(path).mode & 0o077) !== 0);
    expect(open).toEqual([]);
    const runtime = (readdirSync(place.runtime, { recursive: true }) as string[]).map((name) =>
      join(place.runtime, name),
    );
    expect(runtime.filter((path) => !path.endsWith('xtrack') && (statSync(path).mode & 0o077) !== 0)).toEqual([]);
  });
});
