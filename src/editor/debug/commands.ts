import { type Handlers, trusted } from '../window/commands';
import type { contribution } from './contribution';
import type { DebugRun } from './debugRun';

export function debugCommands(debugRun: DebugRun): Handlers<typeof contribution> {
  return { 'xtrack.debugCurrentFile': trusted((file) => debugRun.debugFile(file)) };
}
