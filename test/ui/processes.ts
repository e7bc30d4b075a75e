/** The processes behind the editor, so that tests can take them away. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Discovery } from '../../src/protocol/discovery';
import { until } from './workbench';

/** The collector that serves the one folder of a test's editor. */
export function collector(runtime: string): Discovery | null {
  try {
    const [folder] = readdirSync(join(runtime, 'xtrack'));
    return folder
      ? (JSON.parse(readFileSync(join(runtime, 'xtrack', folder, 'collector.json'), 'utf8')) as Discovery)
      : null;
  } catch {
    return null; // none is running
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie has ended; its parent has not looked yet.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

export async function kill(pid: number, signal: NodeJS.Signals): Promise<void> {
  process.kill(pid, signal);
  await until(`process ${pid} ends`, () => !isAlive(pid), 15);
}
