import * as vscode from 'vscode';
import { isAbsolute, resolve } from 'node:path';
import { findFrames, type FrameLink } from './tracebackFrames';

interface FrameTerminalLink extends vscode.TerminalLink {
  frame: FrameLink;
}

/** Makes traceback lines in our output terminals open their file. */
export class TracebackLinks implements vscode.TerminalLinkProvider<FrameTerminalLink> {
  constructor(
    private readonly workingDirectory: (terminal: vscode.Terminal) => Promise<string | null>,
    private readonly open: (file: string, line: number) => Promise<void>,
  ) {}

  private readonly terminalOf = new WeakMap<FrameLink, vscode.Terminal>();

  async provideTerminalLinks({ line, terminal }: vscode.TerminalLinkContext): Promise<FrameTerminalLink[]> {
    const frames = findFrames(line);
    // VS Code links paths in other terminals.
    if (frames.length === 0 || (await this.workingDirectory(terminal)) === null) return [];
    return frames.map((frame) => {
      this.terminalOf.set(frame, terminal);
      return { startIndex: frame.start, length: frame.length, tooltip: vscode.l10n.t('Open line'), frame };
    });
  }

  async handleTerminalLink({ frame }: FrameTerminalLink): Promise<void> {
    const terminal = this.terminalOf.get(frame);
    const cwd = terminal && (await this.workingDirectory(terminal));
    await this.open(isAbsolute(frame.file) ? frame.file : resolve(cwd ?? '', frame.file), frame.line);
  }
}
