import { type Handlers, trusted } from '../window/commands';
import type { contribution } from './contribution';
import type { TrackCell } from './trackCell';

export function notebookCommands(trackCell: TrackCell): Handlers<typeof contribution> {
  return { 'xtrack.trackCell': trusted((cell) => trackCell.track(cell)) };
}
