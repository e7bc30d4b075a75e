import type { SyntaxNode, Tree } from '@lezer/common';

/** `maxTrainSteps` and `max_train_steps` are both max, train, steps. */
export function wordsOf(identifier: string): string[] {
  return identifier
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_')
    .filter((word) => word !== '');
}

/** Longer chains of members are ignored, because a file may be hostile. */
const DEEPEST = 40;
const LONGEST = 200;

/**
 * Resolves the names of a file to dotted paths: `nn` after `import torch.nn as nn` is `torch.nn`; `trainer` after
 * `trainer = pl.Trainer()` is the path of `pl` and `.Trainer`. One table covers the whole file, without scopes.
 */
export class PythonNames {
  private readonly imported = new Map<string, string>();
  private readonly assigned = new Map<string, string>();
  /** Modules that are imported, and names from them. */
  readonly imports: string[] = [];

  constructor(
    tree: Tree,
    private readonly text: string,
  ) {
    const made: [name: string, value: SyntaxNode][] = [];
    tree.iterate({
      enter: (node) => {
        if (node.name === 'ImportStatement') this.import(node.node);
        else if (node.name === 'AssignStatement') made.push(...this.assignment(node.node));
        else if (node.name === 'WithStatement') made.push(...this.contexts(node.node));
      },
    });
    for (const [name, value] of made) this.assigned.set(name, this.pathOf(value));
  }

  textOf({ from, to }: { from: number; to: number }): string {
    return this.text.slice(from, to);
  }

  isImported(name: string): boolean {
    return this.imported.has(name);
  }

  /** The path of an expression, or '' if it has none. The path of a call is that of the callee. */
  pathOf(node: SyntaxNode | null, depth = 0): string {
    if (!node || depth > DEEPEST) return '';
    switch (node.name) {
      case 'VariableName': {
        const name = this.textOf(node);
        return this.imported.get(name) ?? this.assigned.get(name) ?? name;
      }
      case 'CallExpression':
      case 'AwaitExpression':
        return this.pathOf(node.name === 'AwaitExpression' ? node.lastChild : node.firstChild, depth + 1);
      case 'ParenthesizedExpression':
        return this.pathOf(node.firstChild?.nextSibling ?? null, depth + 1);
      case 'MemberExpression': {
        const property = node.getChild('PropertyName');
        if (!property) return this.pathOf(node.firstChild, depth + 1);
        const name = this.textOf(property);
        const own = node.firstChild?.name === 'VariableName' && this.textOf(node.firstChild) === 'self';
        const known = own ? this.assigned.get(name) : undefined;
        return known ?? `${this.pathOf(node.firstChild, depth + 1)}.${name}`.slice(-LONGEST);
      }
      default:
        return '';
    }
  }

  private import(statement: SyntaxNode): void {
    let module = '';
    let path = '';
    let last = '';
    let aliased = false;
    let from = false;
    const add = (): void => {
      if (path === '') return;
      const full = module === '' ? path : `${module}.${path}`;
      this.imports.push(full);
      // `import a.b` binds `a`.
      if (from || aliased) this.imported.set(last, full);
      else this.imported.set(path.split('.')[0]!, path.split('.')[0]!);
      path = '';
      aliased = false;
    };
    for (let node = statement.firstChild; node; node = node.nextSibling) {
      const word = this.textOf(node);
      if (node.name === 'from') from = true;
      else if (node.name === 'import') {
        module = path;
        if (from && module !== '') this.imports.push(module);
        path = '';
      } else if (node.name === ',') add();
      else if (node.name === 'as') aliased = true;
      else if (node.name === 'VariableName') {
        if (!aliased) path = path === '' ? word : `${path}.${word}`;
        last = word;
      }
    }
    add();
  }

  /** `x = …` and `self.x = …` with a single target. */
  private *assignment(statement: SyntaxNode): Generator<[string, SyntaxNode]> {
    const target = statement.firstChild;
    const value = statement.lastChild;
    if (!target || !value || !isCall(value)) return;
    if (target.name === 'VariableName') yield [this.textOf(target), value];
    const property = target.name === 'MemberExpression' ? target.getChild('PropertyName') : null;
    if (property) yield [this.textOf(property), value];
  }

  /** `with call() as name`. */
  private *contexts(statement: SyntaxNode): Generator<[string, SyntaxNode]> {
    for (const as of statement.getChildren('as')) {
      const value = as.prevSibling;
      const target = as.nextSibling;
      if (value && isCall(value) && target?.name === 'VariableName') yield [this.textOf(target), value];
    }
  }
}

function isCall(node: SyntaxNode): boolean {
  return node.name === 'CallExpression' || node.name === 'AwaitExpression';
}
