import type { SyntaxNode } from '@lezer/common';
import { t } from '../../base/texts';
import type { PythonNames } from '../python/pythonNames';
import type { Finding, Rule } from './rule';

/** Literals that `log_metric` skips, by their node. */
const LITERALS: Readonly<Record<string, string>> = {
  String: 'str',
  FormatString: 'str',
  ContinuedString: 'str',
  None: 'None',
  ArrayExpression: 'list',
  ArrayComprehensionExpression: 'list',
  DictionaryExpression: 'dict',
  SetExpression: 'set',
};

/** `run.log_metric("loss", "0.5")`: the client skips a value that is not a number, so the metric has no curve. */
export const metricNotANumber: Rule = {
  id: 'metric-not-a-number',
  severity: 'warning',
  *check({ tree }, names): Iterable<Finding> {
    const calls: SyntaxNode[] = [];
    tree.iterate({ enter: (node) => void (node.name === 'CallExpression' && calls.push(node.node)) });
    for (const call of calls) {
      const value = isLogMetric(call, names) ? valueOf(call, names) : null;
      const type = value && LITERALS[value.name];
      if (!value || !type) continue;
      const message = t('log_metric() takes a number, and skips this {0}. Convert it, or use log_param().', type);
      yield { from: value.from, to: value.to, message };
    }
  },
};

/** Whether it is a call of the package itself, or of a run that it started. */
function isLogMetric(call: SyntaxNode, names: PythonNames): boolean {
  return /^xtrack\.(.+\.)?log_metric$/.test(names.pathOf(call.firstChild));
}

/** The second argument, or the one named `value`; null if that is uncertain. */
function valueOf(call: SyntaxNode, names: PythonNames): SyntaxNode | null {
  let position = 0;
  for (let node = call.getChild('ArgList')?.firstChild?.nextSibling; node; node = node.nextSibling) {
    if (node.name === ',') {
      position++;
      continue;
    }
    if (node.name.startsWith('*')) return null;
    if (node.nextSibling?.name === 'AssignOp') {
      const value = node.nextSibling.nextSibling;
      if (!value || names.textOf(node) === 'value') return value;
      node = value;
    } else if (position === 1) {
      return node;
    }
  }
  return null;
}
