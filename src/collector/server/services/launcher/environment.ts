/** The environment of a launched run, and the part of it that may be journaled. */
import type { Environment } from './interpreter';
import { redact } from './secrets';

/** Matches whole words of a name, because TOKENIZERS_PARALLELISM, MAX_TOKENS and NUM_PASSES are not secrets. */
const SECRET_WORD =
  /^(KEY|PASS|AUTH|COOKIES?|CREDENTIALS?|SECRETS?|PASSWORDS?|.*(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|APIKEY|ACCESSKEY|SECRETKEY|PRIVATEKEY|OAUTH))$/i;
const SECRET_NAME = /(API|ACCESS|SECRET|PRIVATE|AUTH|SSH)_?KEYS$|[^_]_PWD$/i;
/** Excludes the tokens of vocabularies. */
const NO_SECRET = /(^|_)(PAD|EOS|BOS|UNK|SEP|CLS|MASK)_TOKEN$/i;
/** Variables of the editor that started the collector, or of a run in whose terminal it was started. New runs must not inherit them. */
const NOT_PASSED_ON =
  /^(ELECTRON_|VSCODE_|XTRACK_(RUN_ID|PARENT_RUN_ID|ATTEMPT|RESUME_|NAME$|TAGS$|SUPERVISED|WORKER_|TOKEN$))/;

/** The collector's own environment, as the base for requests that give only a part of one. */
export function baseEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const base: Environment = {};
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && !NOT_PASSED_ON.test(name)) base[name] = value;
  return base;
}

/** Only variables that differ from the collector's own and do not look like secrets are journaled. */
export function recordable(env: Environment, base: Environment): Environment {
  return Object.fromEntries(
    Object.entries(env).filter(([name, value]) => isOwn(name, value, base) && !isSecret(name, value)),
  );
}

/** The names of variables that look like secrets. */
export function withheld(env: Environment, base: Environment): string[] {
  return Object.keys(env).filter((name) => isOwn(name, env[name]!, base) && isSecret(name, env[name]!));
}

function isOwn(name: string, value: string, base: Environment): boolean {
  return base[name] !== value && !NOT_PASSED_ON.test(name);
}

function isSecret(name: string, value: string): boolean {
  return isSecretName(name) || redact(value) !== value;
}

function isSecretName(name: string): boolean {
  const words = name.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/);
  return SECRET_NAME.test(name) || (!NO_SECRET.test(name) && words.some((word) => SECRET_WORD.test(word)));
}

/** Keeps the secrets of launched runs in memory for as long as this collector lives. */
export class SecretVariables {
  private readonly known = new Map<string, Environment>();

  /** Remembers the named variables with their values in `env`. */
  keep(runId: string, names: readonly string[], env: Environment): void {
    const kept = names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
    if (kept.length > 0) this.known.set(runId, Object.fromEntries(kept) as Environment);
  }

  of(runId: string): Environment {
    return this.known.get(runId) ?? {};
  }
}
