import '../shared/pageTexts';
import './panel.css';
import '../shared/vscodeElements';
import { ChartPanel } from './panel';

const panel = new ChartPanel();
document.body.append(...panel.elements);
panel.start();
