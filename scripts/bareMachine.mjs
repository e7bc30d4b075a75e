// A minimal Debian in a folder: the debootstrap base, the Node.js that runs here, Python, git, and nothing else.
// Commands in it have private mounts and processes, all of which end with the command.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const SUITE = 'bookworm';
const PACKAGES = ['ca-certificates', 'git', 'procps', 'python3'];
/** Only root can write here or above it, so no other user can have prepared its content. */
const STORE = '/var/cache/xtrack-bare';
const KEEP_MS = 30 * 24 * 3600 * 1000;
const SHELL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/** Why no such machine can be made here, or null if one can. Installs debootstrap if it is missing and apt-get works. */
export function unavailableReason() {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (process.getuid() !== 0) return 'only root can make one';
  if (!succeeds('unshare', ['--mount', '--pid', '--fork', 'true'])) return 'this system does not allow private mounts';
  if (given() || existsSync(basePath()) || hasDebootstrap()) return null;
  console.log('Installing debootstrap …');
  succeeds('apt-get', ['update', '-qq']);
  succeeds('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'debootstrap']);
  return hasDebootstrap() ? null : 'debootstrap is missing and apt-get cannot install it';
}

function hasDebootstrap() {
  return succeeds('debootstrap', ['--version']);
}

function succeeds(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 300_000, ...options }).status === 0;
}

/** XTRACK_BARE_BASE names a folder, or an archive that tar can read, to use as the base instead. */
function given() {
  return process.env.XTRACK_BARE_BASE;
}

function basePath() {
  const pins = JSON.stringify([SUITE, PACKAGES, process.arch]);
  return join(STORE, `base-${createHash('sha256').update(pins).digest('hex').slice(0, 12)}`);
}

/** Makes the folder of a new machine; `dispose()` removes it. Throws if it cannot be made. */
export function makeMachine() {
  openStore();
  removeLeftovers();
  const base = given() ?? makeBase();
  const folder = join(STORE, `machine-${process.pid}`);
  const dispose = () => remove(folder);
  try {
    if (statSync(base).isDirectory()) run('cp', ['-a', '--reflink=auto', base, folder]);
    else {
      mkdirSync(folder);
      run('tar', ['-xf', base, '-C', folder]);
    }
    addNode(folder);
    addNetwork(folder);
  } catch (error) {
    dispose();
    throw error;
  }
  return { folder, dispose };
}

/** Removes a folder without crossing into other file systems, in case something is still mounted there. */
function remove(folder) {
  spawnSync('rm', ['-rf', '--one-file-system', folder], { stdio: 'inherit' });
}

function openStore() {
  mkdirSync(STORE, { recursive: true, mode: 0o700 });
  const { mode, uid } = lstatSync(STORE);
  if (!lstatSync(STORE).isDirectory() || uid !== 0 || (mode & 0o077) !== 0)
    throw new Error(`${STORE} is not a folder that only root can enter.`);
}

/** Removes machines left by runs that were killed. */
function removeLeftovers() {
  for (const name of readdirSync(STORE)) {
    const [, pid] = /^(?:machine|making)-(\d+)$/.exec(name) ?? [];
    if (pid && !existsSync(`/proc/${pid}`)) remove(join(STORE, name));
  }
}

function makeBase() {
  const base = basePath();
  if (existsSync(base) && Date.now() - statSync(base).mtimeMs < KEEP_MS) return base;
  const started = Date.now();
  console.log(`Making a minimal Debian (${SUITE}, once) …`);
  const making = join(STORE, `making-${process.pid}`);
  const { mirror, proxy } = aptSource();
  const args = ['--variant=minbase', `--include=${PACKAGES.join(',')}`, SUITE, making, ...(mirror ? [mirror] : [])];
  const env = { ...(proxy && { http_proxy: proxy }), ...process.env };
  try {
    run('debootstrap', args, { env, timeout: 900_000 });
    rmSync(join(making, 'var/cache/apt/archives'), { recursive: true, force: true });
    rmSync(base, { recursive: true, force: true });
    renameSync(making, base);
    // The folder's time is that of its making, not the one in the archive.
    run('touch', [base]);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  console.log(`Finished in ${((Date.now() - started) / 1000).toFixed(0)} s.`);
  return base;
}

function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (status === 0) return stdout;
  const output = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-20).join('\n');
  throw new Error(`${command} ${args.join(' ')} failed (${error?.message ?? status}):\n${output}`);
}

/** This machine's mirror of the suite, from apt's own configuration; without one debootstrap takes its default. */
function aptSource() {
  const files = ['/etc/apt/sources.list', ...listed('/etc/apt/sources.list.d', /\.(list|sources)$/)];
  const texts = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'));
  const mirror = texts.map(mirrorIn).find(Boolean);
  const proxy = spawnSync('apt-config', ['dump', '--format', '%v', 'Acquire::http::Proxy'], { encoding: 'utf8' });
  return { mirror, proxy: proxy.stdout?.trim() };
}

function listed(folder, pattern) {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => pattern.test(name))
        .map((name) => join(folder, name))
    : [];
}

function mirrorIn(text) {
  const line = new RegExp(`^deb\\s+(?:\\[[^\\]]*\\]\\s+)?(\\S+)\\s+${SUITE}\\s`, 'm').exec(text);
  if (line) return line[1];
  const stanza = text.split(/\n\s*\n/).find((each) => new RegExp(`^Suites:.*\\b${SUITE}(\\s|$)`, 'm').test(each));
  return stanza && /^URIs:\s*(\S+)/m.exec(stanza)?.[1];
}

