/** The key metric stands for a run wherever there is room for only one. */
const USUAL = ['val_acc', 'val/acc', 'val/accuracy', 'val_accuracy', 'accuracy', 'acc', 'val_loss', 'val/loss', 'loss'];
const SUFFIXES = ['acc', 'accuracy', 'loss'];
const LESS = /loss|err|perplexity|ppl|nll|mae|mse|wer\b|cer\b/i;
const MORE = /acc|auc|f1|score|reward|return|precision|recall|iou|dice|bleu|rouge|map\b|r2\b/i;

/** The user's choice, else the first well-known one, else the first of the script's own. */
export function keyMetricOf(keys: readonly string[], chosen: string): string | undefined {
  return (
    [chosen, ...USUAL].find((name) => name !== '' && keys.includes(name)) ??
    SUFFIXES.map((suffix) => keys.find((name) => name.toLowerCase().endsWith(suffix))).find((name) => name) ??
    keys.find((name) => !name.startsWith('system/'))
  );
}

/** Whether lower or higher values are better; null if the name does not say. */
export function betterOf(key: string): 'less' | 'more' | null {
  if (LESS.test(key)) return 'less';
  return MORE.test(key) ? 'more' : null;
}
