/** Visible texts are written in English where they are shown; a bundle maps them to the language of the editor. */
let bundle: Readonly<Record<string, string>> = {};

/** A text for a reader in another process, which translates it where it is shown. `{0}` is the first argument. */
export interface Text {
  text: string;
  args: (string | number | Text)[];
}

export function setTexts(texts: Readonly<Record<string, string>> = {}): void {
  bundle = texts;
}

/** Works like `vscode.l10n.t`. */
export function t(message: string, ...args: (string | number)[]): string {
  return formatText({ text: message, args });
}

/** Makes a text that another process shows: `` english`There is no run ${id}.` ``. */
export function english(parts: TemplateStringsArray, ...args: Text['args']): Text {
  return { text: parts.reduce((text, part, i) => `${text}{${i - 1}}${part}`), args };
}

/** Returns the text in the language of the editor, or in English where it has no translation. */
export function formatText({ text, args }: Text): string {
  return (bundle[text] ?? text).replace(/\{(\d+)\}/g, (hole, i: string) => {
    const arg = args[Number(i)];
    return typeof arg === 'object' ? formatText(arg) : String(arg ?? hole);
  });
}
