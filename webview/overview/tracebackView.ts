/** A Python traceback whose lines open the file. */
import { t } from '../../src/base/texts';
import { el } from '../shared/dom';

const FRAME = /File "([^"]+)", line (\d+)/;

export function tracebackView(text: string, open: (file: string, line: number) => void): HTMLElement {
  const block = el('pre', { class: 'traceback', tabindex: 0, 'aria-label': t('Traceback') });
  for (const line of text.trimEnd().split('\n')) {
    const [place, file, number] = FRAME.exec(line) ?? [];
    if (place === undefined || file === undefined || file.startsWith('<')) {
      block.append(`${line}\n`);
      continue;
    }
    const at = line.indexOf(place);
    const link = el('button', { class: 'link', type: 'button' }, place);
    link.addEventListener('click', () => open(file, Number(number)));
    block.append(line.slice(0, at), link, `${line.slice(at + place.length)}\n`);
  }
  return block;
}
