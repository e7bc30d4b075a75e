/** Journals the end of a process of this host that disappeared without an end event. */
import { messageOf } from '../../../../base/unknown';
import type { GoneNotice } from '../../../contract/workerApi';
import type { Service } from '../../service';
import type { ServiceContext } from '../../serviceContext';

export class ProcessEnds implements Service {
  readonly name = 'process ends';
  private disposed = false;

  constructor(private readonly context: Pick<ServiceContext, 'appendEvent' | 'log'>) {}

  processGone({ run_id, attempt, writer, worker, seq, reason }: GoneNotice): void {
    if (this.disposed) return;
    const { appendEvent, log } = this.context;
    const end = { run_id, status: 'failed', writer, worker, seq, exit: { reason } };
    appendEvent(run_id, attempt, 'run_end', end).catch((error: unknown) =>
      log(`The end of ${worker} of run ${run_id} could not be journaled: ${messageOf(error)}`),
    );
  }

  /** Leaves further ends to the next collector. */
  dispose(): void {
    this.disposed = true;
  }
}
