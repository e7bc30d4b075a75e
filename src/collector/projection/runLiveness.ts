/** Observes the processes of a run each second: each is alive, silent, or gone without having reported an end. */
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
  /** Writers whose processes were reported as gone; each is reported once. */
  private readonly reported = new Set<string>();

  constructor(
    private readonly signs: SignsOfLife,
    private readonly liveness: (proc: Proc) => Liveness,
    private readonly onGone: (notice: GoneNotice) => void,
  ) {}

  /** Called when a journal grew or was touched. */
  hear(loaded: LoadedRun, file: string): void {
    this.signs.hear(`${loaded.runId}/${file}`);
  }

  /** Returns true if something changed that the run's row may show. */
  check(loaded: LoadedRun): boolean {
    const latest = latestOf(loaded);
    const { rev } = loaded.store;
    let changed = false;
    for (const watched of latest) {
      const { writer } = watched;
      // The process that imported a run did not train it, so its end means nothing.
      if (writer.role === 'import' || writer.end !== null || isGone(loaded.state, writer)) continue;
      const seen = this.see(loaded, watched, latest);
      if (seen === 'gone') {
        // It may have reported its end a moment ago.
        loaded.refresh();
        loaded.read(Infinity);
        if (writer.end !== null || isGone(loaded.state, writer)) continue;
        changed = observe(writer, 'gone') || changed;
        this.report(loaded, writer);
      } else if (seen !== null) changed = observe(writer, seen) || changed;
    }
    // Events that were read above for a process that is gone count as a change too.
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
    // Without a start time, the process cannot be distinguished from a later one with the same pid.
    if (proc === null || proc.start === '') return 'elsewhere';
    // An earlier boot of this host has ended. If something was written since, another machine has the same name.
    if (proc.boot !== thisHost().boot && modifiedMs > bootedAtMs()) return 'elsewhere';
    return this.liveness(proc);
  }

  /** True if a supervisor is alive: it will report how its script ended, more exactly than we could. */
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

/** True if other workers are still running: the supervisor reports nothing before they have ended too. */
function goesOn(gone: WriterState, writers: Watched[]): boolean {
  return writers.some(
    ({ writer }) => isScript(writer) && writer.worker !== gone.worker && writer.end === null && writer.seen !== 'gone',
  );
}

/** The writers whose end decides the latest attempt; its launch if there are no others yet. */
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
  return `${who}${pid} ended unexpectedly: it was killed or it crashed. Its output may say why.`;
}
