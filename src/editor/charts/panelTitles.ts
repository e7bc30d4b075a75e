import { shortName } from '../../domain/format';
import type { PanelRun } from '../../protocol/panel';

const LONGEST = 32;

/** The tabs' titles, in the panels' order. Those that would be alike also say when their first run started. */
export function panelTitles(panels: readonly (readonly PanelRun[])[]): string[] {
  const names = panels.map(nameOf);
  const titles = panels.map((runs, i) => (isUnique(names, i) ? names[i]! : `${names[i]!} · ${startOf(runs)}`));
  return titles.map((title, i) => (isUnique(titles, i) ? title : `${title} · ${panels[i]![0]?.row.run_id.slice(-4)}`));
}

function nameOf(runs: readonly PanelRun[]): string {
  const [first] = runs;
  if (!first) return 'XTrack';
  const name = shortName(first.row.name, LONGEST);
  return runs.length === 1 ? name : `${name} + ${runs.length - 1}`;
}

function startOf([first]: readonly PanelRun[]): string {
  if (!first) return '';
  return new Date(first.row.created).toLocaleTimeString(undefined, { timeStyle: 'short' });
}

/** Panels without runs cannot be told apart. */
function isUnique(titles: readonly string[], i: number): boolean {
  return titles[i] === 'XTrack' || titles.indexOf(titles[i]!) === titles.lastIndexOf(titles[i]!);
}
