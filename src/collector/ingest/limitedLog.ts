const WINDOW_MS = 60_000;
const LINES = 20;

/** Logs at most `LINES` lines a minute, then how many were left out, so that strangers cannot fill the disk. */
export function limitedLog(log: (line: string) => void, now: () => number = () => performance.now()) {
  let began = -Infinity;
  let lines = 0;
  return (line: string): void => {
    if (now() - began > WINDOW_MS) {
      if (lines > LINES) log(`${lines - LINES} more such lines were left out.`);
      began = now();
      lines = 0;
    }
    if (++lines <= LINES) log(line);
  };
}
