import { parser } from '@lezer/python';
import type { SyntaxNode, Tree } from '@lezer/common';

/** Where to offer tracking in a Python file: the 0-based line of its entry point. */
export interface EntryPoint {
  line: number;
}

const EPOCH_OR_STEP = /^(epochs?|steps?|iterations?|num_(epochs|steps)|n_(epochs|steps)|batch(es)?|global_step)$/i;
const OPTIMISER =
  /^(optimi[sz]ers?|opt|scheduler|criterion|loss(es)?|train_loss|(train|val|eval)_?loader|backward|zero_grad|GradientTape|value_and_grad)$/;
const TRACKER = /^(log_metrics?|log_dict|add_scalar|SummaryWriter|start_run|xtrack|wandb|mlflow)$/;
const TRAIN_CALL = /^(fit|train|train_epoch|train_step|train_one_epoch|training_step|partial_fit|Trainer)$/;

/**
 * The entry point of `text` when the file trains: loops over epochs or steps with an optimiser or a loss, logs to a
 * known tracker, or hands over to a trainer. Null for everything else, half-typed files included where nothing says so.
 */
export function trainingEntryPoint(text: string): EntryPoint | null {
  const tree = parser.parse(text);
  if (!trains(tree, text)) return null;
  const at = mainGuard(tree, text) ?? topLevelLoop(tree) ?? firstStatement(tree);
  return at === null ? null : { line: lineOf(text, at) };
}

function trains(tree: Tree, text: string): boolean {
  let loop = false;
  let optimises = false;
  let tracks = false;
  let hands = false;
  tree.iterate({
    enter(node) {
      const name = node.name;
      if (name === 'ForStatement' || name === 'WhileStatement') loop ||= countsProgress(node.node, text);
      if (name !== 'VariableName' && name !== 'PropertyName') return;
      const word = text.slice(node.from, node.to);
      optimises ||= OPTIMISER.test(word);
      tracks ||= TRACKER.test(word);
      hands ||= TRAIN_CALL.test(word) && isCalled(node.node);
    },
  });
  return (loop && (optimises || tracks || hands)) || (hands && (optimises || tracks));
}

/** `for epoch in …`, `for i in range(steps)`, `while step < steps`: the header names what training counts. */
function countsProgress(statement: SyntaxNode, text: string): boolean {
  const header = text.slice(statement.from, statement.getChild('Body')?.from ?? statement.to);
  return (header.match(/[A-Za-z_]\w*/g) ?? []).some((word) => EPOCH_OR_STEP.test(word));
}

function isCalled(name: SyntaxNode): boolean {
  const callee = name.parent?.name === 'MemberExpression' ? name.parent : name;
  return callee.nextSibling?.name === 'ArgList';
}

function mainGuard(tree: Tree, text: string): number | null {
  for (const node of tree.topNode.getChildren('IfStatement')) {
    const condition = text.slice(node.from, node.getChild('Body')?.from ?? node.to);
    if (/__name__\s*==\s*(['"])__main__\1/.test(condition)) return node.from;
  }
  return null;
}

function topLevelLoop(tree: Tree): number | null {
  const loop =
    tree.topNode.getChild('ForStatement') ??
    tree.topNode.getChild('WhileStatement') ??
    tree.topNode.getChild('WithStatement');
  return loop?.from ?? null;
}

function firstStatement(tree: Tree): number | null {
  for (let node = tree.topNode.firstChild; node; node = node.nextSibling) {
    if (node.name !== 'Comment' && node.name !== 'ImportStatement') return node.from;
  }
  return null;
}

function lineOf(text: string, offset: number): number {
  let line = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
