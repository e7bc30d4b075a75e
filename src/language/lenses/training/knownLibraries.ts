/** Libraries whose calls say that a file trains. Matched against dotted paths, whole components only. */

const TRACKERS = [
  'xtrack',
  'wandb',
  'mlflow',
  'tensorboard',
  'tensorboardX',
  'torch.utils.tensorboard',
  'tensorflow.summary',
  'aim',
  'neptune',
  'comet_ml',
  'clearml',
  'trackio',
  'swanlab',
  'dvclive',
  'sacred',
  'accelerate',
  'labml',
  'determined',
  'azureml',
  'guild',
];

const DEEP_LEARNING = [
  'torch',
  'tensorflow',
  'keras',
  'jax',
  'flax',
  'optax',
  'haiku',
  'equinox',
  'mlx',
  'tinygrad',
  'paddle',
  'mxnet',
  'lightning',
  'pytorch_lightning',
  'fastai',
  'transformers',
  'trl',
  'peft',
  'accelerate',
  'diffusers',
  'sentence_transformers',
  'ultralytics',
  'stable_baselines3',
  'sb3_contrib',
  'timm',
  'skorch',
  'autograd',
];

const ESTIMATORS = [
  'sklearn',
  'xgboost',
  'lightgbm',
  'catboost',
  'autogluon',
  'flaml',
  'tpot',
  'pycaret',
  'darts',
  'neuralforecast',
  'imblearn',
  'cuml',
  'ngboost',
  'sktime',
];

/** Their `fit` prepares data; it trains no model. */
const PREPARATION = [
  'preprocessing',
  'impute',
  'feature_extraction',
  'feature_selection',
  'compose',
  'decomposition',
  'manifold',
  'covariance',
  'random_projection',
  'cluster',
].map((module) => `sklearn.${module}`);

/** Run by a program of their own: `python file.py` is not how such a file is started. */
const HOSTED = ['airflow', 'streamlit', 'dagster', 'locust', 'gradio'];

export const isTracker = (path: string): boolean => within(path, TRACKERS);
export const isDeepLearning = (path: string): boolean => within(path, DEEP_LEARNING);
export const isEstimator = (path: string): boolean => within(path, ESTIMATORS) && !within(path, PREPARATION);
export const isPreparation = (path: string): boolean => within(path, PREPARATION);
export const isHosted = (path: string): boolean => within(path, HOSTED);

function within(path: string, modules: readonly string[]): boolean {
  return modules.some((module) => path === module || path.startsWith(`${module}.`));
}
