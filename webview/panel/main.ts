import '../shared/pageTexts';
import './panel.css';
import '../shared/vscodeElements';
import { ChartPanel } from './panel';
import { FAILURE_TAB, TABS } from './tabs';

const panel = new ChartPanel(TABS, FAILURE_TAB);
document.body.append(...panel.elements);
panel.start();
