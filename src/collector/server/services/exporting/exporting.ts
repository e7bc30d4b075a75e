/** Exports of runs to files. */
import { statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { english } from '../../../../base/texts';
import type { Params } from '../../../../protocol/api';
import { userError } from '../../../../protocol/apiError';
import type { Task } from '../../../../protocol/rows';
import type { StartTask } from '../../longTask';
import { runFolder } from '../../runAccess';
import type { Service } from '../../service';
import type { ServiceContext } from '../../serviceContext';
import { exportRuns } from './exportRuns';

export class Exporting implements Service {
  readonly name = 'exporting';
  readonly methods = { 'runs.export': (request: Params<'runs.export'>) => this.export(request) };

  constructor(
    private readonly context: Pick<ServiceContext, 'ask' | 'runs'>,
    private readonly startTask: StartTask,
  ) {}

  private export({ wait, ...request }: Params<'runs.export'>): Task | Promise<Task> {
    checkExportPath(request.path);
    const folderOf = (runId: string): string => runFolder(this.context, runId);
    request.run_ids.forEach(folderOf);
    return this.startTask(english`Exporting`, (task) => exportRuns(this.context.ask, folderOf, request, task), wait);
  }
}

function checkExportPath(path: string): void {
  if (!isAbsolute(path)) throw userError('invalid', english`The path ${path} is not absolute.`, { field: 'path' });
  if (!statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory())
    throw userError('invalid', english`The folder ${dirname(path)} does not exist. Choose another one.`, {
      field: 'path',
    });
}
