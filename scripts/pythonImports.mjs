// Checks which room of the Python client may import which (docs/architecture.md), for every import, also in functions and for
// types, and for everything that a module reaches through others. Circular imports are not allowed.
import { parser } from '@lezer/python';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './dependencies.mjs';

/** The rooms that each room may reach, besides itself. Every room may import the module `version`. */
const ROOMS = {
  version: [],
  core: ['version'],
  transport: ['core', 'version'],
  printed: ['core', 'version'],
  api: ['core', 'transport', 'version'],
  supervisor: ['core', 'printed', 'transport', 'version'],
  doctor: ['core', 'printed', 'version'],
  integrations: ['api', 'core', 'transport', 'version'],
  notebooks: ['api', 'core', 'printed', 'supervisor', 'transport', 'version'],
};

/** The modules that users import, and that no room may import. */
const PUBLIC = 'public';

/** Paths of the modules below `folder`, each with those of them that it imports. */
export function readImports(folder) {
  const paths = readdirSync(folder, { recursive: true })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.py'))
    .sort();
  return new Map(paths.map((path) => [path, importsOf(folder, path)]));
}

function importsOf(folder, path) {
  const text = readFileSync(join(folder, path), 'utf8');
  const found = new Set();
  parser.parse(text).iterate({
    enter(node) {
      if (node.name !== 'ImportStatement') return;
      const statement = text.slice(node.from, node.to).replace(/#.*/g, '');
      for (const imported of importedBy(statement.replace(/[\s()\\]+/g, ' ').trim(), path))
        for (const target of modulesOf(folder, imported)) if (target !== path) found.add(target);
    },
  });
  return [...found];
}

/** Yields "core/frames/FrameDecoder" for `from .core.frames import FrameDecoder`, also for absolute imports of the client. */
function importedBy(statement, path) {
  const [, dots, module, names] = /^from (\.*) ?([\w.]*) import (.+)$/.exec(statement) ?? [];
  if (names === undefined) {
    const modules = statement.replace(/^import /, '').split(',');
    return modules.map((each) => each.trim().split(' ')[0].split('.')).flatMap((each) => ofTheClient(each));
  }
  const below = module === '' ? [] : module.split('.');
  const wanted = names.split(',').map((each) => each.trim().split(' ')[0]);
  if (dots === '') return wanted.flatMap((name) => ofTheClient([...below, name]));
  const base = Array.from({ length: dots.length }).reduce((folder) => posix.dirname(folder), path);
  return wanted.map((name) => posix.join(base, ...below, name));
}

function ofTheClient([first, ...below]) {
  return first === 'xtrack' ? [below.join('/') || '.'] : [];
}

/** A module's file and those of its packages, which run first. The last part of the name may be a name in a module. */
function modulesOf(folder, path) {
  const isModule = (each) => existsSync(join(folder, each));
  const target = [`${path}.py`, posix.join(path, '__init__.py'), `${posix.dirname(path)}.py`].find(isModule);
  if (target) return [target];
  const around = posix.join(posix.dirname(path), '__init__.py');
  return isModule(around) ? [around] : [];
}

function roomOf(path) {
  const [first] = path.split('/');
  if (first === path) return path === 'version.py' ? 'version' : PUBLIC;
  return first;
}

/** Returns the violations, one sentence each. */
export function problemsOf(imports) {
  const problems = [];
  for (const path of imports.keys()) {
    const room = roomOf(path);
    if (room === PUBLIC) continue;
    if (!ROOMS[room]) {
      problems.push(`${path} is in no room that scripts/pythonImports.mjs knows`);
      continue;
    }
    for (const [target, way] of reachable(imports, path))
      if (target === path) problems.push(`${way.join(' → ')} is a circle`);
      else if (roomOf(target) !== room && !ROOMS[room].includes(roomOf(target)))
        problems.push(`${way.join(' → ')}: ${room} may not import ${roomOf(target)}`);
  }
  return problems;
}

/** Every module reachable from `from`, with the shortest path to it; includes `from` if it is in a circle. */
function reachable(imports, from) {
  const ways = new Map();
  const queue = [[from]];
  for (let way = queue.shift(); way; way = queue.shift())
    for (const target of imports.get(way.at(-1)) ?? []) {
      if (ways.has(target)) continue;
      ways.set(target, [...way, target]);
      queue.push([...way, target]);
    }
  return ways;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = problemsOf(readImports(join(ROOT, 'src/python/xtrack')));
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
