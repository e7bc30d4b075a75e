// Every text that is shown, as the source has it:  npm run --silent texts > l10n/bundle.l10n.<language>.json
// What is in package.json is in package.nls.json, and is translated as package.nls.<language>.json.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { ROOT } from './dependencies.mjs';

const ROOMS = ['src', 'webview'];
const LOOKUPS = ['t', 'vscode.l10n.t'];
/** Before what another process shows: what stands in it is filled in there. */
const TAG = 'english';

function* sources(path) {
  if (path.endsWith('.ts')) yield path;
  else if (!path.includes('.'))
    for (const name of readdirSync(join(ROOT, path)).sort()) yield* sources(`${path}/${name}`);
}

/** The code whose texts people see, parsed. */
export function* parsedSources() {
  for (const path of ROOMS.flatMap((room) => [...sources(room)]))
    yield ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.Latest, true);
}

/** As `english` makes it of its parts. */
function templateText(template) {
  if (ts.isNoSubstitutionTemplateLiteral(template)) return template.text;
  return template.templateSpans.reduce((text, { literal }, i) => `${text}{${i}}${literal.text}`, template.head.text);
}

/** Throws where a text is put together before it is looked up: no bundle can have it. */
export function texts() {
  const found = new Set();
  for (const file of parsedSources()) {
    const visit = (node) => {
      if (ts.isCallExpression(node) && LOOKUPS.includes(node.expression.getText())) {
        const [message] = node.arguments;
        if (!message || !ts.isStringLiteralLike(message)) {
          const { line } = file.getLineAndCharacterOfPosition(node.getStart());
          throw new Error(`${file.fileName}:${line + 1}: a text that is looked up has to be written there in full.`);
        }
        found.add(message.text);
      }
      if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === TAG) found.add(templateText(node.template));
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return [...found].sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(JSON.stringify(Object.fromEntries(texts().map((text) => [text, text])), null, 2));
