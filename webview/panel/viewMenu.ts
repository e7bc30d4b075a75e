/** Views that are kept in the workspace: shown again, kept, forgotten. */
import { t } from '../../src/base/texts';
import type { PanelAction } from '../../src/protocol/panel';
import type { PanelModel } from '../model/panelModel';
import { type MenuItem, openMenu } from '../shared/popupMenu';

export function openViewMenu(model: PanelModel, act: (action: PanelAction) => void, anchor: HTMLElement): void {
  const items: MenuItem[] = model.views.map((name) => ({
    label: name,
    icon: 'bookmark',
    run: () => act({ do: 'applyView', name }),
  }));
  items.push({ label: t('Keep this view…'), icon: 'add', run: () => act({ do: 'saveView', state: model.state }) });
  if (model.views.length > 0)
    items.push({ label: t('Forget a view…'), icon: 'trash', run: () => openForgetMenu(model, act, anchor) });
  openMenu(t('Views'), items, anchor);
}

function openForgetMenu(model: PanelModel, act: (action: PanelAction) => void, anchor: HTMLElement): void {
  const items = model.views.map((name) => ({
    label: t('Forget {0}', name),
    icon: 'trash',
    run: () => act({ do: 'deleteView', name }),
  }));
  openMenu(t('Forget a view'), items, anchor);
}
