/** What a tab of the panel is, and what it gets from the panel. `tabs.ts` lists them; nothing else knows which there are. */
import type { PanelAction } from '../../src/protocol/panel';
import { type Frames, viewOf } from '../model/frames';
import type { Host } from '../model/host';
import type { Change, PanelModel } from '../model/panelModel';
import type { StateSlice } from '../model/stateSlice';
import type { Theme } from '../shared/theme';

/** `clock`: a second has passed. */
export type TabChange = Change | 'clock' | 'theme';

export interface PanelTab<S extends object = object> {
  /** Part of the stored state: it never changes. */
  readonly id: string;
  readonly title: string;
  /** The state that survives a reload. */
  readonly state: StateSlice<S>;
  /** While the tab is open, the focused run's details are fetched whenever its row changes. */
  readonly followsDetail?: true;
  /** A count beside the title, hidden if 0. */
  badge?(model: PanelModel): number;
  /** False if the tab has nothing to show. */
  shownFor?(model: PanelModel): boolean;
  create(context: TabContext<S>): OpenTab;
}

export interface OpenTab {
  readonly element: HTMLElement;
  /** Called for every change, also while the tab is hidden. It only marks in `frames` what has to be drawn. */
  update(change: TabChange): void;
  dispose?(): void;
}

export interface TabContext<S extends object> {
  readonly model: PanelModel;
  readonly host: Host;
  readonly frames: Frames;
  /** The tab's current state. */
  readonly state: S;
  patch(change: Partial<S>): void;
  /** True while the tab is shown. */
  isOpen(): boolean;
  theme(): Theme;
  act(action: PanelAction): void;
  /** Shows an error above the tabs. */
  fail(message: string): void;
  /** Shows why values cannot be loaded at the moment; null once they can. */
  setLoadError(message: string | null): void;
  /** Has a screen reader read the text. */
  announce(text: string): void;
}

/** A tab that is redrawn after every change while it is shown. */
export function drawnTab(
  { frames, isOpen }: { frames: Frames; isOpen: () => boolean },
  element: HTMLElement,
  draw: () => void,
): OpenTab {
  const view = viewOf(isOpen, draw);
  return {
    element,
    update(change) {
      if (change !== 'pointed') frames.mark(view);
    },
  };
}
