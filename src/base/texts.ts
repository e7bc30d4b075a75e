/** Visible texts: English is written where it is shown, and a bundle has the same in the language of the editor. */
let bundle: Readonly<Record<string, string>> = {};

/** Made where nobody knows who reads it: looked up where it is shown. `{0}` is the first argument. */
export interface Text {
  text: string;
  args: (string | number | Text)[];
}

export function setTexts(texts: Readonly<Record<string, string>> = {}): void {
  bundle = texts;
}

/** As `vscode.l10n.t`. */
export function t(message: string, ...args: (string | number)[]): string {
  return formatText({ text: message, args });
}

/** For another process to show: `` english`There is no run ${id}.` ``. */
export function english(parts: TemplateStringsArray, ...args: Text['args']): Text {
  return { text: parts.reduce((text, part, i) => `${text}{${i - 1}}${part}`), args };
}

/** In the language of the editor; in English where there is none. */
export function formatText({ text, args }: Text): string {
  return (bundle[text] ?? text).replace(/\{(\d+)\}/g, (hole, i: string) => {
    const arg = args[Number(i)];
    return typeof arg === 'object' ? formatText(arg) : String(arg ?? hole);
  });
}
