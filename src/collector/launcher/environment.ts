/** The environment of a launched run, and what of it may be written down. */
import type { Environment } from './interpreter';
import { redact } from './secrets';

const SECRET = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|COOKIE/i;
/** Of the editor that started the collector, or of a run in whose terminal that was; no business of a new run. */
const NOT_PASSED_ON =
  /^(ELECTRON_|VSCODE_|XTRACK_(RUN_ID|PARENT_RUN_ID|ATTEMPT|RESUME_|NAME$|TAGS$|SUPERVISED|WORKER_|TOKEN$))/;

/** The collector's own, for those that ask with less than a whole environment. */
export function baseEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const base: Environment = {};
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && !NOT_PASSED_ON.test(name)) base[name] = value;
  return base;
}

/** Only what differs from the collector's own and looks like no secret goes into the journal. */
export function recordable(env: Environment, base: Environment): Environment {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name, value]) =>
        base[name] !== value && !SECRET.test(name) && !NOT_PASSED_ON.test(name) && redact(value) === value,
    ),
  );
}
