import * as vscode from 'vscode';
import { messageOf } from '../../base/unknown';
import { formatBytes } from '../../domain/format';
import { ApiError } from '../../protocol/apiError';
import type { Exit } from '../../protocol/events';
import type { RunDetail } from '../../protocol/rows';
import type { Collectors } from '../collectors/collectors';
import { plain } from '../window/messages';
import { isActive } from '../runs/runFeed';
import { statusWord } from '../runs/runText';
import { ConsoleText } from './consoleText';

const POLL_MS = 400;
const AFTER_END_MS = 2_000;
const CHUNK = 256 * 1024;
/** Only the end of a long console log is shown; the file has all of it. */
const SHOWN = 1024 * 1024;
/** So far behind a script that prints faster than this is shown, what is between is passed over. */
const BEHIND = 8 * SHOWN;
const LAST_WORDS = 8 * 1024;

/** Shows each run's console in a terminal, live and from the start. */
export class OutputTerminals implements vscode.Disposable {
  private readonly terminals = new Map<string, vscode.Terminal>();
  private readonly closing: vscode.Disposable;

  constructor(
    private readonly collectors: Collectors,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.closing = vscode.window.onDidCloseTerminal((closed) => {
      for (const [run_id, terminal] of this.terminals) if (terminal === closed) this.terminals.delete(run_id);
    });
  }

  /** The run that a terminal shows. */
  runOf(terminal: vscode.Terminal): string | undefined {
    return [...this.terminals].find(([, open]) => open === terminal)?.[0];
  }

  /** The same console, for a terminal that the caller owns. */
  follow(run_id: string): OutputFollower {
    const follower = new OutputFollower(run_id, this.collectors, this.log);
    follower.open();
    return follower;
  }

  async show(run_id: string, preserveFocus = false): Promise<void> {
    let terminal = this.terminals.get(run_id);
    if (!terminal) {
      const { name } = await this.collectors.callRun(run_id, 'runs.get', { run_id });
      const pty = new OutputFollower(run_id, this.collectors, this.log);
      const iconPath = new vscode.ThemeIcon('graph-line');
      terminal = vscode.window.createTerminal({ name: terminalName(name), pty, iconPath, isTransient: true });
      this.terminals.set(run_id, terminal);
    }
    terminal.show(preserveFocus);
  }

  dispose(): void {
    this.closing.dispose();
    for (const terminal of this.terminals.values()) terminal.dispose();
  }
}

/** An attempt is known shortly before its log exists. */
function notThereYet(error: unknown): null {
  if (error instanceof ApiError && error.data.code === 'not_found') return null;
  throw error;
}

function terminalName(run: string): string {
  return plain(run, 40);
}

/** Follows `runs.output` of a run's latest attempt until its terminal is closed; a resumed run continues in it. */
export class OutputFollower implements vscode.Pseudoterminal, vscode.Disposable {
  private readonly written = new vscode.EventEmitter<string>();
  private readonly text = new ConsoleText();
  private attempt = 0;
  private offset = 0;
  /** Bytes that are not read yet. */
  private left = 0;
  private closed = false;
  private ended = false;
  /** When the state of the run was last fetched (`performance.now()`). */
  private overSince: number | null = null;
  private failing = false;
  private refused = false;
  private readonly renamed = new vscode.EventEmitter<string>();
  private name = '';
  readonly onDidWrite = this.written.event;
  readonly onWrite = this.written.event;
  private readonly endings = new vscode.EventEmitter<number>();
  /** Resolves to the exit code: 1 for a run without one that did not complete. A resumed run ends again. */
  readonly onEnd = this.endings.event;
  /** The run may get its name only after the script has started. */
  readonly onDidChangeName = this.renamed.event;

