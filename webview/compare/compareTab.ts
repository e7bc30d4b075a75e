/** The compare tab: which params led to which results. */
import { t } from '../../src/base/texts';
import { drawnTab, type PanelTab } from '../panel/panelTab';
import './compare.css';
import { COMPARE_STATE, type CompareState } from './compareState';
import { CompareView } from './compareView';

export const compareTab: PanelTab<CompareState> = {
  id: 'compare',
  title: t('Compare'),
  state: COMPARE_STATE,
  // A single run cannot be compared.
  shownFor: (model) => model.runs.length > 1,
  create(context) {
    const compare = new CompareView(context);
    return drawnTab(context, compare.element, () => compare.update());
  },
};
