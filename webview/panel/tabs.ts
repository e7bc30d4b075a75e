/** The tabs of the panel, in their order. A tab is added by a folder and a line here. */
import { artifactsTab } from '../artifacts/artifactsTab';
import { chartsTab } from '../charts/chartsTab';
import { compareTab } from '../compare/compareTab';
import { consoleTab } from '../console/consoleTab';
import { eventsTab } from '../events/eventsTab';
import { mediaTab } from '../media/mediaTab';
import { overviewTab } from '../overview/overviewTab';
import { systemTab } from '../system/systemTab';
import type { PanelTab } from './panelTab';

export const TABS: readonly PanelTab[] = [
  chartsTab,
  compareTab,
  overviewTab,
  consoleTab,
  artifactsTab,
  systemTab,
  eventsTab,
  mediaTab,
];

/** The tab that shows why a run failed. */
export const FAILURE_TAB = overviewTab.id;
