import { t } from '../../src/base/texts';
import { drawnTab, type PanelTab } from '../panel/panelTab';
import './console.css';
import { CONSOLE_STATE, type ConsoleState } from './consoleState';
import { ConsoleView } from './consoleView';

export const consoleTab: PanelTab<ConsoleState> = {
  id: 'console',
  title: t('Console'),
  state: CONSOLE_STATE,
  create(context) {
    const view = new ConsoleView(context);
    return {
      ...drawnTab(context, view.element, () => view.update()),
      dispose: () => view.dispose(),
    };
  },
};