  constructor(
    private readonly run_id: string,
    private readonly collectors: Collectors,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  open(): void {
    void this.follow();
  }

  dispose(): void {
    this.close();
  }

  handleInput(text: string): void {
    this.type(text);
  }

  /** Input is sent to a script that has a terminal. */
  type(data: string): void {
    const { run_id } = this;
    if (this.ended || this.refused) return;
    this.collectors.callRun(run_id, 'runs.input', { run_id, data }).catch((error: unknown) => {
      // Shown once: the next key would fail alike.
      this.refused = error instanceof ApiError && error.data.code === 'invalid';
      this.note(messageOf(error));
    });
  }

  close(): void {
    this.closed = true;
    this.endings.dispose();
    this.renamed.dispose();
    this.written.dispose();
  }

  private async follow(): Promise<void> {
    while (!this.closed) {
      try {
        await this.poll();
        this.failing = false;
      } catch (error) {
        if (!this.failing) this.log.warn(`Output of ${this.run_id}: ${String(error)}`);
        this.failing = true;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Fetches the state first, so that output written before the end is read before the end is shown. */
  private async poll(): Promise<void> {
    const { run_id } = this;
    const run = await this.collectors.callRun(run_id, 'runs.get', { run_id });
    if (run.name !== this.name && !this.closed) this.renamed.fire(terminalName((this.name = run.name)));
    if (run.attempt !== this.attempt) this.begin(run.attempt);
    const going = this.goesOn(run);
    if (this.ended && !going) return;
    await this.readOn();
    this.ended = !going;
    if (!this.ended) return;
    const exit = run.attempts.at(-1)?.exit;
    await this.showFailed(exit);
    this.note(this.endText(statusWord(run.status), exit, run.error));
    this.endings.fire(exit?.code ?? (run.status === 'completed' ? 0 : 1));
  }

  /** A script's own end is not its process's, whose exit code comes later; and what failed may be started again by itself. */
  private goesOn(run: RunDetail): boolean {
    if (isActive(run) || run.lives) {
      this.overSince = null;
      return true;
    }
    this.overSince ??= performance.now();
    const isToldMore = run.launch != null && run.attempts.at(-1)?.exit == null;
    const isTriedAgain = run.status === 'failed' && run.launch?.recovery != null;
    return !this.ended && (isToldMore || isTriedAgain) && performance.now() - this.overSince < AFTER_END_MS;
  }

  private begin(attempt: number): void {
    if (this.attempt > 0) this.note(vscode.l10n.t('Attempt {0}', attempt));
    this.attempt = attempt;
    this.offset = this.left = 0;
    this.ended = false;
    this.refused = false;
  }

  private async readOn(): Promise<void> {
    for (;;) {
      const { run_id, attempt, offset, left } = this;
      const from = left > BEHIND ? offset + left - SHOWN : offset;
      // For a long log, start near its end; collapse progress bars.
      const where = offset === 0 ? { tail: SHOWN } : { offset: from, limit: CHUNK };
      const request = { run_id, attempt, collapse: true, ...where };
      const chunk = await this.collectors.callRun(run_id, 'runs.output', request).catch(notThereYet);
      if (!chunk) return;
      if (chunk.offset < offset) this.note(vscode.l10n.t('The log was truncated; new output follows'));
      else if (chunk.offset > offset)
        this.note(vscode.l10n.t('{0} of earlier output omitted', formatBytes(chunk.offset - offset)));
      this.offset = chunk.next;
      this.left = chunk.size - chunk.next;
      if (chunk.data) this.write(this.text.add(Buffer.from(chunk.data, 'base64')));
      if (chunk.next >= chunk.size || chunk.next === offset) return;
    }
  }

  /** The console of the first of several workers is followed; adds the last output of the one that made the run fail. */
  private async showFailed(exit: Exit | null | undefined): Promise<void> {
    const { run_id, attempt } = this;
    const [worker] = /^worker-[1-9]\d*/.exec(exit?.reason ?? '') ?? [];
    if (worker === undefined) return;
    const request = { run_id, attempt, worker, collapse: true, tail: LAST_WORDS };
    const chunk = await this.collectors.callRun(run_id, 'runs.output', request).catch(notThereYet);
    if (!chunk?.data) return;
    this.note(vscode.l10n.t('Last output of {0}', worker));
    this.write(this.text.add(Buffer.from(chunk.data, 'base64')));
  }

  private endText(status: string, exit: Exit | null | undefined, error: string | null): string {
    if (exit?.signal) return vscode.l10n.t('{0} ({1})', status, [exit.signal, exit.reason].filter(Boolean).join(', '));
    if (exit?.code) return vscode.l10n.t('{0} (exit code {1})', status, exit.code);
    return error ? `${status}: ${error.split('\n')[0] ?? ''}` : status;
  }

  /** Writes a line that stands out from the script's output. */
  private note(words: string): void {
    this.write(`${this.text.atLineStart ? '' : '\r\n'}\x1b[2m── ${plain(words, 300)} ──\x1b[0m\r\n`);
    this.text.lineEnded();
  }

  private write(text: string): void {
    if (!this.closed && text) this.written.fire(text);
  }
}
