/** Conditions that several `when` clauses share. */
import { RUNS_VIEW } from './ids';

export const NEVER = 'false';
export const TRUSTED = 'isWorkspaceTrusted';
export const IN_FOLDER = 'workspaceFolderCount > 0';
export const IN_RUNS_VIEW = `view == ${RUNS_VIEW}`;
/** There are runs, although a filter may hide them all. */
export const HAS_RUNS = "xtrack.view == 'runs' || xtrack.filtered";
export const IS_RUN = 'viewItem =~ /^run\\./';
export const IS_ACTIVE_RUN = 'viewItem =~ /^run\\.active/';
export const IS_ENDED_RUN = 'viewItem =~ /^run\\.ended/';
export const IS_CHECKPOINT = 'viewItem == checkpoint';
/** Files that the collector can start: those of the machine that this window works on. */
export const ON_DISK = 'resourceScheme =~ /^(file|vscode-remote)$/';
/** An item of the runs view has the keyboard, and nothing is being typed. */
export const RUN_HAS_FOCUS = `focusedView == ${RUNS_VIEW} && !listFocusEmpty && !inputFocus`;

export function all(...conditions: string[]): string {
  return conditions.map((one) => (one.includes(' || ') ? `(${one})` : one)).join(' && ');
}
