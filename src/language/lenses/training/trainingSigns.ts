import type { SyntaxNode, SyntaxNodeRef, Tree } from '@lezer/common';
import { isDeepLearning, isEstimator, isHosted, isTracker } from './knownLibraries';
import { PythonNames, wordsOf } from '../../python/pythonNames';
import { signOf, type Surroundings } from './trainingCalls';
import { countingOf, type Counting } from './trainingLoops';

/** A loop and what its body contains. */
export interface Loop {
  counting: Counting;
  /** The names that it refers to: `name`, and `.name` for a member. */
  refs: Set<string>;
  acts: boolean;
  logs: boolean;
  /** Whether it names or prints a loss, an optimiser or an accuracy. */
  evidence: boolean;
  assignsLoss: boolean;
}

/** A statement of the file's top level, or a function or class anywhere. */
export interface Unit {
  /** The name it is referred to by; '' for a statement. */
  ref: string;
  from: number;
  isMain: boolean;
  refs: Set<string>;
  /** Trains by itself, regardless of what it refers to. */
  trains: boolean;
  acts: boolean;
  loops: Loop[];
}

/** Everything that is read from one file or cell. */
export interface Signs {
  units: Unit[];
  /** Imports a machine learning library. */
  learns: boolean;
  /** Whether it is started by another program than `python`. */
  hosted: boolean;
}

const EVIDENCE = new Set(
  (
    'loss losses criterion optimizer optimizers optimiser optim acc accuracy auc perplexity gradient gradients grad grads ' +
    'mse rmse mae'
  ).split(' '),
);
const PRINTED = /\b(\w*loss|(val_|train_|test_)?(acc|accuracy|auc|f1|mse|mae|rmse|bleu|perplexity|ppl))\b/i;
const RATES = new Set(['lr', 'eta', 'alpha']);
const COMMANDS = new Set(['command', 'group', 'callback', 'main', 'automain', 'cli']);
const LOOPS = /^(For|While)Statement$|ComprehensionExpression$/;
const INFERENCE = /\b(no_grad|inference_mode)\b/;

export function readSigns(tree: Tree, text: string): Signs {
  const names = new PythonNames(tree, text);
  const any = (test: (path: string) => boolean): boolean => names.imports.some(test);
  const learns = any((path) => isDeepLearning(path) || isEstimator(path));
  const reader = new Reader({ names, learns, tracks: any(isTracker) });
  tree.iterate({ enter: (node) => reader.enter(node), leave: (node) => reader.leave(node) });
  return { units: reader.units, learns, hosted: any(isHosted) };
}

class Reader {
  readonly units: Unit[] = [];
  private readonly open: Unit[] = [];
  private readonly loops: Loop[] = [];
  /** The number of enclosing statements in which nothing is trained. */
  private inference = 0;
  private prints = 0;

  constructor(private readonly file: Surroundings) {}

  enter(node: SyntaxNodeRef): void {
    if (isDefinition(node)) this.begin(this.definition(node.node));
    else if (isTopLevelStatement(node)) this.begin(this.statement(node.node));
    if (LOOPS.test(node.name)) this.loops.push(this.loop(node.node));
    switch (node.name) {
      case 'VariableName':
        return this.name(node, '');
      case 'PropertyName':
        return this.name(node, '.');
      case 'CallExpression':
        return this.call(node.node);
      case 'AssignStatement':
        return this.assignment(node.node);
      case 'WithStatement':
        if (this.isInference(node.node)) this.inference++;
        return;
      case 'String':
      case 'FormatString':
        if (this.prints > 0 && PRINTED.test(this.file.names.textOf(node).slice(0, 300))) this.evidence();
    }
  }

  leave(node: SyntaxNodeRef): void {
    if (isDefinition(node) || isTopLevelStatement(node)) this.open.pop();
    if (LOOPS.test(node.name)) this.loops.pop();
    if (node.name === 'CallExpression' && this.isPrint(node.node)) this.prints--;
    if (node.name === 'WithStatement' && this.isInference(node.node)) this.inference--;
  }

  // ---------------------------------------------------------------- units

  private begin(unit: Unit): void {
    this.units.push(unit);
    this.open.push(unit);
  }

  private definition(node: SyntaxNode): Unit {
    const own = node.getChild('VariableName');
    const name = own ? this.file.names.textOf(own) : '?';
    const method = node.name === 'FunctionDefinition' && classAround(node) !== null;
    const unit = newUnit(node.from, (method ? '.' : '') + name);
    // A class refers to the methods that run when it is called.
    if (node.name === 'ClassDefinition') for (const ref of ['.__init__', '.__post_init__']) unit.refs.add(ref);
    this.commands(node, unit);
    return unit;
  }

  /** A call of `cli` may call a function with `@cli.command()`. A function with `@ex.automain` is called at once. */
  private commands(node: SyntaxNode, unit: Unit): void {
    if (node.parent?.name !== 'DecoratedStatement') return;
    for (const decorator of node.parent.getChildren('Decorator')) {
      const [owner, last] = decoratorNames(decorator, this.file.names);
      if (owner === undefined || last === undefined || !COMMANDS.has(last)) continue;
      const link = newUnit(decorator.from, owner);
      link.refs.add(unit.ref);
      this.units.push(link);
      if (last !== 'automain' || this.open.length > 0) continue;
      this.units.push({ ...newUnit(node.parent.from, ''), isMain: true, refs: new Set([unit.ref]) });
    }
  }

  private statement(node: SyntaxNode): Unit {
    return { ...newUnit(node.from, ''), isMain: isMainGuard(node, this.file.names) };
  }

