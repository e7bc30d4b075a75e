import { t } from '../../base/texts';
import { type Finding, type Fix, type Level, LEVELS } from './finding';

export interface Report {
  text: string;
  /** By line, from 0. */
  fixes: { line: number; fix: Fix }[];
}

const MARKS: Record<Level, string> = { error: '✗', warning: '⚠', info: 'ℹ', ok: '✓' };
const WIDTH = 100;

/** Lists problems first; each finding without a problem takes one line at the end. */
export function doctorReport(findings: readonly Finding[], heading: string): Report {
  const lines = [heading, summary(findings)];
  const fixes: Report['fixes'] = [];
  for (const level of LEVELS) {
    for (const finding of findings.filter((each) => each.level === level)) {
      lines.push('');
      if (finding.fix) fixes.push({ line: lines.length, fix: finding.fix });
      lines.push(`${MARKS[level]} ${oneLine(finding.title)}`);
      lines.push(...wrapped(finding.detail));
      if (finding.action) lines.push(...wrapped(`→ ${finding.action}`));
    }
  }
  return { text: `${lines.join('\n')}\n`, fixes };
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Level): number => findings.filter((each) => each.level === level).length;
  const said = (n: number, one: string, many: string): string | null => (n === 0 ? null : n === 1 ? one : many);
  const [errors, warnings, hints] = [count('error'), count('warning'), count('info')];
  const parts = [
    said(errors, t('1 problem'), t('{0} problems', errors)),
    said(warnings, t('1 warning'), t('{0} warnings', warnings)),
    said(hints, t('1 hint'), t('{0} hints', hints)),
  ].filter(Boolean);
  return parts.length === 0 ? t('No problems found.') : `${parts.join(', ')}.`;
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(/\s+/)) {
      if (line && line.length + word.length > WIDTH) {
        lines.push(line);
        line = '';
      }
      line = line ? `${line} ${word}` : word;
    }
    lines.push(line);
  }
  return lines.filter(Boolean).map((line) => `    ${line}`);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
