/** Visible texts: English is written where it is shown, and a bundle has the same in the language of the editor. */
let bundle: Readonly<Record<string, string>> = {};

export function useTexts(texts: Readonly<Record<string, string>> = {}): void {
  bundle = texts;
}

/** As `vscode.l10n.t`: `{0}` is the first argument. */
export function t(message: string, ...args: (string | number)[]): string {
  return (bundle[message] ?? message).replace(/\{(\d+)\}/g, (hole, i: string) => String(args[Number(i)] ?? hole));
}
