import type * as vscode from 'vscode';
import type { Handlers } from '../window/commands';
import type { contribution } from './contribution';
import type { Doctor } from './doctor';

export function doctorCommands(doctor: Doctor, log: vscode.LogOutputChannel): Handlers<typeof contribution> {
  return { 'xtrack.doctor': () => doctor.run(), 'xtrack.showLog': () => log.show() };
}
