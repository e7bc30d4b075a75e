import type { Loop, Signs, Unit } from './trainingSigns';

/**
 * Finds the top-level statement with which training begins: the main guard if that trains, else the first statement that
 * does. Null for everything else, such as libraries of models, servers, data scripts, and half-typed files without a sign of
 * training. `others` are further cells of a notebook, whose functions a cell may call.
 */
export function entryPoint(signs: Signs, others: readonly Signs[] = []): Unit | null {
  if (signs.hosted) return null;
  const all = [signs, ...others];
  const definitions = all.flatMap((each) => each.units).filter((unit) => unit.ref !== '');
  const learns = all.some((each) => each.learns);
  const acting = refsLeadingTo(definitions, (unit) => unit.acts);
  const trainsItself = (unit: Unit): boolean =>
    unit.trains || unit.loops.some((loop) => isTraining(loop, learns, acting));
  const training = refsLeadingTo(definitions, trainsItself);
  const entries = signs.units.filter((unit) => unit.ref === '' && (trainsItself(unit) || someIn(unit.refs, training)));
  return entries.find((unit) => unit.isMain) ?? entries[0] ?? null;
}

function isTraining(loop: Loop, learns: boolean, acting: ReadonlySet<string>): boolean {
  return (
    loop.acts ||
    loop.logs ||
    (loop.counting === 'progress' && loop.evidence) ||
    (loop.counting === 'numbers' && loop.assignsLoss && learns) ||
    someIn(loop.refs, acting)
  );
}

/** The names of functions and classes that satisfy `asked`, or refer to such in any number of steps. */
function refsLeadingTo(definitions: readonly Unit[], asked: (unit: Unit) => boolean): Set<string> {
  const referrers = new Map<string, string[]>();
  for (const { ref, refs } of definitions) {
    for (const used of refs) {
      const known = referrers.get(used);
      if (known) known.push(ref);
      else referrers.set(used, [ref]);
    }
  }
  // The set grows while it is iterated.
  const found = new Set(definitions.filter(asked).map((unit) => unit.ref));
  for (const ref of found) for (const referrer of referrers.get(ref) ?? []) found.add(referrer);
  return found;
}

function someIn(refs: ReadonlySet<string>, found: ReadonlySet<string>): boolean {
  for (const ref of refs) if (found.has(ref)) return true;
  return false;
}
