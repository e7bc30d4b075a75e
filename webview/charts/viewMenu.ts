/** The menu of saved views: apply, save, delete. */
import { t } from '../../src/base/texts';
import type { TabContext } from '../panel/panelTab';
import { type MenuItem, openMenu } from '../shared/popupMenu';

type Panel = Pick<TabContext<object>, 'model' | 'act'>;

export function openViewMenu({ model, act }: Panel, anchor: HTMLElement): void {
  const items: MenuItem[] = model.views.map((name) => ({
    label: name,
    icon: 'bookmark',
    run: () => act({ do: 'applyView', name }),
  }));
  items.push({ label: t('Save View…'), icon: 'add', run: () => act({ do: 'saveView', state: model.view() }) });
  if (model.views.length > 0)
    items.push({ label: t('Delete View…'), icon: 'trash', run: () => openForgetMenu({ model, act }, anchor) });
  openMenu(t('Views'), items, anchor);
}

function openForgetMenu({ model, act }: Panel, anchor: HTMLElement): void {
  const items = model.views.map((name) => ({
    label: t('Delete {0}', name),
    icon: 'trash',
    run: () => act({ do: 'deleteView', name }),
  }));
  openMenu(t('Delete View'), items, anchor);
}
