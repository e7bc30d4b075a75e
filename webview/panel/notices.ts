/** The notice above everything else: the collector does not answer, values could not be loaded, an action failed. */
import { t } from '../../src/base/texts';
import { el, icon, iconButton, setText } from '../shared/dom';
import type { PanelModel } from '../model/panelModel';

export class Notices {
  readonly element: HTMLElement;
  private readonly text = el('span', {});
  private readonly close = iconButton('close', t('Dismiss'), () => this.setActionError(null));
  private loadError: string | null = null;
  private actionError: string | null = null;

  constructor(private readonly model: PanelModel) {
    this.element = el('div', { class: 'notice', role: 'status', hidden: true }, icon('warning'), this.text, this.close);
  }

  setLoadError(message: string | null): void {
    this.loadError = message;
    this.update();
  }

  setActionError(message: string | null): void {
    this.actionError = message;
    this.update();
  }

  update(): void {
    const { connection } = this.model;
    const offline = connection === true ? null : t('{0} The data shown may be out of date.', connection);
    const loading =
      this.loadError === null ? null : t('Some values could not be loaded: {0} Retrying…', this.loadError);
    const text = this.actionError ?? offline ?? loading;
    this.element.hidden = text === null;
    this.close.hidden = this.actionError === null;
    setText(this.text, text ?? '');
  }
}
