/** Our keys against every key that this editor comes with, in the places where ours apply. */
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

interface Keybinding {
  key: string;
  command: string;
  when?: string;
}
/** What the `when` clauses ask; what is not said is not so. */
type Place = Record<string, string | number | boolean>;

const EVERYWHERE = { isWorkspaceTrusted: true, editorIsOpen: true, sideBarVisible: true, workspaceFolderCount: 1 };
const EDITOR: Place = {
  ...EVERYWHERE,
  ...{
    editorFocus: true,
    editorTextFocus: true,
    textInputFocus: true,
    inputFocus: true,
    activeEditor: 'x.editors.text',
  },
  ...{ editorLangId: 'python', resourceLangId: 'python', resourceScheme: 'vscode-remote', resourceSet: true },
  ...{ editorHasRenameProvider: true, editorHasSelection: true, isFileSystemResource: true },
};
const RUNS: Place = {
  ...EVERYWHERE,
  ...{ focusedView: 'xtrack.runs', sideBarFocus: true, activeViewlet: 'workbench.view.extension.xtrack' },
  ...{ listFocus: true, listSupportsMultiselect: true, listSupportsFind: true, listHasSelectionOrFocus: true },
  ...{ listDoubleSelection: true, listMultiSelection: true, treeElementCanExpand: true, treeFindOpen: false },
};
/** In the field above the runs in which the editor finds rows. */
const RUNS_FIND: Place = { ...RUNS, inputFocus: true, treeFindOpen: true };

describe('our keys', () => {
  let all: Keybinding[];
  before(async () => {
    const uri = vscode.Uri.parse('vscode://defaultsettings/keybindings.json');
    const text = (await vscode.workspace.openTextDocument(uri)).getText();
    all = JSON.parse(text.slice(text.indexOf('['), text.lastIndexOf('\n]') + 2)) as Keybinding[];
    assert.ok(all.length > 500, `${all.length} keys are read`);
  });
  const ours = (): Keybinding[] => all.filter(({ command }) => command.startsWith('xtrack.'));
  const others = (key: string, place: Place): string[] =>
    all
      .filter((each) => !each.command.startsWith('xtrack.') && overlap(each.key, key) && holds(each.when, place))
      .map(({ command }) => command);
  const inPlace = (place: Place): string[] =>
    ours()
      .filter(({ when }) => holds(when, place))
      .map(({ key, command }) => `${key} ${command}`);

  it('apply in their contexts', () => {
    assert.deepEqual(inPlace(EDITOR), ['ctrl+k x xtrack.launchCurrentFile']);
    assert.deepEqual(inPlace(RUNS), ['ctrl+f xtrack.filterRuns', 'f2 xtrack.rename', 'delete xtrack.delete']);
    assert.equal(ours().length, 4);
    // Who mends a letter there deletes no run.
    assert.deepEqual(inPlace(RUNS_FIND), ['ctrl+f xtrack.filterRuns']);
  });

  it('do not conflict with those of the editor', () => {
    assert.deepEqual(others('ctrl+k x', EDITOR), []);
    assert.deepEqual(others('f2', RUNS), []);
    assert.deepEqual(others('delete', RUNS), []);
    // Ctrl+F finds in the editor from everywhere, but for views with a filter, the editor's own too.
    assert.deepEqual(others('ctrl+f', RUNS), ['actions.find']);
    assert.deepEqual(others('ctrl+f', { ...RUNS, focusedView: 'workbench.panel.markers.view' }), [
      'actions.find',
      'problems.action.focusFilter',
    ]);
  });

  it('would be detected when they conflict', () => {
    assert.deepEqual(others('f2', EDITOR), ['editor.action.rename']);
    assert.ok(others('ctrl+k', EDITOR).length > 10);
    assert.ok(others('delete', EDITOR).includes('deleteRight'));
  });
});

/** Whether one is the other, or begins it. */
function overlap(a: string, b: string): boolean {
  return `${a} `.startsWith(`${b} `) || `${b} `.startsWith(`${a} `);
}

/** The editor writes clauses as alternatives of conditions, without parentheses. */
function holds(when: string | undefined, place: Place): boolean {
  return when === undefined || when.split(' || ').some((each) => each.split(' && ').every((one) => isSo(one, place)));
}

function isSo(condition: string, place: Place): boolean {
  const [, key = '', operator, operand = ''] = /^(\S+)(?: (==|!=|=~|<=?|>=?|in|not in) (.+))?$/.exec(condition) ?? [];
  assert.notEqual(key, '', `${condition} is not understood`);
  // Somebody has it set so.
  if (key.startsWith('config.')) return true;
  if (operator === undefined) return key.startsWith('!') ? !place[key.slice(1)] : Boolean(place[key]) || key === 'true';
  const value = String(place[key] ?? '');
  const wanted = operand.replaceAll(/^'|'$/g, '');
  if (operator === '==') return value === wanted;
  if (operator === '!=') return value !== wanted;
  if (operator === '=~') return new RegExp(operand.slice(1, operand.lastIndexOf('/'))).test(value);
  if (operator === 'in') return false;
  if (operator === 'not in') return true;
  return operator.startsWith('<') ? Number(value) <= Number(operand) : Number(value) >= Number(operand);
}
