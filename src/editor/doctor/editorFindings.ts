/** Findings that the client's doctor cannot know. Pure: everything follows from the facts. */
import { t } from '../../base/texts';
import type { Interpreter } from '../python/interpreter';
import { type Finding, type Fix, showLog } from './finding';

export interface DoctorFacts {
  version: string;
  build: string;
  trusted: boolean;
  /** Of the workspace. */
  folders: number;
  directories: DirectoryFacts[];
  /** `.xtrack` directories in subfolders, whose runs are not shown. */
  unshown: string[];
  interpreter: Interpreter & {
    /** What is wrong with it. */
    error: string | null;
    version: string | null;
    executable: string | null;
    /** Another package named xtrack. */
    other: string | null;
  };
  filter: string;
  /** Runs that the filter hides. */
  hidden: number;
  trashed: number;
  /** Settings whose value has the wrong type; `wanted` is a JSON type. */
  invalid: { name: string; value: string; wanted: string }[];
}

export interface DirectoryFacts {
  dir: string;
  /** Names of the workspace folders whose runs are there. */
  folders: string[];
  exists: boolean;
  /** Who chose it. */
  by: 'variable' | 'setting' | 'upwards' | 'folder';
  state: 'idle' | 'connecting' | 'connected' | { error: string };
  collector: { version: string; build: string; follower: string | null; backlog_bytes: number; pid: number } | null;
  runs: number;
}

export function editorFindings(facts: DoctorFacts): Finding[] {
  return [
    ...workspaceFindings(facts),
    ...interpreterFindings(facts),
    ...facts.directories.flatMap((directory) => [
      ...directoryFindings(directory),
      ...collectorFindings(directory, facts),
    ]),
    ...shownFindings(facts),
    ...settingFindings(facts),
  ];
}

const openSetting = (name: string): Fix => ({
  title: t('Open Setting'),
  command: 'workbench.action.openSettings',
  args: [name],
});
const reload = (): Fix => ({ title: t('Reload Window'), command: 'workbench.action.reloadWindow' });

function sentences(...parts: string[]): string {
  return parts.filter(Boolean).join(' ');
}

function workspaceFindings({ folders, trusted }: DoctorFacts): Finding[] {
  const found: Finding[] = [];
  if (folders === 0)
    found.push({
      id: 'editor.no_folder',
      level: 'warning',
      title: t('No folder open'),
      detail: t('XTrack shows the runs of the folders that are open in this window.'),
      action: t('Open the folder you train in.'),
      fix: { title: t('Open Folder'), command: 'vscode.openFolder' },
    });
  if (!trusted)
    found.push({
      id: 'editor.untrusted',
      level: 'warning',
      title: t('This workspace is not trusted'),
      detail: t(
        'Its runs are shown, but launching, resuming, stopping and installing are disabled, and Python was not checked.',
      ),
      action: t('Trust the workspace if you trust its authors.'),
      fix: { title: t('Manage Workspace Trust'), command: 'workbench.trust.manage' },
    });
  return found;
}

function interpreterFindings({ interpreter, trusted }: DoctorFacts): Finding[] {
  if (!trusted) return [];
  const { path, origin, error, version, executable, other } = interpreter;
  const chosenBy = {
    setting: t('It comes from the setting xtrack.interpreter.'),
    extension: t('It is selected in the Python extension.'),
    path: t('It is the first python3 on the PATH, because no interpreter is selected.'),
  }[origin];
  const fix: Fix =
    origin === 'extension'
      ? { title: t('Select Interpreter'), command: 'python.setInterpreter' }
      : openSetting('xtrack.interpreter');
  if (error !== null)
    return [
      {
        id: 'editor.interpreter',
        level: 'error',
        title: t('Python does not start: {0}', path),
        detail: `${error} ${chosenBy}`,
        action: t('Select another interpreter, or install Python 3.8 or newer.'),
        fix,
      },
    ];
  const found: Finding[] = [
    {
      id: 'editor.interpreter',
      level: 'ok',
      title: t('Scripts run with Python {0}', version ?? ''),
      detail: `${executable}. ${chosenBy}`,
      action: '',
    },
  ];
  if (other !== null)
    found.push({
      id: 'editor.name_collision',
      level: 'warning',
      title: t('Another package is named xtrack'),
      detail: t('{0}. While a script is tracked, "import xtrack" finds the XTrack client first.', other),
      action: t('Train with an interpreter that does not have it, or run the scripts that need it without tracking.'),
      fix,
    });
  return found;
}