function addNode(folder) {
  const local = join(folder, 'usr/local');
  mkdirSync(join(local, 'lib/node_modules'), { recursive: true });
  cpSync(realpathSync(process.execPath), join(local, 'bin/node'));
  cpSync(npmFolder(), join(local, 'lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  run('chroot', [folder, '/usr/local/bin/node', '--version']);
}

function npmFolder() {
  const names = (process.env.PATH ?? '').split(delimiter).map((name) => join(name, 'npm'));
  const scripts = [process.env.npm_execpath, ...names].filter((path) => path && existsSync(path));
  const found = scripts
    .map((path) => dirname(dirname(realpathSync(path))))
    .find((path) => existsSync(join(path, 'lib')));
  if (!found) throw new Error('npm was not found beside this Node.js.');
  return found;
}

const CERTIFICATES = 'etc/ssl/certs/ca-certificates.crt';
const FILES = /^(NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|GIT_SSL_CAINFO)$/;
const VALUES = /^(https?_proxy|no_proxy|all_proxy|npm_config_(registry|https?_proxy|proxy|noproxy))$/i;

/** How this machine reaches the npm registry: names, certificates, proxies, npm's own configuration. */
function addNetwork(folder) {
  for (const file of ['etc/resolv.conf', 'etc/hosts', CERTIFICATES])
    if (existsSync(join('/', file))) cpSync(realpathSync(join('/', file)), join(folder, file), { force: true });
  for (const file of Object.values(networkEnvironment()).filter((value) => value.startsWith('/') && existsSync(value)))
    cpSync(realpathSync(file), join(folder, file), { recursive: true, force: true });
}

function networkEnvironment() {
  const named = Object.entries(process.env).filter(([name]) => FILES.test(name) || VALUES.test(name));
  return Object.fromEntries(named);
}

/** This machine's npm configuration for a user of the new machine; files it refers to are copied. */
function npmConfiguration(folder) {
  const command = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const config = (name) => run(command[0], [...command.slice(1), 'config', 'get', name]).trim();
  const files = [config('globalconfig'), config('userconfig')].filter((file) => existsSync(file));
  const cafile = config('cafile');
  if (existsSync(cafile)) cpSync(realpathSync(cafile), join(folder, cafile), { force: true });
  return [...files.map((file) => readFileSync(file, 'utf8')), `registry=${config('registry')}`].join('\n');
}

/** Adds the user unless it is root, and gives them npm's configuration. Returns {name, uid, home}. */
export function addUser({ folder }, name) {
  if (name !== 'root') run('chroot', [folder, 'useradd', '--create-home', '--shell', '/bin/bash', name]);
  const line = readFileSync(join(folder, 'etc/passwd'), 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`));
  const [, , uid, gid, , home] = line.split(':');
  writeFileSync(join(folder, home, '.npmrc'), npmConfiguration(folder), { mode: 0o600 });
  run('chown', [`${uid}:${gid}`, join(folder, home, '.npmrc')]);
  return { name, uid: Number(uid), gid: Number(gid), home };
}

/** A clone of HEAD in the user's home, owned by them. Returns its path inside the machine. */
export function cloneInto({ folder }, { uid, gid, home }, repository) {
  const inside = join(home, 'xtrack');
  const settings = mkdtempSync(join(STORE, 'git-'));
  const config = join(settings, 'config');
  // The checkout may belong to another user than root.
  writeFileSync(config, `[safe]\n\tdirectory = *\n`);
  try {
    const env = { ...process.env, GIT_CONFIG_GLOBAL: config };
    run('git', ['clone', '--quiet', `file://${realpathSync(repository)}`, join(folder, inside)], { env });
  } finally {
    rmSync(settings, { recursive: true, force: true });
  }
  run('chown', ['-R', `${uid}:${gid}`, join(folder, inside)]);
  return inside;
}

/** The first process of a machine: mounts the usual file systems, then waits for the command and any processes it leaves behind. */
const INIT = `
set -e
root=$1; shift
mount --make-rprivate /
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=755,nosuid dev "$root/dev"
for name in ${DEVICES.join(' ')}; do : > "$root/dev/$name"; mount --bind "/dev/$name" "$root/dev/$name"; done
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev shm "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for n in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/\${n%%:*}" "$root/dev/\${n#*:}"; done
set +e
"$@"
status=$?
exit $status
`;

/** Starts a shell command in the machine, as the user and in `cwd`. All processes in the machine end with it. */
export function startIn({ folder }, { name, uid, gid, home }, cwd, command) {
  const environment = { HOME: home, USER: name, LOGNAME: name, PATH: SHELL_PATH, CI: 'true', ...networkEnvironment() };
  const words = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
  const chroot = ['chroot', `--userspec=${uid}:${gid}`, '--groups=', folder, 'env', '-i', ...words];
  const init = ['unshare', '--mount', '--pid', '--fork', '--kill-child=KILL', 'bash', '-c', INIT, 'init', folder];
  const shell = ['bash', '-c', 'cd "$0" && eval "$1"', cwd, command];
  // It dies with this process, and so does everything in the machine.
  const args = ['--pdeathsig', 'KILL', ...init, ...chroot, ...shell];
  return spawn('setpriv', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}
