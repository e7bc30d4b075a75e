/** The system tab: what the machine did while the script ran. */
import { t } from '../../src/base/texts';
import { SYSTEM } from '../grid/axes';
import { GRID_STATE, type GridState } from '../grid/gridState';
import { GridTab } from '../grid/gridTab';
import { sectionOf, SYSTEM_SECTION } from '../model/metricGroups';
import type { PanelTab } from '../panel/panelTab';

export const systemTab: PanelTab<GridState> = {
  id: 'system',
  title: t('System'),
  state: GRID_STATE,
  create: (context) => new GridTab(SYSTEM, (key) => sectionOf(key) === SYSTEM_SECTION, context),
};
