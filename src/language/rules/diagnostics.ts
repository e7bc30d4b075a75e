import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver/node';
import { PythonNames } from '../python/pythonNames';
import type { PythonSource } from '../python/pythonSource';
import { RULES } from './rules';

const SEVERITIES = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  hint: DiagnosticSeverity.Hint,
};

/** The rules' findings in a file. `pages` is the URI of the folder with their pages, if the editor has it. */
export function diagnosticsOf(source: PythonSource, pages?: string): Diagnostic[] {
  if (!source.text.includes('xtrack')) return [];
  const names = new PythonNames(source.tree, source.text);
  return RULES.flatMap((rule) =>
    [...rule.check(source, names)].map(({ from, to, message }) => ({
      range: { start: source.positionOf(from), end: source.positionOf(to) },
      severity: SEVERITIES[rule.severity],
      source: 'XTrack',
      code: rule.id,
      ...(pages !== undefined && { codeDescription: { href: `${pages}/${rule.id}.md` } }),
      message,
    })),
  );
}
