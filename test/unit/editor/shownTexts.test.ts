/** Every text that the extension shows can be translated: none is written where it is shown without being looked up. */
import ts from 'typescript';
import { expect, test } from 'vitest';
import { parsedSources } from '../../../scripts/texts.mjs';

/** Properties, and arguments of functions, that people read. */
const SHOWN_PROPERTIES = new Set([
  ...['label', 'title', 'tooltip', 'placeHolder', 'placeholder', 'prompt', 'description', 'detail', 'action', 'alt'],
  ...['message', 'openLabel', 'saveLabel', 'aria-label', 'ariaLabel', 'aria-roledescription', 'aria-valuetext'],
  'textContent',
]);
const SHOWING_CALLS: Record<string, (argument: number) => boolean> = {
  el: (argument) => argument >= 2,
  append: () => true,
  replaceChildren: () => true,
  setText: (argument) => argument === 1,
  setName: (argument) => argument === 1,
  iconButton: (argument) => argument === 1,
  setStatusBarMessage: (argument) => argument === 0,
  showInformationMessage: () => true,
  showWarningMessage: () => true,
  showErrorMessage: () => true,
};
/** Shows nothing itself; what it says is stored in runs, written to logs, or refuses something. */
const COLLECTOR = /^src\/(collector|domain|protocol)\//;
/** VS Code looks these up in package.nls.json. */
const DECLARATION = /\/contribution\.ts$/;
const NAME = /^XTrack(: )?$/;
const ICON = /\$\([\w-]+\)/g;
/** Examples of what is typed into something. */
const CODE = /[=_]|--|^python -m /;

function hasWords(text: string): boolean {
  const without = text.replace(ICON, '');
  return /\p{L}{2,}/u.test(without) && !NAME.test(without) && !CODE.test(without);
}

/** Of the literal, or of the pieces of a template. */
function textsOf(node: ts.Node): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (!ts.isTemplateExpression(node)) return [];
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)];
}

function isShown(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isParenthesizedExpression(parent)) return isShown(parent);
  if (ts.isConditionalExpression(parent)) return node !== parent.condition && isShown(parent);
  if (ts.isBinaryExpression(parent)) {
    const operator = parent.operatorToken.kind;
    if (operator !== ts.SyntaxKind.EqualsToken)
      return [ts.SyntaxKind.QuestionQuestionToken, ts.SyntaxKind.BarBarToken, ts.SyntaxKind.PlusToken].includes(
        operator,
      )
        ? isShown(parent)
        : operator === ts.SyntaxKind.AmpersandAmpersandToken && node === parent.right && isShown(parent);
    return ts.isPropertyAccessExpression(parent.left) && SHOWN_PROPERTIES.has(parent.left.name.text);
  }
  if (ts.isPropertyAssignment(parent)) {
    const { name } = parent;
    return node === parent.initializer && SHOWN_PROPERTIES.has(ts.isStringLiteral(name) ? name.text : name.getText());
  }
  if (!ts.isCallExpression(parent)) return false;
  const called = parent.expression.getText().split('.').pop()!;
  const argument = parent.arguments.indexOf(node as ts.Expression);
  return Object.hasOwn(SHOWING_CALLS, called) && argument >= 0 && SHOWING_CALLS[called]!(argument);
}

function* nodesOf(node: ts.Node): Iterable<ts.Node> {
  yield node;
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* nodesOf(child);
}

function found(files: Iterable<ts.SourceFile>): string[] {
  const list: string[] = [];
  for (const file of files)
    for (const node of nodesOf(file))
      if (textsOf(node).some(hasWords) && isShown(node)) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart());
        list.push(`${file.fileName}:${line + 1} ${node.getText()}`);
      }
  return list;
}

const files: readonly ts.SourceFile[] = [...parsedSources()];

test('visible texts are translated', () => {
  const shown = files.filter(({ fileName }) => !COLLECTOR.test(fileName) && !DECLARATION.test(fileName));
  expect(shown.length).toBeGreaterThan(150);
  expect(found(shown)).toEqual([]);
});

test('reasons for refusals are translated, whichever process refused', () => {
  const refusals = files.flatMap((file) =>
    [...nodesOf(file)].filter(ts.isCallExpression).filter(({ expression }) => expression.getText() === 'userError'),
  );
  expect(refusals.length).toBeGreaterThan(50);
  const plain = refusals.filter((call) => textsOf(call.arguments[1]!).some(hasWords));
  expect(plain.map((call) => call.getText())).toEqual([]);
});

test.each([
  "vscode.window.showInformationMessage('Nothing was stopped.')",
  "el('p', {}, run === undefined ? 'No run' : '')",
  "const fix = { title: `Open ${name}`, command: 'open' };",
  "button.title = 'Close it';",
])('an untranslated text is found: %s', (code) =>
  expect(found([ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true)])).toHaveLength(1),
);

test.each(["el('p', { class: 'muted' }, t('No run'))", "input.placeholder = 'team=nlp, -draft';"])(
  'a translated text, or code, is not reported: %s',
  (code) => expect(found([ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true)])).toEqual([]),
);

/** The bundle is there once the extension is activated, which is after its modules were loaded; a page has it before. */
test('no text is translated while modules load', () => {
  const early: string[] = [];
  for (const file of files) {
    if (file.fileName.startsWith('webview/')) continue;
    for (const node of nodesOf(file)) {
      if (!ts.isCallExpression(node) || node.expression.getText() !== 't') continue;
      let at: ts.Node = node;
      while (!ts.isSourceFile(at) && !ts.isFunctionLike(at) && !ts.isPropertyDeclaration(at)) at = at.parent;
      if (ts.isSourceFile(at)) early.push(`${file.fileName} ${node.getText()}`);
    }
  }
  expect(early).toEqual([]);
});
