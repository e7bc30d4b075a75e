/** The client's own doctor, run with the interpreter that scripts run with. */
import type * as vscode from 'vscode';
import { t } from '../../base/texts';
import { runProgram } from '../python/program';
import { lastLine } from '../python/pythonProbe';
import { type Finding, LEVELS, type Level, showLog } from './finding';

const SECONDS = 30;

export interface PythonDoctorRequest {
  interpreter: string;
  cwd: string;
  env: NodeJS.ProcessEnv;
  cancel: vscode.CancellationToken;
}

export async function pythonFindings({ interpreter, cwd, env, cancel }: PythonDoctorRequest): Promise<Finding[]> {
  const args = ['-m', 'xtrack', 'doctor', '--json'];
  // A file in the folder must not be imported in place of the client.
  const safe = { ...env, PYTHONSAFEPATH: '1' };
  try {
    const { code, stdout, stderr } = await runProgram({
      command: interpreter,
      args,
      cwd,
      env: safe,
      seconds: SECONDS,
      cancel,
    });
    if (cancel.isCancellationRequested) return [];
    if (code === null) return [silent(t('It did not finish within {0} s.', SECONDS))];
    return readFindings(stdout) ?? [silent(lastLine(stderr) || t('It exited with {0} and printed nothing.', code))];
  } catch (error) {
    return [silent(String(error))];
  }
}

/** Null if the text is not a report of the doctor. */
export function readFindings(stdout: string): Finding[] | null {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    return null;
  }
  const findings = (answer as { findings?: unknown } | null)?.findings;
  if (!Array.isArray(findings)) return null;
  return findings.map((each: Record<string, unknown>) => {
    const level = LEVELS.find((known): known is Level => known === each['level']) ?? 'info';
    const [id, title, detail, action] = ['id', 'title', 'detail', 'action'].map((name) => text(each[name]));
    return { id: id!, level, title: title!, detail: detail!, action: action! };
  });
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function silent(detail: string): Finding {
  return {
    id: 'editor.python_doctor',
    level: 'error',
    title: t('The client could not be checked'),
    detail,
    action: t('Try another interpreter, and check the XTrack log.'),
    fix: showLog(),
  };
}
