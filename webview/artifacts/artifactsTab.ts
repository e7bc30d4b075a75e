import { t } from '../../src/base/texts';
import { detailDrawing } from '../model/detailDrawing';
import { stateSlice } from '../model/stateSlice';
import { drawnTab, type PanelTab } from '../panel/panelTab';
import { el } from '../shared/dom';
import { artifacts } from './artifacts';
import './artifacts.css';

export const artifactsTab: PanelTab = {
  id: 'artifacts',
  title: t('Artifacts'),
  state: stateSlice('artifacts', {}),
  followsDetail: true,
  badge(model) {
    const row = model.focused()?.row;
    return (row?.checkpoints ?? 0) + (row?.artifacts ?? 0);
  },
  create(context) {
    const element = el('div', { class: 'tab-panel artifacts' });
    const draw = detailDrawing(context.model, (run, detail) => {
      element.replaceChildren(...artifacts(run, detail, context.act));
    });
    return drawnTab(context, element, draw);
  },
};
