/** Elements are made here, never from markup: what scripts log (names, keys, paths) only ever becomes text. */
import { straight } from '../../src/domain/format';

type Child = Node | string | null | undefined | false;

interface Attributes {
  class?: string;
  title?: string;
  role?: string;
  tabIndex?: number;
  slot?: string;
  /** Any other attribute: aria-*, data-*. */
  [name: string]: string | number | boolean | undefined;
}

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? '' : String(value));
  }
  append(node, children);
  return node;
}

export function append(node: HTMLElement, children: Child[]): void {
  for (const child of children) if (child !== null && child !== undefined && child !== false) node.append(child);
}

/** Sets the children. Elements that stay are not touched, so that typing, dragging and scrolling in them go on. */
export function setChildren(node: HTMLElement, children: readonly Element[]): void {
  const wanted = new Set(children);
  for (const child of [...node.childNodes]) if (!wanted.has(child as Element)) child.remove();
  children.forEach((child, i) => {
    if (node.children[i] !== child) node.insertBefore(child, node.children[i] ?? null);
  });
}

/** A text with elements in the places of `{0}`, `{1}`…, wherever its language has them. */
export function filled(text: string, ...parts: Node[]): Child[] {
  return text.split(/\{(\d+)\}/).map((part, i) => (i % 2 === 0 ? part : parts[Number(part)]));
}

export function code(text: string): HTMLElement {
  return el('code', {}, text);
}

export function icon(name: string, spin = false): HTMLSpanElement {
  return el('span', { class: `codicon codicon-${name}${spin ? ' codicon-modifier-spin' : ''}`, 'aria-hidden': 'true' });
}

export function iconButton(name: string, label: string, onClick: (event: MouseEvent) => void): HTMLButtonElement {
  const button = el('button', { class: 'icon-button', type: 'button', title: label, 'aria-label': label }, icon(name));
  button.addEventListener('click', onClick);
  return button;
}

const TAIL = 8;

/** True if the ends of the names do not tell them apart. */
export function endAlike(names: readonly string[]): boolean {
  return names.length > 1 && names.every((name) => name.slice(-TAIL) === names[0]!.slice(-TAIL));
}

/** Sets a name that is cut where there is no room: in its middle, as long names differ at their ends, or at its end. */
export function setName(node: HTMLElement, given: string, cutEnd = false): void {
  const name = straight(given);
  const isLong = name.length > 2 * TAIL;
  const tail = isLong && !cutEnd ? name.slice(-TAIL) : '';
  if (node.textContent === name && (node.querySelector('.name-tail')?.textContent ?? '') === tail) return;
  const head = el('span', { class: 'name-head' }, name.slice(0, name.length - tail.length));
  node.classList.toggle('name-cut', isLong);
  if (!isLong) return node.replaceChildren(name);
  node.replaceChildren(head, ...(tail === '' ? [] : [el('span', { class: 'name-tail' }, tail)]));
}

/** Writes only what changed, so that a live update neither relays out nor disturbs a selection. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node: HTMLElement, name: string, value: string): void {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}
