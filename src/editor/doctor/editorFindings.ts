/** What the editor knows that the client's doctor cannot: pure, from facts that were collected before. */
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
  /** Settings whose value is of the wrong kind; `wanted` as JSON calls it. */
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
  title: t('Open the Setting'),
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
      title: t('No folder is open'),
      detail: t('Runs are shown of the folders that are open in this window.'),
      action: t('Open the folder in which you train.'),
      fix: { title: t('Open Folder'), command: 'vscode.openFolder' },
    });
  if (!trusted)
    found.push({
      id: 'editor.untrusted',
      level: 'warning',
      title: t('This workspace is not trusted'),
      detail: t(
        'Its runs are shown, but nothing is launched, resumed, stopped or installed, and Python was not asked.',
      ),
      action: t('Trust it, if you trust who wrote it.'),
      fix: { title: t('Manage Workspace Trust'), command: 'workbench.trust.manage' },
    });
  return found;
}

function interpreterFindings({ interpreter, trusted }: DoctorFacts): Finding[] {
  if (!trusted) return [];
  const { path, origin, error, version, executable, other } = interpreter;
  const chosenBy = {
    setting: t('The setting xtrack.interpreter names it.'),
    extension: t('It is the one that is chosen in the Python extension.'),
    path: t('It is the first python3 on the PATH: no other was chosen.'),
  }[origin];
  const fix: Fix =
    origin === 'extension'
      ? { title: t('Select Another'), command: 'python.setInterpreter' }
      : openSetting('xtrack.interpreter');
  if (error !== null)
    return [
      {
        id: 'editor.interpreter',
        level: 'error',
        title: t('Python does not start: {0}', path),
        detail: `${error} ${chosenBy}`,
        action: t('Choose one that is there, or install Python 3.8 or newer.'),
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
      title: t('Another package is called xtrack, too'),
      detail: t('{0}. While a script is tracked, its "import xtrack" finds XTrack\'s client first.', other),
      action: t(
        'Train with an interpreter that does not have it, or launch the scripts that need it without tracking.',
      ),
      fix,
    });
  return found;
}

function directoryFindings({ dir, folders, exists, by, state, runs }: DirectoryFacts): Finding[] {
  const whose =
    folders.length > 0 ? t('The runs of {0} are kept in {1}.', folders.join(', '), dir) : t('Shown: {0}.', dir);
  const why = {
    variable: t('The variable XTRACK_DIR of this window decides that, before every setting.'),
    setting: t('The setting xtrack.directory decides that.'),
    upwards: t('It was found above the folder: that of a parent folder or of the Git repository.'),
    folder: '',
  }[by];
  const elsewhere = by === 'folder' ? 'info' : 'warning';
  if (!exists)
    return [
      {
        id: 'editor.directory',
        level: by === 'setting' || by === 'variable' ? 'warning' : 'info',
        title: t('There are no runs yet in {0}', dir),
        detail: sentences(whose, why, t('The directory is not there; the first run makes it.')),
        action: by === 'folder' ? t('Track a script.') : t('Track a script, or choose another directory.'),
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
      action: by === 'variable' || by === 'setting' ? t('If runs are missing, look whether they went elsewhere.') : '',
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
      title: t('The collector does not answer'),
      detail: t('For {0}: {1}', dir, state.error),
      action: t('Try again; if it stays so, the log says more.'),
      fix: { title: t('Try Again'), command: 'xtrack.refresh' },
    });
  if (state === 'connecting')
    found.push({
      id: 'editor.collector',
      level: 'warning',
      title: t('The collector does not answer yet'),
      detail: t('For {0}: it is being started or looked for.', dir),
      action: t('Check again in some seconds.'),
      fix: showLog(),
    });
  if (!collector || state !== 'connected') return found;
  const same = collector.build === facts.build;
  found.push({
    id: 'editor.collector',
    level: same ? 'ok' : 'warning',
    title: same ? t('The collector answers (process {0})', collector.pid) : t('The collector is of another version'),
    detail: same
      ? t('Version {0}, as this extension.', collector.version)
      : t(
          'It is {0} ({1}), this window {2} ({3}): another window uses another version of XTrack.',
          collector.version,
          collector.build,
          facts.version,
          facts.build,
        ),
    action: same ? '' : t('Reload all windows of VS Code, so that they use the same.'),
    ...(same ? {} : { fix: reload() }),
  });
  if (collector.follower !== null)
    found.push({
      id: 'editor.follower',
      level: 'warning',
      title: t('Runs are shown, but not kept here'),
      detail: `${dir}: ${collector.follower}`,
      action: t(
        'Launch where its collector runs, or close that one; a directory that cannot be written needs other rights.',
      ),
      fix: showLog(),
    });
  if (collector.backlog_bytes > 1_000_000)
    found.push({
      id: 'editor.backlog',
      level: 'info',
      title: t('Journals are still being read'),
      detail: t('{0} MB of {1} are not in the list yet.', Math.round(collector.backlog_bytes / 1e6), dir),
      action: t('Wait: newest runs come first.'),
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
      detail: t('The list shows only those with {0}', filter),
      action: t('Clear the filter to see all.'),
      fix: { title: t('Clear Filter'), command: 'xtrack.clearFilter' },
    });
  if (trashed > 0)
    found.push({
      id: 'editor.trash',
      level: 'info',
      title: trashed === 1 ? t('1 run is in the trash') : t('{0} runs are in the trash', trashed),
      detail: t('What was deleted is not in the list, and can be taken back.'),
      action: t('Restore what you miss.'),
      fix: { title: t('Restore from Trash'), command: 'xtrack.restoreDeleted' },
    });
  if (unshown.length > 0)
    found.push({
      id: 'editor.other_folder',
      level: 'warning',
      title: t('There are runs in other folders of this workspace'),
      detail: t(
        'Not shown: {0}. A folder further down has a directory of its own, so scripts that run there use that.',
        unshown.join(', '),
      ),
      action: t('Watch that folder, or open it beside this one.'),
      fix: { title: t('Watch a Folder'), command: 'xtrack.watchFolder' },
    });
  return found;
}

function settingFindings({ invalid }: DoctorFacts): Finding[] {
  return invalid.map(({ name, value, wanted }) => ({
    id: 'editor.setting',
    level: 'error',
    title: t('{0} has a value that means nothing', name),
    detail: t('It is {0}, and should be of the kind {1}.', value, wanted),
    action: t('Change it, or remove it for the default.'),
    fix: openSetting(name),
  }));
}
