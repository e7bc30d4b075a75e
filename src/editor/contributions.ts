/**
 * Every id that package.json contributes, typed once: a command without a handler does not compile, and a test holds
 * package.json against these lists.
 */

import type { JournalPolicy } from '../protocol/api';

export const COMMANDS = [
  'xtrack.launch',
  'xtrack.launchCurrentFile',
  'xtrack.debugCurrentFile',
  'xtrack.trackCell',
  'xtrack.runAgain',
  'xtrack.editAndRun',
  'xtrack.stop',
  'xtrack.sendCommand',
  'xtrack.resume',
  'xtrack.resumeFrom',
  'xtrack.fork',
  'xtrack.openCharts',
  'xtrack.filterRuns',
  'xtrack.clearFilter',
  'xtrack.refresh',
  'xtrack.loadMore',
  'xtrack.showOutput',
  'xtrack.openFailure',
  'xtrack.openArtifact',
  'xtrack.exportRun',
  'xtrack.rename',
  'xtrack.editNotes',
  'xtrack.tag',
  'xtrack.star',
  'xtrack.unstar',
  'xtrack.delete',
  'xtrack.restoreDeleted',
  'xtrack.emptyTrash',
  'xtrack.diskUsage',
  'xtrack.copyRunId',
  'xtrack.rebuildDatabase',
  'xtrack.watchFolder',
  'xtrack.openExample',
  'xtrack.copyLines',
  'xtrack.installClient',
  'xtrack.doctor',
  'xtrack.showLog',
] as const;
export type CommandId = (typeof COMMANDS)[number];

/** Settings below `xtrack.` that each folder may have its own of, with the type of their value. */
export interface FolderSettings {
  interpreter: string;
  directory: string;
  outputPatterns: string[];
  /** As people wrote them: not checked. */
  launchProfiles: unknown[];
}
export const FOLDER_SETTINGS = [
  'interpreter',
  'directory',
  'outputPatterns',
  'launchProfiles',
] as const satisfies readonly (keyof FolderSettings)[];

/** Those that a window has one of. */
export interface WindowSettings {
  keyMetric: string;
  openChartsOnLaunch: boolean;
  notifyLongRunMinutes: number;
  /** As people wrote them: not checked. */
  alerts: unknown[];
  'webhook.url': string;
  'webhook.secret': string;
  journals: JournalPolicy;
  'retention.days': number;
  'retention.trashDays': number;
  idleExitMinutes: number;
}
export const WINDOW_SETTINGS = [
  'keyMetric',
  'openChartsOnLaunch',
  'notifyLongRunMinutes',
  'alerts',
  'webhook.url',
  'webhook.secret',
  'journals',
  'retention.days',
  'retention.trashDays',
  'idleExitMinutes',
] as const satisfies readonly (keyof WindowSettings)[];

export const VIEW_CONTAINER = 'xtrack';
export const RUNS_VIEW = 'xtrack.runs';
export const TASK_TYPE = 'xtrack';

/** What activates the extension where a window comes up with it again. */
export const CHARTS_PANEL = 'xtrack.charts';
export const NOTES_SCHEME = 'xtrack-notes';

/** Context keys that menus, welcome texts and the walkthrough of package.json ask. */
export const CONTEXT_KEYS = [
  'xtrack.view',
  'xtrack.filtered',
  'xtrack.did.example',
  'xtrack.did.track',
  'xtrack.did.lines',
  'xtrack.did.compare',
] as const;
export type ContextKey = (typeof CONTEXT_KEYS)[number];

export const SERIES_COLORS = [
  'xtrack.series1',
  'xtrack.series2',
  'xtrack.series3',
  'xtrack.series4',
  'xtrack.series5',
  'xtrack.series6',
  'xtrack.series7',
  'xtrack.series8',
  'xtrack.series9',
  'xtrack.series10',
] as const;
