import '../shared/pageTexts';
import './charts.css';
import './vscodeElements';
import { ChartPanel } from './chartPanel';

const panel = new ChartPanel();
document.body.append(...panel.elements);
panel.start();
