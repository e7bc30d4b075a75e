/** Scripts in the folder of a real collector, launched by it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Request } from '../../../src/protocol/api';
import type { RunDetail } from '../../../src/protocol/rows';
import { newPlace, RunningCollector, until } from './harness';

export class Launches {
  readonly work: string;

  constructor(public collector: RunningCollector) {
    this.work = dirname(collector.place.dir);
  }

  static async begin(bundle: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Launches> {
    return new Launches(await RunningCollector.start(bundle, newPlace(), args, env));
  }

  path(name: string): string {
    return join(this.work, name);
  }

  write(name: string, text: string): string {
    writeFileSync(this.path(name), text);
    return name;
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  async launch(text: string, more: Partial<Request<'runs.launch'>> = {}): Promise<string> {
    const script = this.write('train.py', text);
    const { run_id } = await this.collector.call('runs.launch', {
      target: { script },
      cwd: this.work,
      env: {},
      ...more,
    });
    return run_id;
  }

  get(run_id: string): Promise<RunDetail> {
    return this.collector.call('runs.get', { run_id });
  }

  /** Waits until it is so, and says what it was like instead where it never is. */
  async until(run_id: string, isSo: (run: RunDetail) => boolean, withinMs = 20_000): Promise<RunDetail> {
    let run = await this.get(run_id);
    const look = async (): Promise<boolean> => isSo((run = await this.get(run_id)));
    await until(look, withinMs).catch((error: Error) => {
      const { status, attempt, error: why, commands, attempts, warnings } = run;
      throw new Error(`${error.message}; ${JSON.stringify({ status, attempt, why, commands, attempts, warnings })}`);
    });
    return run;
  }

  becomes(run_id: string, status: string, attempt = 1, withinMs = 20_000): Promise<RunDetail> {
    return this.until(run_id, (run) => run.status === status && run.attempt === attempt, withinMs);
  }

  /** Its process's end is told, which comes a moment after the script's own word. */
  exits(run_id: string, attempt = 1, withinMs = 20_000): Promise<RunDetail> {
    return this.until(run_id, (run) => run.attempts.find(({ n }) => n === attempt)?.exit != null, withinMs);
  }

  /** What its console shows. */
  async output(run_id: string, more: Partial<Request<'runs.output'>> = {}): Promise<string> {
    const { data } = await this.collector.call('runs.output', { run_id, ...more });
    return Buffer.from(data, 'base64').toString();
  }
}
