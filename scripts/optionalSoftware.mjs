// XTRACK_TEST_HIDE_OPTIONAL=1 hides optional software, and a scheduler's variables, from every process that tests start.
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { FETCHED } from './fetched.mjs';

const MODULES = [
  'debugpy',
  'ensurepip',
  'IPython',
  'ipykernel',
  'jupyter_client',
  'lightning',
  'matplotlib',
  'numpy',
  'pandas',
  'PIL',
  'pytorch_lightning',
  'scipy',
  'sklearn',
  'tensorboard',
  'torch',
  'torchvision',
  'tqdm',
  'transformers',
  'wandb',
];
const PROGRAMS = new Set([
  ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'code', 'codium'],
  ...['nvidia-smi', 'rocm-smi', 'torchrun', 'mpirun', 'mpiexec', 'jupyter', 'ipython'],
  ...['srun', 'sbatch', 'salloc', 'squeue', 'sinfo', 'scontrol', 'scancel', 'sacct'],
]);
const VARIABLES =
  /^(CHROME_PATH|XTRACK_TEST_KERNEL_PYTHON|CUDA_VISIBLE_DEVICES|RANK|WORLD_SIZE|(SLURM|LOCAL|MASTER|OMPI|TORCHELASTIC)_.*)$/;

/**
 * Changes this process's environment, which its children inherit, if the switch is set. XTRACK_TEST_HIDDEN then names a
 * folder for PYTHONPATH, for tests that set PYTHONPATH themselves; it also marks the change as done.
 */
export function hideOptional(env = process.env) {
  if (env.XTRACK_TEST_HIDE_OPTIONAL !== '1' || env.XTRACK_TEST_HIDDEN) return;
  const folder = join(FETCHED, `hidden-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const name of Object.keys(env)) if (VARIABLES.test(name)) delete env[name];
  env.XTRACK_TEST_HIDDEN = hideModules(join(folder, 'modules'));
  env.PYTHONPATH = [env.XTRACK_TEST_HIDDEN, env.PYTHONPATH].filter(Boolean).join(delimiter);
  env.PATH = (env.PATH ?? '')
    .split(delimiter)
    .map((path, i) => hidePrograms(path, join(folder, `programs${i}`)))
    .join(delimiter);
}

/** Writes modules that refuse to be imported and are found before the installed ones. */
function hideModules(folder) {
  mkdirSync(folder);
  for (const name of MODULES) {
    const text = `raise ModuleNotFoundError("No module named '${name}' (hidden from tests)", name="${name}")\n`;
    writeFileSync(join(folder, `${name}.py`), text);
  }
  return folder;
}

/** Returns the folder itself, or one with links to those of its programs that are not hidden. */
function hidePrograms(path, folder) {
  const names = namesIn(path);
  if (!names.some((name) => PROGRAMS.has(name))) return path;
  mkdirSync(folder);
  for (const name of names) if (!PROGRAMS.has(name)) symlinkSync(join(path, name), join(folder, name));
  return folder;
}

function namesIn(path) {
  try {
    return readdirSync(path);
  } catch {
    return []; // A PATH may name folders that do not exist.
  }
}
