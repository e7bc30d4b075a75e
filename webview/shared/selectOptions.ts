/** Sets the choices of a drop-down only if they differ, because it may be open. */
type Select = HTMLElementTagNameMap['vscode-single-select'];

export interface Choice {
  value: string;
  label: string;
}

const filled = new WeakMap<Select, string>();

export function fillSelect(select: Select, choices: readonly Choice[], chosen: string): void {
  const now = JSON.stringify(choices);
  if (filled.get(select) !== now) {
    filled.set(select, now);
    select.replaceChildren(
      ...choices.map(({ value, label }) => {
        const option = document.createElement('vscode-option');
        option.value = value;
        option.append(label);
        option.selected = value === chosen;
        return option;
      }),
    );
    // The element takes over its options a moment later.
    void select.updateComplete.then(() => setValue(select, chosen));
  }
  setValue(select, chosen);
}

function setValue(select: Select, chosen: string): void {
  if (select.value !== chosen) select.value = chosen;
}
