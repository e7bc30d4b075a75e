/** A small menu at a place: arrows move, Enter chooses, Escape and a click elsewhere close it and give the focus back. */
import { el, icon } from './dom';

export interface MenuItem {
  label: string;
  icon: string;
  /** The key that does the same. */
  hint?: string;
  run: () => void;
}

let close: (() => void) | undefined;

export function openMenu(title: string, items: MenuItem[], anchor: HTMLElement): void {
  close?.();
  const menu = el(
    'div',
    { class: 'menu', role: 'menu', 'aria-label': title },
    el('div', { class: 'menu-title' }, title),
  );
  const buttons = items.map((item) => {
    const hint = item.hint === undefined ? null : el('kbd', { class: 'menu-hint' }, item.hint);
    const button = el('button', { role: 'menuitem', type: 'button' }, icon(item.icon), item.label, hint);
    button.addEventListener('click', () => {
      close?.();
      item.run();
    });
    return button;
  });
  menu.append(...buttons);
  document.body.append(menu);
  place(menu, anchor.getBoundingClientRect());

  const move = (by: number): void => {
    const at = buttons.findIndex((button) => button === document.activeElement);
    buttons[(at + by + buttons.length) % buttons.length]?.focus();
  };
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') move(1);
    else if (event.key === 'ArrowUp') move(-1);
    else if (event.key === 'Escape' || event.key === 'Tab') close?.();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const outside = (event: Event): void => {
    if (!(event.target instanceof Node) || !menu.contains(event.target)) close?.();
  };
  document.addEventListener('pointerdown', outside, true);
  window.addEventListener('blur', outside);
  close = () => {
    close = undefined;
    document.removeEventListener('pointerdown', outside, true);
    window.removeEventListener('blur', outside);
    menu.remove();
    anchor.focus();
  };
  buttons[0]?.focus();
}

function place(menu: HTMLElement, anchor: DOMRect): void {
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(4, Math.min(anchor.left, innerWidth - width - 4))}px`;
  menu.style.top = `${anchor.bottom + height + 4 > innerHeight ? Math.max(4, anchor.top - height - 2) : anchor.bottom + 2}px`;
}
