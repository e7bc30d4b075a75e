/** Why there is no chart, and what to do about it. */
import { t } from '../../src/base/texts';
import { el } from '../shared/dom';
import { statusActions } from '../shared/status';
import { type Scope, SYSTEM } from './axes';
import type { PanelModel } from '../model/panelModel';

export type Emptiness = 'missing' | 'search' | 'system' | 'waiting' | 'none';

export function emptiness(model: PanelModel, searching: boolean, scope: Scope): Emptiness {
  if (model.runs.length === 0) return 'missing';
  if (searching) return 'search';
  if (scope === SYSTEM) return 'system';
  return model.runs.some((run) => statusActions(run.row).stop) ? 'waiting' : 'none';
}

export function emptyState(why: Emptiness, openOutput: () => void, clearFilter: () => void): HTMLElement[] {
  switch (why) {
    case 'missing':
      return [
        el('p', { class: 'empty-title' }, t('These runs could not be found.')),
        el(
          'p',
          {},
          t(
            'They may have been deleted, or belong to a folder that is not open. Select other runs in the XTrack view.',
          ),
        ),
      ];
    case 'search':
      return [
        el('p', { class: 'empty-title' }, t('No metrics match the filter.')),
        button(t('Clear Filter'), clearFilter),
      ];
    case 'system':
      return [
        el('p', { class: 'empty-title' }, t('No system metrics yet.')),
        el('p', {}, t('XTrack samples CPU, memory and GPU while it runs a script:')),
        el('p', {}, el('code', {}, 'python -m xtrack run -- train.py')),
      ];
    default:
      return waiting(why === 'waiting', openOutput);
  }
}

function waiting(active: boolean, openOutput: () => void): HTMLElement[] {
  return [
    el('p', { class: 'empty-title' }, active ? t('Waiting for the first metric…') : t('This run logged no metrics.')),
    el('p', {}, t('Log one from the training loop:')),
    el('p', {}, el('code', {}, 'run.log_metric("train/loss", loss, step=step)')),
    el('p', { class: 'muted' }, t('If the script should have logged something by now, check its output.')),
    button(t('Show Output'), openOutput),
  ];
}

function button(text: string, onClick: () => void): HTMLElement {
  const element = document.createElement('vscode-button');
  element.append(text);
  element.addEventListener('click', onClick);
  return element;
}