  // ---------------------------------------------------------------- what is in them

  private loop(node: SyntaxNode): Loop {
    const loop: Loop = {
      counting: countingOf(node, this.file.names),
      refs: new Set(),
      acts: false,
      logs: false,
      evidence: false,
      assignsLoss: false,
    };
    this.open.at(-1)?.loops.push(loop);
    return loop;
  }

  private name(node: SyntaxNodeRef, prefix: '' | '.'): void {
    const name = this.file.names.textOf(node);
    if (!isBinding(node.node)) {
      this.open.at(-1)?.refs.add(prefix + name);
      for (const loop of this.loops) loop.refs.add(prefix + name);
    }
    const words = wordsOf(name);
    if (this.loops.length > 0 && words.some((word) => EVIDENCE.has(word))) this.evidence();
    if (isRate(words) && isStepTowards(node.node, this.file.names)) this.act();
  }

  private call(node: SyntaxNode): void {
    if (this.isPrint(node)) this.prints++;
    const sign = signOf(node, this.file);
    if (sign === 'act') this.act();
    const unit = this.open.at(-1);
    if (!unit) return;
    if (sign === 'train') unit.trains = true;
    if (sign === 'log') {
      for (const loop of this.loops) loop.logs = true;
      // Outside a loop, a metric only counts if a tracker is imported.
      unit.trains ||= this.file.tracks;
    }
  }

  private act(): void {
    const unit = this.open.at(-1);
    if (unit) unit.acts = true;
    for (const loop of this.loops) loop.acts = true;
  }

  private evidence(): void {
    if (this.inference > 0) return;
    for (const loop of this.loops) loop.evidence = true;
  }

  private assignment(node: SyntaxNode): void {
    const target = node.firstChild;
    if (target?.name !== 'VariableName' || this.loops.length === 0 || this.inference > 0) return;
    if (wordsOf(this.file.names.textOf(target)).includes('loss'))
      for (const loop of this.loops) loop.assignsLoss = true;
  }

  private isPrint(call: SyntaxNode): boolean {
    const callee = call.firstChild;
    return (
      callee !== null &&
      callee.to - callee.from < 40 &&
      /^(print|log(ger|ging)?\.\w+|tqdm\.write|\w+\.set_(postfix|description)\w*)$/.test(this.file.names.textOf(callee))
    );
  }

  private isInference(statement: SyntaxNode): boolean {
    const body = statement.getChild('Body');
    return INFERENCE.test(
      this.file.names.textOf({ from: statement.from, to: body?.from ?? statement.to }).slice(0, 300),
    );
  }
}

function newUnit(from: number, ref: string): Unit {
  return { ref, from, isMain: false, refs: new Set(), trains: false, acts: false, loops: [] };
}

function isDefinition({ name }: SyntaxNodeRef): boolean {
  return name === 'FunctionDefinition' || name === 'ClassDefinition';
}

function isTopLevelStatement(node: SyntaxNodeRef): boolean {
  return (
    node.name.endsWith('Statement') &&
    node.name !== 'ImportStatement' &&
    node.name !== 'DecoratedStatement' &&
    node.node.parent?.name === 'Script'
  );
}

function classAround(node: SyntaxNode): SyntaxNode | null {
  const body = node.parent?.name === 'DecoratedStatement' ? node.parent.parent : node.parent;
  return body?.parent?.name === 'ClassDefinition' ? body.parent : null;
}

/** The first and the last name of `@first.x.last(…)`. */
function decoratorNames(decorator: SyntaxNode, names: PythonNames): [string?, string?] {
  const path = decorator.getChildren('VariableName').map((name) => names.textOf(name));
  return [path[0], path.length > 1 ? path.at(-1) : undefined];
}

/** Whether the name is defined here rather than used: a target, a parameter, a keyword. */
function isBinding(name: SyntaxNode): boolean {
  const around = name.parent;
  if (around?.name === 'AssignStatement') return name.from < (around.getChild('AssignOp')?.from ?? 0);
  if (around?.name === 'ArgList') return name.nextSibling?.name === 'AssignOp';
  return around?.name === 'ParamList' && name.prevSibling?.name !== 'AssignOp';
}

function isMainGuard(node: SyntaxNode, names: PythonNames): boolean {
  const condition = node.name === 'IfStatement' ? node.firstChild?.nextSibling : null;
  if (condition?.name !== 'BinaryExpression') return false;
  return /^(__name__\s*==\s*(['"])__main__\2|(['"])__main__\3\s*==\s*__name__)$/.test(names.textOf(condition));
}

function isRate(words: readonly string[]): boolean {
  return words.some((word) => RATES.has(word)) || (words.includes('learning') && words.includes('rate'));
}

/** `w -= lr * g`, `w - lr * g`: the rate is a factor of what is added or subtracted. */
function isStepTowards(rate: SyntaxNode, names: PythonNames): boolean {
  const factor = rate.parent?.name === 'MemberExpression' ? rate.parent : rate;
  let product = factor;
  while (['*', '@', '/'].includes(operatorOf(product.parent, names))) product = product.parent!;
  if (product === factor) return false;
  const around = product.parent;
  return around?.name === 'UpdateStatement' || ['+', '-'].includes(operatorOf(around, names));
}

function operatorOf(node: SyntaxNode | null, names: PythonNames): string {
  const operator = node?.name === 'BinaryExpression' ? node.getChild('ArithOp') : null;
  return operator ? names.textOf(operator) : '';
}
