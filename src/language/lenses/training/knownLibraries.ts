/** Libraries whose calls show that a file trains. They are matched against dotted paths, by whole components. */

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

/** Libraries whose `fit` prepares data instead of training a model. */
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

/** Libraries with their own launcher; their files are not started with `python file.py`. */
const HOSTED = ['airflow', 'streamlit', 'dagster', 'locust', 'gradio'];

export const isTracker = (path: string): boolean => within(path, TRACKERS);
export const isDeepLearning = (path: string): boolean => within(path, DEEP_LEARNING);
export const isEstimator = (path: string): boolean => within(path, ESTIMATORS) && !within(path, PREPARATION);
export const isPreparation = (path: string): boolean => within(path, PREPARATION);
export const isHosted = (path: string): boolean => within(path, HOSTED);

function within(path: string, modules: readonly string[]): boolean {
  return modules.some((module) => path === module || path.startsWith(`${module}.`));
}
