import { t } from '../../src/base/texts';
import { drawnTab, type PanelTab } from '../panel/panelTab';
import './events.css';
import { EVENTS_STATE, type EventsState } from './eventsState';
import { EventsView } from './eventsView';

export const eventsTab: PanelTab<EventsState> = {
  id: 'events',
  title: t('Events'),
  state: EVENTS_STATE,
  create(context) {
    const events = new EventsView(context, () => tab.update('runs'));
    const tab = drawnTab(context, events.element, () => events.update());
    return tab;
  },
};
