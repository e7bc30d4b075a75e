/** The charts tab: all metrics, and how they are drawn. */
import { t } from '../../src/base/texts';
import { CHARTS } from '../grid/axes';
import { GRID_STATE, type GridState } from '../grid/gridState';
import { GridTab } from '../grid/gridTab';
import { drawnTab, type PanelTab } from '../panel/panelTab';
import './charts.css';
import { Toolbar } from './toolbar';

export const chartsTab: PanelTab<GridState> = {
  id: 'charts',
  title: t('Charts'),
  state: GRID_STATE,
  create(context) {
    const grid = new GridTab(CHARTS, () => true, context);
    const toolbar = new Toolbar(context, () => grid.newChart());
    grid.element.prepend(toolbar.element);
    const drawn = drawnTab(context, grid.element, () => toolbar.update());
    return {
      element: grid.element,
      update(change) {
        drawn.update(change);
        grid.update(change);
      },
      dispose: () => grid.dispose(),
    };
  },
};