function directoryFindings({ dir, folders, exists, by, state, runs }: DirectoryFacts): Finding[] {
  const whose =
    folders.length > 0
      ? t('The runs of {0} are kept in {1}.', folders.join(', '), dir)
      : t('Showing the runs in {0}.', dir);
  const why = {
    variable: t('The environment variable XTRACK_DIR of this window sets it and takes precedence over all settings.'),
    setting: t('The setting xtrack.directory sets it.'),
    upwards: t('It belongs to a parent folder or to the Git repository.'),
    folder: '',
  }[by];
  const elsewhere = by === 'folder' ? 'info' : 'warning';
  if (!exists)
    return [
      {
        id: 'editor.directory',
        level: by === 'setting' || by === 'variable' ? 'warning' : 'info',
        title: t('There are no runs yet in {0}', dir),
        detail: sentences(whose, why, t('The directory does not exist yet; the first run creates it.')),
        action: by === 'folder' ? t('Track a script.') : t('Track a script, or select another directory.'),
        fix:
          by === 'setting' ? openSetting('xtrack.directory') : { title: t('Track a Script'), command: 'xtrack.launch' },
      },
    ];
  return [
    {
      id: 'editor.directory',
      level: by === 'folder' || by === 'upwards' ? 'ok' : elsewhere,
      title: state !== 'connected' ? dir : runs === 1 ? t('1 run is in {0}', dir) : t('{0} runs are in {1}', runs, dir),
      detail: sentences(whose, why),
      action:
        by === 'variable' || by === 'setting'
          ? t('If runs are missing, check whether they were recorded elsewhere.')
          : '',
      ...(by === 'setting' ? { fix: openSetting('xtrack.directory') } : {}),
    },
  ];
}

function collectorFindings({ dir, state, collector }: DirectoryFacts, facts: DoctorFacts): Finding[] {
  const found: Finding[] = [];
  if (typeof state === 'object')
    found.push({
      id: 'editor.collector',
      level: 'error',
      title: t('The collector is not responding'),
      detail: t('For {0}: {1}', dir, state.error),
      action: t('Try again. If the problem persists, check the log.'),
      fix: { title: t('Try Again'), command: 'xtrack.refresh' },
    });
  if (state === 'connecting')
    found.push({
      id: 'editor.collector',
      level: 'warning',
      title: t('The collector is not responding yet'),
      detail: t('For {0}: it is starting, or being looked up.', dir),
      action: t('Check again in a few seconds.'),
      fix: showLog(),
    });
  if (!collector || state !== 'connected') return found;
  const same = collector.build === facts.build;
  found.push({
    id: 'editor.collector',
    level: same ? 'ok' : 'warning',
    title: same
      ? t('The collector is running (process {0})', collector.pid)
      : t('The collector is from another version'),
    detail: same
      ? t('Version {0}, the same as this extension.', collector.version)
      : t(
          'The collector is {0} ({1}), this window is {2} ({3}): another window uses another version of XTrack.',
          collector.version,
          collector.build,
          facts.version,
          facts.build,
        ),
    action: same ? '' : t('Reload all VS Code windows so that they use the same version.'),
    ...(same ? {} : { fix: reload() }),
  });
  if (collector.follower !== null)
    found.push({
      id: 'editor.follower',
      level: 'warning',
      title: t('Runs are read-only in this window'),
      detail: `${dir}: ${collector.follower}`,
      action: t(
        'Launch runs on the machine whose collector owns the directory, or close that one. If the directory is not writable, change its permissions.',
      ),
      fix: showLog(),
    });
  if (collector.backlog_bytes > 1_000_000)
    found.push({
      id: 'editor.backlog',
      level: 'info',
      title: t('Journals are still loading'),
      detail: t('{0} MB of {1} are not in the list yet.', Math.round(collector.backlog_bytes / 1e6), dir),
      action: t('Wait. The newest runs are loaded first.'),
    });
  return found;
}

function shownFindings({ filter, hidden, trashed, unshown }: DoctorFacts): Finding[] {
  const found: Finding[] = [];
  if (filter !== '')
    found.push({
      id: 'editor.filter',
      level: 'warning',
      title: hidden === 1 ? t('A filter hides 1 run') : t('A filter hides {0} runs', hidden),
      detail: t('The list shows only runs that match {0}', filter),
      action: t('Clear the filter to see all runs.'),
      fix: { title: t('Clear Filter'), command: 'xtrack.clearFilter' },
    });
  if (trashed > 0)
    found.push({
      id: 'editor.trash',
      level: 'info',
      title: trashed === 1 ? t('1 run is in the trash') : t('{0} runs are in the trash', trashed),
      detail: t('Deleted runs are not in the list, but can be restored.'),
      action: t('Restore the runs that you need.'),
      fix: { title: t('Restore from Trash'), command: 'xtrack.restoreDeleted' },
    });
  if (unshown.length > 0)
    found.push({
      id: 'editor.other_folder',
      level: 'warning',
      title: t('There are runs in subfolders of this workspace'),
      detail: t(
        'Not shown: {0}. These folders have an .xtrack directory of their own, which scripts that run there use.',
        unshown.join(', '),
      ),
      action: t('Watch that folder, or add it to the workspace.'),
      fix: { title: t('Watch a Folder'), command: 'xtrack.watchFolder' },
    });
  return found;
}

function settingFindings({ invalid }: DoctorFacts): Finding[] {
  return invalid.map(({ name, value, wanted }) => ({
    id: 'editor.setting',
    level: 'error',
    title: t('{0} has an invalid value', name),
    detail: t('The value is {0}, but a value of type {1} is expected.', value, wanted),
    action: t('Correct it, or remove it to use the default.'),
    fix: openSetting(name),
  }));
}
