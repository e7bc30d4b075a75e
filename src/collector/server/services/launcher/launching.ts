/** Starts runs on request, and resumes them automatically after a failure. */
import { join } from 'node:path';
import type { Params } from '../../../../protocol/api';
import type { StatusNotice } from '../../../contract/workerApi';
import type { Service } from '../../service';
import type { ServiceContext } from '../../serviceContext';
import { Launcher } from './launcher';
import { RecoveryPlans } from './plans';
import { Recovery } from './recovery';

export class Launching implements Service {
  readonly name = 'launching';
  readonly methods = {
    'runs.launch': (request: Params<'runs.launch'>) => this.launcher.launch(request),
    'runs.resume': (request: Params<'runs.resume'>) => this.launcher.resume(request),
    'runs.again': (request: Params<'runs.again'>) => this.launcher.again(request),
  };
  private readonly launcher: Launcher;
  private readonly recovery: Recovery;

  constructor(context: ServiceContext) {
    const plans = new RecoveryPlans(join(context.privateFolder, 'recovery'), context.log);
    this.launcher = new Launcher(context, (launch, env) => this.recovery.started(launch, env));
    this.recovery = new Recovery(context, plans, this.launcher);
  }

  get active(): boolean {
    return this.launcher.active + this.recovery.active > 0;
  }

  /** The pid of the attempt's supervisor; null if it was not started here, or has ended. */
  supervisorOf(runId: string, attempt: number): number | null {
    return this.launcher.supervisorOf(runId, attempt);
  }

  start(): void {
    this.recovery.start();
  }

  runChanged({ run_id, status }: StatusNotice): void {
    this.recovery.consider(run_id, status);
  }

  dispose(): void {
    this.recovery.dispose();
  }
}
