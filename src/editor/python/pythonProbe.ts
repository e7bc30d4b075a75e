/** Asks an interpreter about itself, importing nothing but the standard library. */
import { t } from '../../base/texts';
import { tmpdir } from 'node:os';
import { userError } from '../../protocol/apiError';
import { runProgram } from './program';

export interface Probe {
  executable: string;
  version: [number, number, number];
  /** Inside a virtual environment. */
  virtual: boolean;
  /** Where packages are installed, and whether this user can write there. */
  packages: string;
  writable: boolean;
  /** The operating system's package manager owns it (PEP 668). */
  managed: boolean;
  pip: boolean;
  /** What `import xtrack` finds there, apart from the client that we add to its path. */
  xtrack: { file: string; version: string | null; ours: boolean } | null;
}

const OLDEST = [3, 8] as const;
const SECONDS = 15;

/** Uses syntax that Python 2 understands as well, so that an old interpreter can report its version. */
const SCRIPT = `
import json, os, sys
out = {"executable": sys.executable, "version": list(sys.version_info[:3])}
if sys.version_info >= (3, 8):
    import importlib.util, sysconfig
    from importlib import metadata
    own = [os.path.realpath(path) for path in sys.argv[1:]]
    sys.path = [path for path in sys.path if path and os.path.realpath(path) not in own]
    packages = sysconfig.get_path("purelib")
    virtual = sys.prefix != sys.base_prefix
    out["packages"] = packages
    out["virtual"] = virtual
    out["writable"] = os.access(packages, os.W_OK)
    out["managed"] = not virtual and os.path.exists(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED"))
    out["pip"] = importlib.util.find_spec("pip") is not None
    spec = importlib.util.find_spec("xtrack")
    out["xtrack"] = None
    if spec is not None:
        places = list(spec.submodule_search_locations or [])
        place = places[0] if places else os.path.dirname(spec.origin or "")
        ours = os.path.exists(os.path.join(place, "core", "outlet.py")) or os.path.exists(os.path.join(place, "outlet.py"))
        try:
            version = metadata.version("xtrack-client" if ours else "xtrack")
        except Exception:
            version = None
        out["xtrack"] = {"file": spec.origin or place, "version": version, "ours": ours}
print(json.dumps(out))
`;

/**
 * Probes `interpreter`; `own` are our folders that may be on its path. Throws an ApiError for the user, with the
 * interpreter in its data.
 */
export async function probeInterpreter(interpreter: string, env: NodeJS.ProcessEnv, own: string[]): Promise<Probe> {
  const args = ['-c', SCRIPT, ...own];
  // Not in the user's folder, whose files would shadow modules.
  const request = { command: interpreter, args, cwd: tmpdir(), env, seconds: SECONDS };
  const result = await runProgram(request).catch((error: NodeJS.ErrnoException) => {
    throw wrong(
      interpreter,
      error.code === 'ENOENT' ? t('was not found') : t('cannot be started ({0})', error.message),
    );
  });
  if (result.code === null) throw wrong(interpreter, t('did not respond within {0} s', SECONDS));
  if (result.code !== 0) throw wrong(interpreter, t('does not start: {0}', lastLine(result.stderr)));
  return readProbe(interpreter, result.stdout);
}

function readProbe(interpreter: string, answer: string): Probe {
  let probe: Probe;
  try {
    probe = JSON.parse(lastLine(answer)) as Probe;
  } catch {
    throw wrong(interpreter, t('does not behave like Python'));
  }
  const [major, minor] = probe.version;
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw wrong(
      interpreter,
      t('is Python {0}.{1}, but tracking requires {2} or newer', major, minor, OLDEST.join('.')),
    );
  return probe;
}

/** "xtrack 0.80.0", for messages. */
export function packageText({ version }: { version: string | null }): string {
  return version === null ? 'xtrack' : `xtrack ${version}`;
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

function wrong(interpreter: string, what: string): Error {
  const todo = t('Select another one ("Python: Select Interpreter", or the setting xtrack.interpreter).');
  return userError('invalid', t('The Python interpreter {0} {1}. {2}', interpreter, what, todo), {
    field: 'interpreter',
    interpreter,
  });
}
