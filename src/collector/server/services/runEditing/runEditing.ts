/** A user's edits of runs: names, notes, stars and tags, and moving runs to the trash and out of it. */
import type { Params } from '../../../../protocol/api';
import type { RunRow } from '../../../../protocol/rows';
import { writableRuns } from '../../runAccess';
import type { Service } from '../../service';
import type { ServiceContext } from '../../serviceContext';

export class RunEditing implements Service {
  readonly name = 'run editing';
  readonly methods = {
    'runs.update': (request: Params<'runs.update'>) => this.update(request),
    'runs.delete': (request: Params<'runs.delete'>) => this.delete(request),
  };

  constructor(private readonly context: ServiceContext) {}

  private async update({ run_ids, ...change }: Params<'runs.update'>): Promise<{ rows: RunRow[] }> {
    const ids = writableRuns(this.context, run_ids);
    for (const run_id of ids) await this.context.appendEdit({ run_id, ...change });
    return { rows: await this.context.ask('rows', { run_ids: ids }) };
  }

  private async delete({ run_ids, restore }: Params<'runs.delete'>): Promise<{ run_ids: string[] }> {
    const ids = writableRuns(this.context, run_ids);
    for (const run_id of ids) await this.context.appendEdit({ run_id, deleted: restore !== true });
    return { run_ids: ids };
  }
}
