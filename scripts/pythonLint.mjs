// Ruff's rules for the Python client and the tests in Python. Ruff comes from npm, as WebAssembly, so that every machine
// has the same one.   node scripts/pythonLint.mjs [--fix]
import { PositionEncoding, Workspace } from '@astral-sh/ruff-wasm-nodejs';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './dependencies.mjs';

/** Scripts in test/fixtures are what users write, mistakes included. */
const FOLDERS = ['src/python', 'test/bench', 'test/conformance', 'test/faults', 'test/python'];
const SETTINGS = {
  'target-version': 'py38',
  'line-length': 160,
  lint: {
    select: ['F', 'E', 'W', 'B', 'C4', 'I', 'PIE', 'PLE', 'RET', 'SIM', 'UP'],
    // The whole client formats texts with %, and splits lists of words from one text.
    ignore: ['UP031', 'SIM905'],
    isort: { 'known-first-party': ['xtrack', 'kernel', 'support'] },
    // Python 3.8 cannot evaluate `X | None` when type hints are requested at run time.
    pyupgrade: { 'keep-runtime-typing': true },
  },
};

const workspace = new Workspace(SETTINGS, PositionEncoding.Utf16);

function* pythonFiles() {
  for (const folder of FOLDERS)
    for (const name of readdirSync(join(ROOT, folder), { recursive: true }).sort())
      if (name.endsWith('.py')) yield join(folder, name);
}

/** Applies the findings' edits to `text`; edits that overlap an earlier one wait for the next round. */
function fixed(text, findings) {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const offset = ({ row, column }) => (starts[row - 1] ?? text.length) + column - 1;
  const edits = findings
    .flatMap(({ fix }) => fix?.edits ?? [])
    .map((edit) => ({ from: offset(edit.location), to: offset(edit.end_location), content: edit.content ?? '' }))
    .sort((a, b) => a.from - b.from);
  let result = '';
  let end = 0;
  for (const { from, to, content } of edits) {
    if (from < end) continue;
    result += text.slice(end, from) + content;
    end = to;
  }
  return result + text.slice(end);
}

const ROUNDS = process.argv.includes('--fix') ? 10 : 0;
let count = 0;
for (const path of pythonFiles()) {
  let text = readFileSync(join(ROOT, path), 'utf8');
  let findings = workspace.check(text);
  for (let round = 0; round < ROUNDS && findings.some(({ fix }) => fix); round++) {
    text = fixed(text, findings);
    writeFileSync(join(ROOT, path), text);
    findings = workspace.check(text);
  }
  for (const { code, message, start_location } of findings)
    console.log(`${path}:${start_location.row}:${start_location.column} ${code ?? 'syntax'} ${message}`);
  count += findings.length;
}
process.exitCode = count > 0 ? 1 : 0;
