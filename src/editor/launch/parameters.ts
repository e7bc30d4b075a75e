/** A run's parameters as a form: where each is given to the script, and the command line with another value. */
import { put } from '../../domain/safeRecord';

export interface Given {
  args: string[];
  env: Record<string, string>;
}

/** `argument` and `variable` say where it is now; `new` that it would become an argument. */
export interface Place {
  kind: 'argument' | 'variable' | 'new';
  /** The name of the option or variable. */
  name: string;
}

export function placeOf(key: string, { args, env }: Given): Place {
  const at = find(key, args);
  if (at) return { kind: 'argument', name: at.option };
  const variable = [key, key.toUpperCase().replaceAll(/\W/g, '_')].find((name) => Object.hasOwn(env, name));
  if (variable !== undefined) return { kind: 'variable', name: variable };
  return { kind: 'new', name: `--${key}` };
}

/** The same arguments and variables with another value for one parameter. */
export function withParameter(key: string, value: string, given: Given): Given {
  const at = find(key, given.args);
  if (at) {
    const args = [...given.args];
    args[at.index] = at.inline ? `${at.option}=${value}` : value;
    return { ...given, args };
  }
  const place = placeOf(key, given);
  if (place.kind === 'new') return { ...given, args: [...given.args, place.name, value] };
  const env = { ...given.env };
  put(env, place.name, value);
  return { ...given, env };
}

interface Found {
  option: string;
  /** Of its value, or of option and value in one. */
  index: number;
  inline: boolean;
}

/** --lr 0.1, --lr=0.1, lr=0.1; dashes and underscores alike; of two, the last, as argparse has it. */
function find(key: string, args: string[]): Found | null {
  const wanted = plain(key);
  for (let i = args.length - 1; i >= 0; i--) {
    const word = args[i]!;
    const equals = word.indexOf('=');
    const option = equals < 0 ? word : word.slice(0, equals);
    if (plain(option) !== wanted) continue;
    if (equals > 0) return { option, index: i, inline: true };
    if (option.startsWith('-') && i + 1 < args.length && !/^-[^\d.]/.test(args[i + 1]!))
      return { option, index: i + 1, inline: false };
  }
  return null;
}

function plain(name: string): string {
  return name.replace(/^-+/, '').replaceAll('-', '_');
}
