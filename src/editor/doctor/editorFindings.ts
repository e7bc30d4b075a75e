/** What the editor knows that the client's doctor cannot: pure, from facts that were collected before. */
import type { Interpreter } from '../interpreter';
import type { Finding, Fix } from './finding';

export interface DoctorFacts {
  version: string;
  build: string;
  trusted: boolean;
  /** Of the workspace. */
  folders: number;
  directories: DirectoryFacts[];
  /** `.xtrack` directories below the folders that are not shown. */
  unshown: string[];
  interpreter: Interpreter & {
    /** What is wrong with it. */
    error: string | null;
    version: string | null;
    executable: string | null;
    /** Another package of our name. */
    other: string | null;
  };
  filter: string;
  /** Runs that the filter hides. */
  hidden: number;
  trashed: number;
  /** Settings whose value is of the wrong kind, as "xtrack.name: value". */
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
  title: 'Open the Setting',
  command: 'workbench.action.openSettings',
  args: [name],
});
const SHOW_LOG: Fix = { title: 'Show Log', command: 'xtrack.showLog' };
const RELOAD: Fix = { title: 'Reload Window', command: 'workbench.action.reloadWindow' };

function workspaceFindings({ folders, trusted }: DoctorFacts): Finding[] {
  const found: Finding[] = [];
  if (folders === 0)
    found.push({
      id: 'editor.no_folder',
      level: 'warning',
      title: 'No folder is open',
      detail: 'Runs are shown of the folders that are open in this window.',
      action: 'Open the folder in which you train.',
      fix: { title: 'Open Folder', command: 'vscode.openFolder' },
    });
  if (!trusted)
    found.push({
      id: 'editor.untrusted',
      level: 'warning',
      title: 'This workspace is not trusted',
      detail: 'Its runs are shown, but nothing is launched, resumed, stopped or installed, and Python was not asked.',
      action: 'Trust it, if you trust who wrote it.',
      fix: { title: 'Manage Workspace Trust', command: 'workbench.trust.manage' },
    });
  return found;
}

function interpreterFindings({ interpreter, trusted }: DoctorFacts): Finding[] {
  if (!trusted) return [];
  const { path, origin, error, version, executable, other } = interpreter;
  const chosenBy = {
    setting: 'The setting xtrack.interpreter names it.',
    extension: 'It is the one that is chosen in the Python extension.',
    path: 'It is the first python3 on the PATH: no other was chosen.',
  }[origin];
  const fix: Fix =
    origin === 'extension'
      ? { title: 'Select Another', command: 'python.setInterpreter' }
      : openSetting('xtrack.interpreter');
  if (error !== null)
    return [
      {
        id: 'editor.interpreter',
        level: 'error',
        title: `Python does not start: ${path}`,
        detail: `${error} ${chosenBy}`,
        action: 'Choose one that is there, or install Python 3.8 or newer.',
        fix,
      },
    ];
  const found: Finding[] = [
    {
      id: 'editor.interpreter',
      level: 'ok',
      title: `Scripts run with Python ${version}`,
      detail: `${executable}. ${chosenBy}`,
      action: '',
    },
  ];
  if (other !== null)
    found.push({
      id: 'editor.name_collision',
      level: 'warning',
      title: 'Another package is called xtrack, too',
      detail: `${other}. While a script is tracked, its "import xtrack" finds XTrack's client first.`,
      action: 'Train with an interpreter that does not have it, or launch the scripts that need it without tracking.',
      fix,
    });
  return found;
}

