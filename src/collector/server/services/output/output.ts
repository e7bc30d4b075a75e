/** Console logs of runs. */
import type { Params } from '../../../../protocol/api';
import { runFolder } from '../../runAccess';
import type { Service } from '../../service';
import type { ServiceContext } from '../../serviceContext';
import { readOutput } from './consoleOutput';

export class Output implements Service {
  readonly name = 'output';
  readonly methods = {
    'runs.output': (request: Params<'runs.output'>) => readOutput(runFolder(this.context, request.run_id), request),
  };

  constructor(private readonly context: Pick<ServiceContext, 'runs'>) {}
}
