/** A box beside the pointer. */
import { el } from './dom';

export class Tooltip {
  readonly element = el('div', { class: 'tooltip', role: 'tooltip', hidden: true });
  private middle = innerWidth / 2;

  constructor() {
    addEventListener('resize', () => (this.middle = innerWidth / 2));
  }

  hide(): void {
    this.element.hidden = true;
  }

  /** Shows it on the side of the pointer with more room. Nothing is measured, which would force a layout. */
  show(content: HTMLElement[], at: { x: number; y: number }): void {
    this.element.replaceChildren(...content);
    this.element.hidden = false;
    const left = at.x > this.middle ? `calc(${at.x - 16}px - 100%)` : `${at.x + 16}px`;
    this.element.style.transform =
      `translate(max(4px, min(${left}, 100vw - 100% - 4px)), ` + `max(4px, min(${at.y + 12}px, 100vh - 100% - 4px)))`;
  }
}
