import { type Handlers, trusted } from '../window/commands';
import type { contribution } from './contribution';
import type { InstallClient } from './installClient';

export function clientCommands(installClient: InstallClient): Handlers<typeof contribution> {
  return { 'xtrack.installClient': trusted((interpreter) => installClient.run(interpreter)) };
}
