/** Installs the client's wheel into an interpreter, and checks that it can be imported. */
import { t } from '../../base/texts';
import type * as vscode from 'vscode';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { userError } from '../../protocol/apiError';
import { type ProgramResult, runProgram } from '../python/program';
import { lastLine, type Probe } from '../python/pythonProbe';

const INSTALL_SECONDS = 120;
const VERIFY_SECONDS = 20;

/** Unpacks a wheel, an archive of what goes into site-packages, as an installer would. */
const UNPACK = `
import os, site, sys, sysconfig, zipfile
wheel, user = sys.argv[1], sys.argv[2] == "user"
target = site.getusersitepackages() if user else sysconfig.get_path("purelib")
os.makedirs(target, exist_ok=True)
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(target)
    info = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
with open(os.path.join(target, os.path.dirname(info), "INSTALLER"), "w") as file:
    file.write("xtrack\\n")
`;

const VERIFY = `
import json, xtrack
from xtrack.version import VERSION
print(json.dumps({"version": VERSION, "file": xtrack.__file__}))
`;

export async function findWheel(client: string): Promise<string> {
  const name = (await fs.readdir(client)).find((each) => each.endsWith('.whl'));
  if (!name)
    throw userError('not_found', t("The client's wheel is missing from {0}. Reinstall the extension.", client));
  return join(client, name);
}

/** Throws an ApiError that says why the wheel could not be installed. */
export async function installWheel(
  probe: Probe,
  wheel: string,
  env: NodeJS.ProcessEnv,
  cancel?: vscode.CancellationToken,
): Promise<void> {
  // Like pip's default: if the packages are not writable, install into the user's own.
  const forUser = !probe.writable && !probe.virtual;
  const pip = ['-m', 'pip', 'install', '--no-index', '--no-deps', '--force-reinstall', '--disable-pip-version-check'];
  const args = probe.pip
    ? [...pip, ...(forUser ? ['--user'] : []), wheel]
    : ['-c', UNPACK, wheel, forUser ? 'user' : 'all'];
  const request = { command: probe.executable, args, cwd: tmpdir(), env, seconds: INSTALL_SECONDS };
  const result = await runProgram(cancel ? { ...request, cancel } : request);
  if (result.code !== 0) throw userError('io', problem(result, probe));
}

export async function verifyClient(
  probe: Probe,
  env: NodeJS.ProcessEnv,
): Promise<{ version: string; file: string } | null> {
  const args = ['-c', VERIFY];
  const result = await runProgram({ command: probe.executable, args, cwd: tmpdir(), env, seconds: VERIFY_SECONDS });
  if (result.code !== 0) return null;
  return JSON.parse(lastLine(result.stdout)) as { version: string; file: string };
}

/** Translates the common errors of pip and Python, which have no codes, into what the user can do. */
function problem({ code, stderr }: ProgramResult, { executable, packages }: Probe): string {
  if (code === null) return t('Installing into {0} was canceled after {1} s.', executable, INSTALL_SECONDS);
  if (/externally-managed-environment/.test(stderr)) return managedText(executable);
  if (/permission denied|EACCES|Errno 13\b/i.test(stderr))
    return t(
      'You do not have permission to write to {0}, where {1} keeps its packages. Select a virtual environment, or add the client to PYTHONPATH.',
      packages,
      executable,
    );
  if (/read-only file system|Errno 30\b/i.test(stderr))
    return t(
      '{0} is on a read-only file system. Select a virtual environment elsewhere, or add the client to PYTHONPATH.',
      packages,
    );
  if (/no space left|Errno 28\b/i.test(stderr))
    return t('There is no space left on the disk of {0}. Free some space and try again.', packages);
  return t('Installing into {0} failed: {1}', executable, lastLine(stderr) || t('exit code {0}', code));
}

export function managedText(executable: string): string {
  return t(
    '{0} is managed by the operating system, which does not allow installing packages into it (PEP 668). Select a virtual environment, or add the client to PYTHONPATH.',
    executable,
  );
}
