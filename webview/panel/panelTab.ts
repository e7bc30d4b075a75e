/** What a tab of the panel is, and what it gets from the panel. `tabs.ts` lists them; nothing else knows which there are. */
import type { PanelAction } from '../../src/protocol/panel';
import { type Frames, viewOf } from '../model/frames';
import type { Host } from '../model/host';
import type { Change, PanelModel } from '../model/panelModel';
import type { StateSlice } from '../model/stateSlice';
import type { Theme } from '../shared/theme';

/** `clock`: a second passed; what shows a time, or asks again, does so. */
export type TabChange = Change | 'clock' | 'theme';

export interface PanelTab<S extends object = object> {
  /** Part of the stored state: it never changes. */
  readonly id: string;
  readonly title: string;
  /** What of it survives a reload. */
  readonly state: StateSlice<S>;
  /** While it is open, the focused run's details are asked for whenever its row changes. */
  readonly followsDetail?: true;
  /** A count beside the title; none where it is 0. */
  badge?(model: PanelModel): number;
  /** False where there is nothing it could show. */
  shownFor?(model: PanelModel): boolean;
  create(context: TabContext<S>): OpenTab;
}

export interface OpenTab {
  readonly element: HTMLElement;
  /** Called for every change, also while the tab is hidden. It draws nothing itself, but marks in `frames` what is to be drawn. */
  update(change: TabChange): void;
  dispose?(): void;
}

export interface TabContext<S extends object> {
  readonly model: PanelModel;
  readonly host: Host;
  readonly frames: Frames;
  /** The tab's own, as it is now. */
  readonly state: S;
  patch(change: Partial<S>): void;
  /** True while it is the tab that is seen. */
  isOpen(): boolean;
  theme(): Theme;
  act(action: PanelAction): void;
  /** Says above the tabs what went wrong. */
  fail(message: string): void;
  /** Values cannot be loaded at the moment, and why; null once they can. */
  setLoadError(message: string | null): void;
  /** Has a screen reader say it. */
  announce(text: string): void;
}

/** A tab that is drawn anew after every change, while it can be seen. */
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
