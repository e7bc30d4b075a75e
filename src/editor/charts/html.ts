/** The page of a chart panel. It may load our script, our styles and our font, and nothing else from anywhere. */
import { randomBytes } from 'node:crypto';

export interface PageFiles {
  /** The webview's source for its own files. */
  cspSource: string;
  script: string;
  style: string;
  codicons: string;
  /** Of the editor: `de`, `pt-br`… */
  language: string;
  /** Translations by their English text. */
  texts: Readonly<Record<string, string>>;
}

export function chartsPage(files: PageFiles): string {
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${files.cspSource} 'nonce-${nonce}'`,
    `font-src ${files.cspSource}`,
    'img-src data: blob:',
  ].join('; ');
  // Escaped so that no text can end the script element.
  const texts = JSON.stringify(files.texts).replaceAll('<', '\\u003c');
  // vscode-elements finds the icons' stylesheet by its id.
  return `<!DOCTYPE html>
<html lang="${files.language}">
  <head>
    <meta charset="UTF-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <link rel="stylesheet" id="vscode-codicon-stylesheet" nonce="${nonce}" href="${files.codicons}" />
    <link rel="stylesheet" nonce="${nonce}" href="${files.style}" />
    <title>XTrack Charts</title>
  </head>
  <body>
    <script nonce="${nonce}" type="application/json" id="texts">${texts}</script>
    <script nonce="${nonce}" src="${files.script}"></script>
  </body>
</html>`;
}
