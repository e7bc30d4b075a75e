/** Windows on a scale, made wider, narrower, or moved along; on a logarithmic one by factors instead of distances. */
import type { Zoom } from '../model/seriesLoader';

export function scaledWindow(window: Zoom, center: number, factor: number, log: boolean): Zoom {
  return onScale(window, log, ({ from, to }, place) => {
    const at = place(center);
    return { from: at - (at - from) * factor, to: at + (to - at) * factor };
  });
}

export function movedWindow(window: Zoom, share: number, log: boolean): Zoom {
  return onScale(window, log, ({ from, to }) => ({ from: from + (to - from) * share, to: to + (to - from) * share }));
}

export function middleOf(window: Zoom, log: boolean): number {
  return log ? Math.sqrt(window.from * window.to) : (window.from + window.to) / 2;
}

function onScale(window: Zoom, log: boolean, change: (window: Zoom, place: (value: number) => number) => Zoom): Zoom {
  if (!log) return change(window, (value) => value);
  const { from, to } = change({ from: Math.log(window.from), to: Math.log(window.to) }, Math.log);
  return { from: Math.exp(from), to: Math.exp(to) };
}
