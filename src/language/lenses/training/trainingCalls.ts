import type { SyntaxNode } from '@lezer/common';
import { isDeepLearning, isEstimator, isPreparation, isTracker } from './knownLibraries';
import { type PythonNames, wordsOf } from '../../python/pythonNames';

/**
 * What a call shows about training: `act` is one step of it (and only counts inside a loop), `train` is all of it, and
 * `log` logs a metric to a tracker.
 */
export type Sign = 'act' | 'train' | 'log';

const ACTS = new Set(
  (
    'backward zero_grad apply_gradients apply_updates manual_backward train_on_batch partial_fit clip_grad_norm_ ' +
    'clip_grad_value_ GradientTape value_and_grad train_one_epoch train_epoch train_step train_batch training_step ' +
    'update_weights update_parameters gradient_descent'
  ).split(' '),
);
const FITS = new Set(['fit', 'fit_generator', 'fit_one_cycle', 'fine_tune']);
const WHOLE = new Set([
  'train_and_evaluate',
  'train_supervised',
  'train_unsupervised',
  'compare_models',
  'LightningCLI',
]);
const CROSS_VALIDATION = new Set(['cv', 'cross_val_score', 'cross_validate', 'cross_val_predict']);
const TRAIN_FUNCTION =
  /^(train|pretrain|fine_?tune|fit)$|^(run|do|start|launch)_(train|training|finetuning)$|^train(ing)?_(model|loop|network|classifier|epochs|from_config)$/;
const KEYWORDS = new Set(
  (
    'epochs epoch n_epochs num_epochs nb_epoch max_epochs steps_per_epoch validation_data validation_split eval_set ' +
    'total_timesteps train_dataloaders train_dataloader train_loader datamodule early_stopping_rounds num_boost_round ' +
    'max_steps train_data dtrain train_dataset'
  ).split(' '),
);
const METRIC_CALLS = new Set(['log_metric', 'log_metrics', 'add_scalar', 'add_scalars', 'report_scalar', 'log_scalar']);
const TRACKER_CALLS = new Set(['log', 'track', 'scalar', 'log_dict', 'log_scalars', ...METRIC_CALLS]);

const MODEL =
  'model models net network classifier clf regressor reg estimator learner trainer pipeline pipe search automl autoencoder gan generator';
const MODEL_WORDS = new Set(MODEL.split(' '));
const TRAINER_WORDS = new Set(['trainer', 'learner', 'finetuner']);
const OPTIMISER_WORDS = new Set(
  'optim optimizer optimizers optimiser opt sgd adam adamw scheduler sched scaler'.split(' '),
);
const AGENT_WORDS = new Set(['agent', 'agents', 'policy', 'learner', 'actor', 'critic']);
const TRACKER_WORDS = new Set(['run', 'writer', 'experiment', 'tracker', 'accelerator', 'live', 'ex', 'task', 'wandb']);
const MAX_RECEIVER = 80;

/** The file around a call. */
export interface Surroundings {
  names: PythonNames;
  /** Imports a machine learning library. */
  learns: boolean;
  tracks: boolean;
}

export function signOf(call: SyntaxNode, file: Surroundings): Sign | null {
  const callee = call.firstChild;
  if (callee?.name === 'VariableName') return ofFunction(callee, file);
  const property = callee?.name === 'MemberExpression' ? callee.getChild('PropertyName') : null;
  const receiver = callee?.firstChild;
  return property && receiver ? ofMethod({ call, receiver, method: file.names.textOf(property), file }) : null;
}

function ofFunction(callee: SyntaxNode, { names }: Surroundings): Sign | null {
  const path = names.pathOf(callee);
  const name = path.slice(path.lastIndexOf('.') + 1);
  if (isGradient(path)) return 'act';
  if (WHOLE.has(name)) return 'train';
  if (CROSS_VALIDATION.has(name) && isEstimator(path)) return 'train';
  const called = names.textOf(callee);
  if (names.isImported(called) && (TRAIN_FUNCTION.test(called) || TRAIN_FUNCTION.test(name))) return 'train';
  if (isTracker(path) && TRACKER_CALLS.has(name)) return 'log';
  return ACTS.has(name) ? 'act' : null;
}

