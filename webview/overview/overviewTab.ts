import { t } from '../../src/base/texts';
import { el } from '../shared/dom';
import { toggled } from '../model/panelModel';
import { type StateOf, stateSlice } from '../model/stateSlice';
import { detailDrawing } from '../model/detailDrawing';
import { drawnTab, type PanelTab } from '../panel/panelTab';
import { listOf, readText } from '../shared/storedFields';
import { overview } from './overview';
import './overview.css';

const OVERVIEW_STATE = stateSlice('overview', {
  /** Its parts that are open. */
  opened: listOf(readText),
});

type OverviewState = StateOf<typeof OVERVIEW_STATE>;

export const overviewTab: PanelTab<OverviewState> = {
  id: 'overview',
  title: t('Overview'),
  state: OVERVIEW_STATE,
  followsDetail: true,
  create(context) {
    const element = el('div', { class: 'tab-panel overview' });
    element.addEventListener('click', ({ target }) => {
      const part = target instanceof Element ? target.closest('summary')?.parentElement?.dataset.part : undefined;
      if (part !== undefined) context.patch({ opened: toggled(context.state.opened, part) });
    });
    const { model, act } = context;
    const draw = detailDrawing(model, (run, detail) => {
      element.replaceChildren(...overview(run, detail, model.keyMetric, act));
      for (const part of element.querySelectorAll('details'))
        part.open = context.state.opened.includes(part.dataset.part!);
    });
    return drawnTab(context, element, draw);
  },
};
