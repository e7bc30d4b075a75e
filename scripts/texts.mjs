// Prints every visible text in the sources:  npm run --silent texts > l10n/bundle.l10n.<language>.json
// The texts of package.json are in package.nls.json, and are translated as package.nls.<language>.json.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { ROOT } from './dependencies.mjs';

const ROOMS = ['src', 'webview'];
const LOOKUPS = ['t', 'vscode.l10n.t'];
/** The tag of texts that another process shows, where the arguments are filled in. */
const TAG = 'english';

function* sources(path) {
  if (path.endsWith('.ts')) yield path;
  else if (!path.includes('.'))
    for (const name of readdirSync(join(ROOT, path)).sort()) yield* sources(`${path}/${name}`);
}

/** Yields the parsed sources that may contain visible texts. */
export function* parsedSources() {
  for (const path of ROOMS.flatMap((room) => [...sources(room)]))
    yield ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.Latest, true);
}

/** Returns the text that `english` makes of its parts. */
function templateText(template) {
  if (ts.isNoSubstitutionTemplateLiteral(template)) return template.text;
  return template.templateSpans.reduce((text, { literal }, i) => `${text}{${i}}${literal.text}`, template.head.text);
}

/** Lists all texts. Throws if a text is computed before its translation, because no bundle could contain it. */
export function texts() {
  const found = new Set();
  for (const file of parsedSources()) {
    const visit = (node) => {
      if (ts.isCallExpression(node) && LOOKUPS.includes(node.expression.getText())) {
        const [message] = node.arguments;
        if (!message || !ts.isStringLiteralLike(message)) {
          const { line } = file.getLineAndCharacterOfPosition(node.getStart());
          throw new Error(`${file.fileName}:${line + 1}: a translated text has to be a literal.`);
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
