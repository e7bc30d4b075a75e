/** Collects what the doctor judges. */
import * as vscode from 'vscode';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../../base/unknown';
import type { Collectors } from '../collectors/collectors';
import { findInterpreter } from '../python/interpreter';
import { packageText, probeInterpreter } from '../python/pythonProbe';
import { setting } from '../window/settings';
import type { DirectoryFacts, DoctorFacts } from './editorFindings';

export interface FactSources {
  version: string;
  build: string;
  collectors: Collectors;
  /** The filter of the list of runs. */
  filter(): string;
  trashed(): Promise<number>;
  env: NodeJS.ProcessEnv;
  /** The names of our settings, below `xtrack.`. */
  settings: readonly string[];
  /** Folders of ours that may be on an interpreter's path. */
  clients(): string[];
  log: vscode.LogOutputChannel;
}

export async function collectFacts(sources: FactSources): Promise<DoctorFacts> {
  const { version, build, collectors } = sources;
  const directories = await Promise.all(collectors.clients.map((client) => directoryFacts(client, sources)));
  const filter = sources.filter();
  return {
    version,
    build,
    trusted: vscode.workspace.isTrusted,
    folders: vscode.workspace.workspaceFolders?.length ?? 0,
    directories,
    unshown: await unshownDirectories(new Set(directories.map(({ dir }) => dir))),
    interpreter: await interpreterFacts(sources),
    filter,
    hidden: filter === '' ? 0 : await hiddenRuns(sources, filter),
    trashed: await sources.trashed(),
    invalid: invalidSettings(sources.settings),
  };
}

type Client = Collectors['clients'][number];

async function directoryFacts(client: Client, { collectors, env }: FactSources): Promise<DirectoryFacts> {
  const folders = collectors.foldersOf(client);
  const [first] = folders;
  const { dir, state, info } = client;
  const inFolder = first !== undefined && dirname(dir) === (await fs.realpath(first.uri.fsPath).catch(() => ''));
  const connected = state === 'connected';
  return {
    dir,
    folders: folders.map(({ name }) => name),
    exists: await isDirectory(dir),
    by: env['XTRACK_DIR'] ? 'variable' : setting('directory', first?.uri) ? 'setting' : inFolder ? 'folder' : 'upwards',
    state,
    collector: connected ? await client.call('collector.info', {}).catch(() => info) : null,
    runs: connected ? (await client.call('runs.list', { limit: 1 })).total : 0,
  };
}

async function interpreterFacts({ env, clients, log }: FactSources): Promise<DoctorFacts['interpreter']> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  const chosen = await findInterpreter(folder?.uri, folder?.uri.fsPath ?? '', log);
  const unknown = { ...chosen, error: null, version: null, executable: null, other: null };
  // A workspace that is not trusted must not choose which program runs.
  if (!vscode.workspace.isTrusted) return unknown;
  try {
    const { version, executable, xtrack } = await probeInterpreter(chosen.path, env, clients());
    const other = xtrack && !xtrack.ours ? `${packageText(xtrack)}: ${xtrack.file}` : null;
    return { ...chosen, error: null, version: version.join('.'), executable, other };
  } catch (error) {
    return { ...unknown, error: messageOf(error) };
  }
}

async function hiddenRuns({ collectors }: FactSources, filter: string): Promise<number> {
  let hidden = 0;
  for (const client of collectors.clients) {
    if (client.state !== 'connected') continue;
    const [all, shown] = await Promise.all([
      client.call('runs.list', { limit: 1 }),
      client.call('runs.list', { limit: 1, filter }),
    ]);
    hidden += all.total - shown.total;
  }
  return hidden;
}

function invalidSettings(names: readonly string[]): DoctorFacts['invalid'] {
  const configuration = vscode.workspace.getConfiguration('xtrack');
  return names.flatMap((name) => {
    const inspected = configuration.inspect(name);
    const wanted = typeof inspected?.defaultValue;
    const values = [inspected?.globalValue, inspected?.workspaceValue, inspected?.workspaceFolderValue];
    const wrong = values.filter((value) => value !== undefined && typeof value !== wanted);
    return wrong.map((value) => ({ name: `xtrack.${name}`, value: JSON.stringify(value), wanted }));
  });
}

const DEEPEST = 4;
const MOST_FOLDERS = 3000;
const SKIPPED = /^(node_modules|site-packages|__pycache__|\..*)$/;

/** `.xtrack` directories in subfolders of the workspace. */
async function unshownDirectories(shown: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = [];
  let looked = 0;
  const search = async (folder: string, depth: number): Promise<void> => {
    if (depth > DEEPEST || ++looked > MOST_FOLDERS) return;
    const own = join(folder, '.xtrack');
    const real = await fs.realpath(own).catch(() => null);
    if (real !== null && !shown.has(real) && (await isDirectory(join(real, 'runs')))) found.push(own);
    const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.isDirectory() && !SKIPPED.test(entry.name)) await search(join(folder, entry.name), depth + 1);
    }
  };
  for (const { uri } of vscode.workspace.workspaceFolders ?? []) await search(uri.fsPath, 0);
  return found;
}

function isDirectory(path: string): Promise<boolean> {
  return fs.stat(path).then(
    (stat) => stat.isDirectory(),
    () => false,
  );
}
