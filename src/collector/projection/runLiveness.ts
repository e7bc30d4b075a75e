/** What can be seen of the processes of a run, each second: alive, silent, or gone without a word. */
import { observe } from '../../domain/run/reducer';
import { isGone, isScript } from '../../domain/run/status';
import type { WriterState } from '../../domain/run/state';
import type { SignsOfLife } from './signsOfLife';
import { bootedAtMs, thisHost, type Liveness } from '../files/processIdentity';
import type { Proc } from '../../protocol/events';
import type { LoadedRun } from './loadedRun';
import type { GoneNotice } from '../contract/workerApi';

interface Watched {
  file: string;
  writer: WriterState;
  modifiedMs: number;
}

export class RunLiveness {
  /** Told once a writer. */
  private readonly reported = new Set<string>();

  constructor(
    private readonly signs: SignsOfLife,
    private readonly liveness: (proc: Proc) => Liveness,
    private readonly onGone: (notice: GoneNotice) => void,
  ) {}

  /** A journal grew or was touched. */
  hear(loaded: LoadedRun, file: string): void {
    this.signs.hear(`${loaded.runId}/${file}`);
  }

  /** True when something changed that the run's row may show. */
  check(loaded: LoadedRun): boolean {
    const latest = latestOf(loaded);
    const { rev } = loaded.store;
    let changed = false;
    for (const watched of latest) {
      const { writer } = watched;
      // Who imported a run is not the process that trained: its end means nothing.
      if (writer.role === 'import' || writer.end !== null || isGone(loaded.state, writer)) continue;
      const seen = this.see(loaded, watched, latest);
      if (seen === 'gone') {
        // It may have said that it ended, a moment ago.
        loaded.refresh();
        loaded.read(Infinity);
        if (writer.end !== null || isGone(loaded.state, writer)) continue;
        changed = observe(writer, 'gone') || changed;
        this.report(loaded, writer);
      } else if (seen !== null) changed = observe(writer, seen) || changed;
    }
    // What was read here of a process that is gone is news as well.
    return changed || loaded.store.rev !== rev;
  }

  private see(loaded: LoadedRun, { file, writer, modifiedMs }: Watched, others: Watched[]): WriterState['seen'] | null {
    const state = this.livenessOf(writer, modifiedMs);
    if (state === 'alive') return 'alive';
    if (state === 'gone')
      return isScript(writer) && this.isSupervised(others) && !goesOn(writer, others) ? null : 'gone';
    const id = `${loaded.runId}/${file}`;
    this.signs.add(id, Date.now() - modifiedMs);
    return this.signs.isSilent(id) ? 'silent' : 'alive';
  }

  private livenessOf({ proc }: WriterState, modifiedMs: number): Liveness {
    // A writer that does not tell when its process started cannot be told from another of the same pid.
    if (proc === null || proc.start === '') return 'elsewhere';
    // Another boot of this host is over, unless something was written since: then another machine has our name.
    if (proc.boot !== thisHost().boot && modifiedMs > bootedAtMs()) return 'elsewhere';
    return this.liveness(proc);
  }

  /** A living supervisor tells how its script ended, and knows better. */
  private isSupervised(writers: Watched[]): boolean {
    return writers.some(
      ({ writer: { role, end, proc } }) =>
        role === 'supervisor' && end === null && proc !== null && this.liveness(proc) === 'alive',
    );
  }

  private report(loaded: LoadedRun, writer: WriterState): void {
    const id = `${loaded.runId}/${writer.attempt}/${writer.writer}`;
    if (this.reported.has(id)) return;
    this.reported.add(id);
    this.onGone({
      kind: 'gone',
      run_id: loaded.runId,
      attempt: writer.attempt,
      worker: writer.worker,
      writer: writer.writer,
      seq: writer.seq,
      role: writer.role,
      reason: reasonOf(writer),
    });
  }
}

/** The run goes on without this worker: its supervisor says nothing before the others have ended too. */
function goesOn(gone: WriterState, writers: Watched[]): boolean {
  return writers.some(
    ({ writer }) => isScript(writer) && writer.worker !== gone.worker && writer.end === null && writer.seen !== 'gone',
  );
}

/** Those whose end decides over the latest attempt; its launch, while there is nobody else. */
function latestOf(loaded: LoadedRun): Watched[] {
  const all = [...loaded.writers()];
  const attempt = Math.max(...loaded.state.attempts.map(({ n }) => n), ...all.map(({ writer }) => writer.attempt));
  const latest = all.filter(({ writer }) => writer.attempt === attempt);
  const training = latest.filter(({ writer }) => isScript(writer) || writer.role === 'supervisor');
  return training.length > 0 ? training : latest.filter(({ writer }) => writer.role === 'collector');
}

function reasonOf({ role, worker, proc }: WriterState): string {
  const pid = proc ? ` (pid ${proc.pid})` : '';
  if (role === 'collector') return 'The collector ended while it was starting the run. Start it again.';
  const who = role === 'supervisor' ? 'The supervisor' : `The process of ${worker}`;
  return `${who}${pid} ended without a word: it was killed or it crashed. Its output may say why.`;
}
