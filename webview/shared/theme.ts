/** Colours for canvases, from the editor's theme; read again whenever the theme changes. */
export interface Theme {
  foreground: string;
  muted: string;
  grid: string;
  background: string;
  focus: string;
  error: string;
  font: string;
  series: string[];
  highContrast: boolean;
}

const SERIES_COUNT = 10;
/** For themes that lack the colours that the extension contributes. */
const FALLBACK_SERIES = ['blue', 'orange', 'green', 'red', 'purple', 'yellow', 'foreground', 'blue', 'orange', 'green'];

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const read = (...names: string[]): string => {
    for (const name of names) {
      const value = style.getPropertyValue(`--vscode-${name}`).trim();
      if (value !== '') return value;
    }
    return getComputedStyle(document.body).color;
  };
  const body = document.body.classList;
  const highContrast = body.contains('vscode-high-contrast') || body.contains('vscode-high-contrast-light');
  return {
    foreground: read('foreground', 'editor-foreground'),
    muted: read('descriptionForeground', 'foreground'),
    // Not the theme's guide lines, which can hardly be seen in some themes.
    grid: highContrast
      ? read('contrastBorder', 'foreground')
      : `color-mix(in srgb, ${read('foreground', 'editor-foreground')} 18%, ${read('editor-background')})`,
    background: read('editor-background'),
    focus: read('focusBorder', 'foreground'),
    error: read('errorForeground', 'charts-red'),
    font: read('font-family'),
    series: Array.from({ length: SERIES_COUNT }, (_, i) =>
      read(`xtrack-series${i + 1}`, `charts-${FALLBACK_SERIES[i]}`),
    ),
    highContrast,
  };
}

/** VS Code changes body's class and the root's style when the theme changes. */
export function watchTheme(onChange: (theme: Theme) => void): void {
  const observer = new MutationObserver(() => onChange(readTheme()));
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
}

/** Dash patterns: the first ten runs are solid, the next ten dashed, and so on. */
export const DASHES: readonly number[][] = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

/** Dashes tell apart runs of one colour, workers of a run, and metrics in one chart. */
export function dashOf({ dash }: { dash: number }): number[] {
  return DASHES[dash % DASHES.length] ?? [];
}

export function withAlpha(color: string, alpha: number): string {
  return `color-mix(in srgb, ${color} ${Math.round(alpha * 100)}%, transparent)`;
}
