/**
 * Measures how long the calling thread has worked, in milliseconds: computing or waiting for a disk, but not waiting for a
 * processor that other programs use. A rest that is a multiple of the work must not grow because the machine is busy.
 *
 * Linux reports this for each thread. Node has `process.threadCpuUsage` only from 23.9 on, and what a whole process used says
 * nothing about one of its threads; so on other systems all the time that passes counts as work.
 */
import { readFileSync } from 'node:fs';

/** For the thread that opens it: nanoseconds on a processor, nanoseconds waiting for one, number of time slices. */
const SCHEDULING = '/proc/thread-self/schedstat';

/**
 * Starts to measure. The function that it returns answers the work since then, which is never negative and never more than
 * the time that passed, whatever the system reports.
 */
export function measureWork(): () => number {
  const before = performance.now();
  const waitedBefore = waitedForProcessorMs();
  return () => {
    const passed = performance.now() - before;
    return Math.min(Math.max(0, passed - (waitedForProcessorMs() - waitedBefore)), passed);
  };
}

function waitedForProcessorMs(): number {
  if (process.platform !== 'linux') return 0;
  try {
    const waited = Number(readFileSync(SCHEDULING, 'utf8').split(' ')[1]) / 1e6;
    return Number.isFinite(waited) ? waited : 0;
  } catch {
    return 0;
  }
}
