/** Raw console bytes, cut anywhere, as text for a terminal. */
export class ConsoleText {
  private readonly decoder = new TextDecoder('utf-8');
  private last = '\n';

  get atLineStart(): boolean {
    return this.last === '\n';
  }

  /** A terminal needs `\r\n` where a file has `\n`. */
  add(bytes: Uint8Array): string {
    const text = this.decoder.decode(bytes, { stream: true });
    const before = this.last;
    if (text) this.last = text.charAt(text.length - 1);
    return text.replace(/\r?\n/g, (newline, at: number) =>
      newline === '\n' && at === 0 && before === '\r' ? '\n' : '\r\n',
    );
  }

  lineEnded(): void {
    this.last = '\n';
  }
}