interface MethodCall {
  call: SyntaxNode;
  receiver: SyntaxNode;
  method: string;
  file: Surroundings;
}

function ofMethod(call: MethodCall): Sign | null {
  if (logs(call)) return 'log';
  if (trains(call)) return 'train';
  return acts(call) ? 'act' : null;
}

function acts({ call, receiver, method, file: { names } }: MethodCall): boolean {
  const path = names.pathOf(receiver);
  if (ACTS.has(method) || isGradient(`${path}.${method}`)) return true;
  const words = wordsIn(receiver, names);
  if (method === 'step' || method === 'update' || method === 'minimize') {
    return some(words, OPTIMISER_WORDS) || /^(torch\.optim|optax)\./.test(path);
  }
  // `model.train()` makes a module ready for it.
  if (method === 'train' && keywordsOf(call, names).length === 0 && some(words, MODEL_WORDS)) return true;
  if (method === 'train' || method === 'learn') return some(words, AGENT_WORDS);
  // TensorFlow 1: `session.run([train_op, loss])`.
  return method === 'run' && /\btrain_(op|step)\b/.test(names.textOf(call.getChild('ArgList') ?? call).slice(0, 200));
}

function trains({ call, receiver, method, file: { names, learns } }: MethodCall): boolean {
  const path = names.pathOf(receiver);
  const words = wordsIn(receiver, names);
  const keywords = keywordsOf(call, names).filter((keyword) => KEYWORDS.has(keyword));
  if (WHOLE.has(method)) return true;
  if (isPreparation(path)) return false;
  const trainer = /(Trainer|Learner)$/.test(path) || some(words, TRAINER_WORDS);
  if (FITS.has(method)) {
    const model = learns && (method !== 'fit' || some(words, MODEL_WORDS));
    return isEstimator(path) || isDeepLearning(path) || keywords.length > 0 || trainer || model;
  }
  if (method === 'train') {
    const model = (isDeepLearning(path) || some(words, MODEL_WORDS)) && keywords.length > 0;
    return trainer || isEstimator(path) || model || importedTraining(receiver, names);
  }
  if (method === 'learn') return isDeepLearning(path) || keywords.length > 0;
  if (CROSS_VALIDATION.has(method)) return isEstimator(path);
  return TRAIN_FUNCTION.test(method) && importedTraining(receiver, names);
}

/** `training.train(config)` where `training` is a module. */
function importedTraining(receiver: SyntaxNode, names: PythonNames): boolean {
  return receiver.name === 'VariableName' && names.isImported(names.textOf(receiver));
}

function logs({ receiver, method, file: { names, tracks } }: MethodCall): boolean {
  const path = names.pathOf(receiver);
  if (isTracker(path)) {
    // Neptune: `run["train/loss"].append(loss)`.
    const series = receiver.name === 'MemberExpression' && receiver.getChild('PropertyName') === null;
    return TRACKER_CALLS.has(method) || (method === 'append' && series);
  }
  if (METRIC_CALLS.has(method)) return true;
  return tracks && TRACKER_CALLS.has(method) && some(wordsIn(receiver, names), TRACKER_WORDS);
}

function isGradient(path: string): boolean {
  return /^(jax|autograd|torch\.autograd|mlx|haiku|flax|equinox)(\.\w+)*\.(grad|value_and_grad|filter_grad|filter_value_and_grad)$/.test(
    path,
  );
}

/** The names in the expression before the dot. */
function wordsIn(receiver: SyntaxNode, names: PythonNames): string[] {
  const text = names.textOf({ from: Math.max(receiver.from, receiver.to - MAX_RECEIVER), to: receiver.to });
  return (text.match(/[A-Za-z_]\w*/g) ?? []).flatMap(wordsOf);
}

function some(words: readonly string[], known: ReadonlySet<string>): boolean {
  return words.some((word) => known.has(word));
}

function keywordsOf(call: SyntaxNode, names: PythonNames): string[] {
  const keywords: string[] = [];
  for (const assign of call.getChild('ArgList')?.getChildren('AssignOp') ?? []) {
    if (assign.prevSibling) keywords.push(names.textOf(assign.prevSibling));
  }
  return keywords;
}
