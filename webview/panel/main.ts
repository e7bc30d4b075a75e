import '../shared/pageTexts';
// Before those of the panel and its tabs, which may differ from them.
import '../shared/styles.css';
import '../shared/vscodeElements';
import './panel.css';
import { ChartPanel } from './panel';
import { FAILURE_TAB, TABS } from './tabs';

const panel = new ChartPanel(TABS, FAILURE_TAB);
document.body.append(...panel.elements);
panel.start();
