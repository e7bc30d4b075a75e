/** A process of this host that ended without a word: the collector journals its end. */
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

  /** From here on the next collector notices such ends. */
  dispose(): void {
    this.disposed = true;
  }
}