function directoryFindings({ dir, folders, exists, by, state, runs }: DirectoryFacts): Finding[] {
  const whose = folders.length > 0 ? `The runs of ${folders.join(' and ')} are kept in ${dir}.` : `Shown: ${dir}.`;
  const why = {
    variable: ' The variable XTRACK_DIR of this window decides that, before every setting.',
    setting: ' The setting xtrack.directory decides that.',
    upwards: ' It was found above the folder: that of a parent folder or of the Git repository.',
    folder: '',
  }[by];
  const elsewhere = by === 'folder' ? 'info' : 'warning';
  if (!exists)
    return [
      {
        id: 'editor.directory',
        level: by === 'setting' || by === 'variable' ? 'warning' : 'info',
        title: `There are no runs yet in ${dir}`,
        detail: `${whose}${why} The directory is not there; the first run makes it.`,
        action: by === 'folder' ? 'Track a script.' : 'Track a script, or choose another directory.',
        fix: by === 'setting' ? openSetting('xtrack.directory') : { title: 'Track a Script', command: 'xtrack.launch' },
      },
    ];
  return [
    {
      id: 'editor.directory',
      level: by === 'folder' || by === 'upwards' ? 'ok' : elsewhere,
      title: state === 'connected' ? `${runs === 1 ? '1 run is' : `${runs} runs are`} in ${dir}` : dir,
      detail: `${whose}${why}`,
      action: by === 'variable' || by === 'setting' ? 'If runs are missing, look whether they went elsewhere.' : '',
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
      title: 'The collector does not answer',
      detail: `For ${dir}: ${state.error}`,
      action: 'Try again; if it stays so, the log says more.',
      fix: { title: 'Try Again', command: 'xtrack.refresh' },
    });
  if (state === 'connecting')
    found.push({
      id: 'editor.collector',
      level: 'warning',
      title: 'The collector does not answer yet',
      detail: `For ${dir}: it is being started or looked for.`,
      action: 'Check again in some seconds.',
      fix: SHOW_LOG,
    });
  if (!collector || state !== 'connected') return found;
  const same = collector.build === facts.build;
  found.push({
    id: 'editor.collector',
    level: same ? 'ok' : 'warning',
    title: same ? `The collector answers (process ${collector.pid})` : 'The collector is of another version',
    detail: same
      ? `Version ${collector.version}, as this extension.`
      : `It is ${collector.version} (${collector.build}), this window ${facts.version} (${facts.build}): another window uses another version of XTrack.`,
    action: same ? '' : 'Reload all windows of VS Code, so that they use the same.',
    ...(same ? {} : { fix: RELOAD }),
  });
  if (collector.follower !== null)
    found.push({
      id: 'editor.follower',
      level: 'warning',
      title: 'Runs are shown, but not kept here',
      detail: `${dir}: ${collector.follower}`,
      action:
        'Launch where its collector runs, or close that one; a directory that cannot be written needs other rights.',
      fix: SHOW_LOG,
    });
  if (collector.backlog_bytes > 1_000_000)
    found.push({
      id: 'editor.backlog',
      level: 'info',
      title: 'Journals are still being read',
      detail: `${Math.round(collector.backlog_bytes / 1e6)} MB of ${dir} are not in the list yet.`,
      action: 'Wait: newest runs come first.',
    });
  return found;
}

function shownFindings({ filter, hidden, trashed, unshown }: DoctorFacts): Finding[] {
  const found: Finding[] = [];
  if (filter !== '')
    found.push({
      id: 'editor.filter',
      level: 'warning',
      title: hidden === 1 ? 'A filter hides 1 run' : `A filter hides ${hidden} runs`,
      detail: `The list shows only those with ${filter}`,
      action: 'Clear the filter to see all.',
      fix: { title: 'Clear Filter', command: 'xtrack.clearFilter' },
    });
  if (trashed > 0)
    found.push({
      id: 'editor.trash',
      level: 'info',
      title: trashed === 1 ? '1 run is in the trash' : `${trashed} runs are in the trash`,
      detail: 'What was deleted is not in the list, and can be taken back.',
      action: 'Restore what you miss.',
      fix: { title: 'Restore from Trash', command: 'xtrack.restoreDeleted' },
    });
  if (unshown.length > 0)
    found.push({
      id: 'editor.other_folder',
      level: 'warning',
      title: 'There are runs in other folders of this workspace',
      detail: `Not shown: ${unshown.join(', ')}. A folder further down has a directory of its own, so scripts that run there use that.`,
      action: 'Watch that folder, or open it beside this one.',
      fix: { title: 'Watch a Folder', command: 'xtrack.watchFolder' },
    });
  return found;
}

function settingFindings({ invalid }: DoctorFacts): Finding[] {
  return invalid.map(({ name, value, wanted }) => ({
    id: 'editor.setting',
    level: 'error',
    title: `${name} has a value that means nothing`,
    detail: `It is ${value}, and should be ${wanted}.`,
    action: 'Change it, or remove it for the default.',
    fix: openSetting(name),
  }));
}
