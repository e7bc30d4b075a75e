/**
 * A window without an editor: its end of the connection to the collector, in a process of its own. A JSON object in the
 * environment says of what (see Window); each line on stdout is what it would show: the collector's process and version, and
 * the number of points of each run.
 */
import { CollectorClient } from '../../src/editor/collectors/collectorClient';
import type { WindowSetup } from './windows';

const setup = JSON.parse(process.env['XTRACK_TEST_WINDOW']!) as WindowSetup;
const client = new CollectorClient(setup.dir, {
  version: setup.version,
  build: setup.build,
  env: process.env,
  installedCollector: () => Promise.resolve(setup.bundle),
  idleExitMinutes: () => 10,
  journals: () => 'keep',
  retention: () => ({ days: null, trash_days: null }),
  alerts: () => ({ rules: [], webhook: null }),
  refused: (problems) => console.error(problems),
  errorFile: () => setup.errorFile,
  log: (level, message) => console.error(level, message),
});

async function show(): Promise<void> {
  const { rows } = await client.call('runs.list', {});
  const { pid, version } = client.info!;
  const points = Object.values(rows[0]?.metrics ?? {}).reduce((sum, { count }) => sum + count, 0);
  console.log(JSON.stringify({ pid, version, points, status: rows[0]?.status ?? null }));
}

client.onChanged(() => void show().catch(() => undefined));
client.onState((state) => state === 'connected' && void show().catch(() => undefined));
void client.connect();
