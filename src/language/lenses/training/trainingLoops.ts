import type { SyntaxNode } from '@lezer/common';
import { type PythonNames, wordsOf } from '../../python/pythonNames';

/**
 * What a loop counts: `progress` if its header names epochs, steps or episodes; `numbers` if it counts anything else;
 * null if it iterates over data.
 */
export type Counting = 'progress' | 'numbers' | null;

const PROGRESS = new Set(
  'epoch epochs step steps iter iters iteration iterations episode episodes batches timesteps updates'.split(' '),
);
const EPOCHS = new Set(['epoch', 'epochs', 'episode', 'episodes']);
const COUNTERS = new Set(['range', 'trange', 'count', 'xrange', 'arange']);
/** Wrappers that show the progress of an iterable. */
const WRAPPERS = new Set(['tqdm', 'track', 'progress_bar', 'master_bar', 'prange', 'list', 'iter']);
const DEEPEST = 10;

export function countingOf(loop: SyntaxNode, names: PythonNames): Counting {
  if (loop.name === 'WhileStatement') {
    const condition = loop.firstChild?.nextSibling;
    if (!condition) return null;
    return some(identifiers(condition, names), PROGRESS) ? 'progress' : 'numbers';
  }
  const keyword = loop.getChild('in');
  const iterable = keyword?.nextSibling;
  if (!keyword || !iterable) return null;
  const targets = names.textOf({ from: loop.from, to: keyword.from }).match(/\w+/g) ?? [];
  const counter = counterIn(iterable, names);
  if (counter) return some([...targets, ...identifiers(counter, names)], PROGRESS) ? 'progress' : 'numbers';
  return some(targets, EPOCHS) ? 'progress' : null;
}

/** The `range(…)` that is counted, inside any progress wrapper. */
function counterIn(iterable: SyntaxNode, names: PythonNames): SyntaxNode | null {
  let node: SyntaxNode | null = iterable;
  for (let depth = 0; node?.name === 'CallExpression' && depth < DEEPEST; depth++) {
    const path = names.pathOf(node.firstChild);
    const name = path.slice(path.lastIndexOf('.') + 1);
    if (COUNTERS.has(name)) return node;
    if (!WRAPPERS.has(name)) return null;
    node = node.getChild('ArgList')?.firstChild?.nextSibling ?? null;
  }
  return null;
}

function identifiers(node: SyntaxNode, names: PythonNames): string[] {
  return (
    names
      .textOf(node)
      .slice(0, 200)
      .match(/[A-Za-z_]\w*/g) ?? []
  );
}

function some(names: readonly string[], known: ReadonlySet<string>): boolean {
  return names.flatMap(wordsOf).some((word) => known.has(word));
}
