/** Diamonds on the x axis for checkpoints. They are buttons, so that they have names and take clicks. */
import { t } from '../../src/base/texts';
import type { XAxis } from '../../src/protocol/panel';
import { el } from '../shared/dom';
import { formatX } from '../../src/domain/format';
import type { ChartCanvas } from './chartCanvas';
import { type CheckpointMark, thinMarks } from './marks';

const GAP_PX = 12;

export class CheckpointLayer {
  readonly element = el('div', { class: 'checkpoints' });
  private readonly buttons = new Map<string, HTMLButtonElement>();

  constructor(private readonly onOpen: (mark: CheckpointMark, anchor: HTMLElement) => void) {}

  draw(marks: CheckpointMark[], canvas: ChartCanvas, colorOf: (run_id: string) => string, axis: XAxis): void {
    const area = canvas.area;
    const inside = area === undefined ? [] : marks.filter(({ x }) => within(canvas.xToPixel(x), area));
    const gone = new Set(this.buttons.keys());
    for (const mark of thinMarks(inside, (x) => canvas.xToPixel(x), GAP_PX)) {
      const id = `${mark.run_id}/${mark.checkpoint.id}`;
      gone.delete(id);
      const button = this.buttons.get(id) ?? this.add(id, mark, axis);
      button.classList.toggle('best', mark.checkpoint.is_best);
      button.style.color = colorOf(mark.run_id);
      button.style.transform = `translate(${canvas.xToPixel(mark.x)}px, ${area?.bottom ?? 0}px)`;
    }
    for (const id of gone) {
      this.buttons.get(id)?.remove();
      this.buttons.delete(id);
    }
  }

  private add(id: string, mark: CheckpointMark, axis: XAxis): HTMLButtonElement {
    const { is_best, path } = mark.checkpoint;
    const at = formatX(axis, mark.x);
    const label = is_best ? t('Best checkpoint so far, {0}: {1}', at, path) : t('Checkpoint, {0}: {1}', at, path);
    const button = el('button', {
      class: 'checkpoint',
      type: 'button',
      tabindex: -1,
      title: label,
      'aria-label': label,
    });
    button.addEventListener('click', () => this.onOpen(mark, button));
    this.buttons.set(id, button);
    this.element.append(button);
    return button;
  }
}

function within(px: number, area: { left: number; right: number }): boolean {
  return px >= area.left - 1 && px <= area.right + 1;
}
