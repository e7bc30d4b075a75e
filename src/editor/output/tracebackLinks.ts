import * as vscode from 'vscode';
import { isAbsolute, resolve } from 'node:path';

export interface FrameLink {
  start: number;
  length: number;
  file: string;
  line: number;
}

const FRAME = /File "([^"\n]+)", line (\d+)/g;

/** Python's `File "train.py", line 88`. */
export function findFrames(text: string): FrameLink[] {
  return [...text.matchAll(FRAME)].map((match) => ({
    start: match.index,
    length: match[0].length,
    file: match[1] ?? '',
    line: Number(match[2]),
  }));
}

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
    // Other terminals have VS Code's own links.
    if (frames.length === 0 || (await this.workingDirectory(terminal)) === null) return [];
    return frames.map((frame) => {
      this.terminalOf.set(frame, terminal);
      return { startIndex: frame.start, length: frame.length, tooltip: vscode.l10n.t('Open this line'), frame };
    });
  }

  async handleTerminalLink({ frame }: FrameTerminalLink): Promise<void> {
    const terminal = this.terminalOf.get(frame);
    const cwd = terminal && (await this.workingDirectory(terminal));
    await this.open(isAbsolute(frame.file) ? frame.file : resolve(cwd ?? '', frame.file), frame.line);
  }
}
