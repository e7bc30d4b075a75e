import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { PythonSource } from '../../../src/language/python/pythonSource';
import { diagnosticsOf } from '../../../src/language/rules/diagnostics';
import { RULES } from '../../../src/language/rules/rules';
import { examples } from './corpus';

const PAGES = join(__dirname, '../../../docs/rules');

/** The code of each finding, and what it marks. */
function found(text: string): [code: unknown, marked: string][] {
  const source = PythonSource.create('file:///a.py', 'python', 1, text);
  const lines = text.split('\n');
  return diagnosticsOf(source).map(({ code, range: { start, end } }) => [
    code,
    lines[start.line]!.slice(start.character, end.character),
  ]);
}

describe('every rule', () => {
  test('has a page under docs/rules, and every page has a rule', () => {
    for (const { id } of RULES) {
      expect(existsSync(join(PAGES, `${id}.md`)), id).toBe(true);
      expect(readFileSync(join(PAGES, `${id}.md`), 'utf8')).toMatch(new RegExp(`^# ${id}\n`));
    }
    expect(readdirSync(PAGES).sort()).toEqual(RULES.map(({ id }) => `${id}.md`).sort());
  });

  test.each([...examples('train'), ...examples('quiet')])('finds nothing in $name', ({ text }) => {
    expect(found(text)).toEqual([]);
    // Not because the file does not mention xtrack.
    expect(found(`import xtrack\n${text}`)).toEqual([]);
  });

  it('accepts a file at every stage of being typed', () => {
    const text =
      'import xtrack\nwith xtrack.start_run() as run:\n    run.log_metric("loss", value="0.5", step=[1, 2])\n';
    for (let end = 0; end <= text.length; end++) expect(() => found(text.slice(0, end))).not.toThrow();
  });
});

describe('metric-not-a-number', () => {
  const RUN = 'from xtrack import Tracker\nwith Tracker.start_run() as run:\n    ';

  it.each([
    ['run.log_metric("loss", "0.5")', '"0.5"'],
    ['run.log_metric("loss", f"{loss:.3f}", step=3)', 'f"{loss:.3f}"'],
    ['run.log_metric("loss", step=3, value=None)', 'None'],
    ['run.log_metric(key="loss", value=[1, 2])', '[1, 2]'],
    ['run.log_metric("loss", {"a": 1})', '{"a": 1}'],
  ])('marks the value of %s', (call, value) => {
    expect(found(RUN + call)).toEqual([['metric-not-a-number', value]]);
  });

  it("recognises the package's functions and runs in variables", () => {
    const mark = [['metric-not-a-number', '"x"']];
    expect(found('import xtrack\nxtrack.log_metric("a", "x")')).toEqual(mark);
    expect(found('import xtrack as xt\nrun = xt.start_run()\nrun.log_metric("a", "x")')).toEqual(mark);
    expect(found('from xtrack import log_metric\nlog_metric("a", "x")')).toEqual(mark);
  });

  it.each([
    'run.log_metric("loss", loss)',
    'run.log_metric("loss", 0.5)',
    'run.log_metric("loss", float("0.5"))',
    'run.log_metric("loss", loss, phase="val")',
    'run.log_metric(*both, "train")',
    'run.log_metric("loss", *rest)',
    'run.log_metric("loss", **{"value": 1})',
    'run.log_metric("loss",)',
    'run.log_metric("loss")',
    'run.log_metric("loss", step="3")',
    'run.log_param("optimizer", "adam")',
    'other.log_metric("loss", "0.5")',
  ])('is silent about %s', (call) => {
    expect(found(RUN + call)).toEqual([]);
  });

  it('is silent about other trackers in a file that mentions xtrack', () => {
    expect(found('# not xtrack\nimport mlflow\nmlflow.log_metric("loss", "0.5")')).toEqual([]);
  });
});
