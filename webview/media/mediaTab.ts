import { t } from '../../src/base/texts';
import { drawnTab, type PanelTab } from '../panel/panelTab';
import './media.css';
import { MediaFiles } from './mediaFiles';
import { MEDIA_STATE, type MediaState } from './mediaState';
import { MediaView } from './mediaView';

export const mediaTab: PanelTab<MediaState> = {
  id: 'media',
  title: t('Media'),
  state: MEDIA_STATE,
  followsDetail: true,
  badge(model) {
    const run_id = model.focused()?.row.run_id;
    return (run_id !== undefined && model.details.get(run_id)?.media.length) || 0;
  },
  create(context) {
    const files = new MediaFiles((run_id, file) => context.host.file(run_id, file));
    const media = new MediaView(context, files, () => tab.update('runs'));
    const tab = drawnTab(context, media.element, () => media.update());
    return { ...tab, dispose: () => files.dispose() };
  },
};
