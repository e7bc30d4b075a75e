/** Commands to scripts: pause, save a checkpoint now, update params, and others. */
import { randomBytes } from 'node:crypto';
import type { Params } from '../../../../protocol/api';
import { writableRuns } from '../../runAccess';
import type { Service } from '../../service';
import type { ServiceContext } from '../../serviceContext';

export class Commands implements Service {
  readonly name = 'commands';
  readonly methods = { 'runs.command': (request: Params<'runs.command'>) => this.send(request) };

  constructor(private readonly context: ServiceContext) {}

  private async send({ run_id, type, payload, worker }: Params<'runs.command'>): Promise<{ cmd_id: string }> {
    writableRuns(this.context, [run_id]);
    const cmd_id = `cmd-${randomBytes(6).toString('hex')}`;
    const { attempt } = await this.context.ask('launchInfo', { run_id });
    const command = { cmd_id, type, payload: payload ?? {}, attempt, ...(worker && { worker }) };
    await this.context.appendCommand(run_id, command);
    return { cmd_id };
  }
}
