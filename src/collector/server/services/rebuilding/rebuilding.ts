/** Rebuilds the databases from the journals. */
import { english } from '../../../../base/texts';
import type { Params } from '../../../../protocol/api';
import type { Task } from '../../../../protocol/rows';
import type { StartTask } from '../../longTask';
import { checkOwner } from '../../runAccess';
import type { Service } from '../../service';
import type { ServiceContext } from '../../serviceContext';

export class Rebuilding implements Service {
  readonly name = 'rebuilding';
  readonly methods = { 'runs.rebuild': (request: Params<'runs.rebuild'>) => this.rebuild(request) };

  constructor(
    private readonly context: Pick<ServiceContext, 'ask' | 'follower'>,
    private readonly startTask: StartTask,
  ) {}

  private rebuild({ wait }: Params<'runs.rebuild'>): Task | Promise<Task> {
    checkOwner(this.context);
    const text = english`Rebuilding the databases from the journals`;
    return this.startTask(text, () => this.context.ask('rebuild', {}), wait);
  }
}
