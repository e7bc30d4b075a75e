/** The collector's process (main thread) and its store (worker thread): one bundle, two composition roots. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { Collector } from './server/collector';
import { parseCommandLine, UsageError, type Options } from './server/commandLine';
import { DiscoveryFile } from './server/discoveryFile';
import { prepareDirectory, takeDirectory } from './server/ownership';
import { verifyDirectory } from './projection/verify';
import { runWorker } from './worker';

declare const __VERSION__: string;
declare const __BUILD__: string;

function log(message: string): void {
  process.stderr.write(`${new Date().toISOString()} ${message}\n`);
}

function answer(line: { port: number; token: string; existing?: true }): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  const given = parseCommandLine(process.argv.slice(2));
  if (given === 'version') {
    process.stdout.write(`${JSON.stringify({ version: __VERSION__, build: __BUILD__ })}\n`);
    return;
  }
  if ('verify' in given)
    return process.exit(
      await verifyDirectory({ dir: given.verify, json: given.json }, join(__dirname, 'sql-wasm.wasm')),
    );
  const problem = prepareDirectory(given.dir);
  let options: Options;
  try {
    options = { ...given, dir: realpathSync(given.dir) };
  } catch {
    fail(problem ?? `${given.dir} is not there.`);
  }
  const discoveryFile = new DiscoveryFile(options.dir);
  const ownership = await takeDirectory(options.dir, discoveryFile);
  if (ownership.kind === 'existing') {
    const { port, token } = ownership.discovery;
    return answer({ port, token, existing: true });
  }
  const lease = ownership.kind === 'owner' ? ownership.lease : null;
  const follower = ownership.kind === 'follower' ? ownership.reason : null;
  if (follower !== null) log(follower);
  const collector = new Collector({
    options,
    version: __VERSION__,
    build: __BUILD__,
    bundle: __filename,
    lease,
    follower,
    discoveryFile,
    log,
    onEnd: (code) => process.exit(code),
  });
  process.on('SIGTERM', () => void collector.end());
  process.on('SIGINT', () => void collector.end());
  let port: number;
  try {
    port = await collector.start();
  } catch (error) {
    process.stderr.write(`${cannotListen(options, error as NodeJS.ErrnoException)}\n`);
    return collector.end(1);
  }
  // One broken request or connection is no reason to end the collector.
  process.on('uncaughtException', (error) => log(`Unexpected: ${error.stack ?? error.message}`));
  process.on('unhandledRejection', (reason) =>
    log(`Unexpected: ${reason instanceof Error ? reason.stack : String(reason)}`),
  );
  answer({ port, token: collector.token });
}

function cannotListen({ host, port }: Options, error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE')
    return `Port ${port} on ${host} is in use by another program. Choose another --port, or leave it out for a free one.`;
  return `Cannot listen on ${host}:${port}: ${error.message}`;
}

if (isMainThread) {
  // Who started us may have gone, and its pipes with it.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  main().catch((error: unknown) =>
    fail(error instanceof UsageError ? error.message : error instanceof Error ? (error.stack ?? '') : String(error)),
  );
} else {
  runWorker();
}
