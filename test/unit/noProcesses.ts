/** Setup of every unit test: whatever starts a process or a thread, as every build does, fails with what to do instead. */
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import workerThreads from 'node:worker_threads';

const refuse = (name: string) =>
  function (): never {
    throw new Error(
      `A unit test starts no process and builds nothing, but this one called ${name}(): move it to test/integration.`,
    );
  };

const STARTERS = ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'] as const;
for (const name of STARTERS) Object.assign(childProcess, { [name]: refuse(name) });
Object.assign(workerThreads, { Worker: refuse('Worker') });
// So that named imports see it too.
syncBuiltinESMExports();
