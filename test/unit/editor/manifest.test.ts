import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { texts as shownTexts } from '../../../scripts/texts.mjs';
import { CONTRIBUTIONS } from '../../../src/editor/contributions';
import type { Contribution } from '../../../src/editor/manifest/contribution';
import * as ids from '../../../src/editor/manifest/ids';
import { manifestOf } from '../../../src/editor/manifest/manifest';

interface SettingEntry {
  scope: string;
  order: number;
  default: unknown;
  description?: string;
  markdownDescription?: string;
}
interface ColorEntry {
  id: string;
  defaults: { light: string; dark: string; highContrast: string; highContrastLight: string };
}
const ROOT = join(__dirname, '../../..');
const written = readFileSync(join(ROOT, 'package.json'), 'utf8');
const texts: Record<string, string> = JSON.parse(readFileSync(join(ROOT, 'package.nls.json'), 'utf8'));
/** As VS Code shows it. */
const manifest = JSON.parse(written, (_, value) =>
  typeof value === 'string' ? value.replace(/^%(.+)%$/, (whole, key: string) => texts[key] ?? whole) : value,
);
const { contributes } = manifest;
const commandIds: string[] = contributes.commands.map(({ command }: { command: string }) => command);
const settings: Record<string, SettingEntry> = contributes.configuration.properties;

describe('texts', () => {
  test('in package.json are exactly those of package.nls.json', () => {
    const named = [...written.matchAll(/"%(.+)%"/g)].map(([, key]) => key!);
    expect([...new Set(named)].sort()).toEqual(Object.keys(texts).sort());
    const plain = [...written.matchAll(/"(\w*(?:[tT]itle|[dD]escription|contents|altText))": "([^"%]+)"/g)];
    expect(plain.map(([, , text]) => text).filter((text) => text !== 'XTrack')).toEqual([]);
  });

  test('in the code are found by the extraction script', () => expect(shownTexts().length).toBeGreaterThan(400));
});

describe('package.json', () => {
  test("equals the features' declarations", () => {
    const declared = manifestOf(CONTRIBUTIONS);
    const { contributes, capabilities } = JSON.parse(written);
    expect(contributes).toEqual(declared.contributes);
    expect(capabilities.untrustedWorkspaces.restrictedConfigurations).toEqual(declared.restrictedConfigurations);
    expect(texts).toEqual(declared.texts);
  });

  test('gets each command and each setting from only one feature', () => {
    const features: readonly Contribution[] = CONTRIBUTIONS;
    for (const kind of ['commands', 'settings'] as const) {
      const declared = features.flatMap((feature) => Object.keys(feature[kind] ?? {}));
      expect(declared).toEqual([...new Set(declared)]);
    }
  });

  test('commands that start or control scripts are only offered in trusted workspaces', () => {
    const steering =
      /^xtrack\.(launch|launchCurrentFile|debugCurrentFile|trackCell|runAgain|editAndRun|stop|resume|resumeFrom|fork|sendCommand|installClient)$/;
    const offered = Object.values<{ command?: string; when?: string }[]>(contributes.menus).flat();
    const found = offered.filter(({ command, when }) => steering.test(command ?? '') && when !== 'false');
    expect(new Set(found.map(({ command }) => command)).size).toBe(12);
    for (const { command, when } of found) expect(when, command).toContain('isWorkspaceTrusted');
  });

  test('commands about runs stay in the palette when a filter hides all runs', () => {
    const palette: { command: string; when: string }[] = contributes.menus.commandPalette;
    for (const { command, when } of palette.filter((one) => one.when.includes("xtrack.view == 'runs'")))
      expect(when, command).toContain('xtrack.filtered');
  });

  test('welcome texts and the walkthrough link to commands that exist', () => {
    const texts = JSON.stringify([contributes.viewsWelcome, contributes.walkthroughs]);
    const links = [...texts.matchAll(/\(command:(xtrack\.[^)]*)\)/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(10);
    for (const id of links) expect(commandIds).toContain(id);
  });

  test('each step of the walkthrough has a completion event and a picture', () => {
    const [walkthrough] = contributes.walkthroughs;
    expect(contributes.viewsWelcome.some(welcomesTo(`${manifest.publisher}.${manifest.name}#${walkthrough.id}`))).toBe(
      true,
    );
    for (const { id, media, completionEvents } of walkthrough.steps) {
      expect(completionEvents).toEqual([`onContext:xtrack.did.${id}`]);
      const picture = readFileSync(join(ROOT, media.svg), 'utf8');
      expect(picture).toContain('var(--vscode-');
      expect(picture).not.toMatch(/#[0-9a-f]{3,8}\b|rgb\(/i);
    }
  });

  test('every context key in use is set', () => {
    const asked = JSON.stringify(contributes).match(/xtrack\.(view|filtered|did\.\w+)\b(?!\.)/g) ?? [];
    expect([...new Set(asked)].sort()).toEqual([...ids.CONTEXT_KEYS].sort());
  });

  test('has the view in its container', () => {
    expect(contributes.viewsContainers.activitybar[0].id).toBe(ids.VIEW_CONTAINER);
    expect(contributes.views[ids.VIEW_CONTAINER][0].id).toBe(ids.RUNS_VIEW);
  });

  test('activates the extension only where it has something to do', () => {
    // Commands, the view and tasks activate by what they contribute.
    expect(manifest.activationEvents).toEqual([
      'workspaceContains:.xtrack',
      'onLanguage:python',
      `onFileSystem:${ids.NOTES_SCHEME}`,
      `onWebviewPanel:${ids.CHARTS_PANEL}`,
    ]);
    expect(contributes.taskDefinitions.map(({ type }: { type: string }) => type)).toEqual([ids.TASK_TYPE]);
  });

  test('settings have descriptions and unique orders', () => {
    const orders = Object.values(settings).map(({ order }) => order);
    expect([...orders].sort((a, b) => a - b)).toEqual(orders.map((_, at) => at + 1));
    for (const [name, { description, markdownDescription = description, default: value }] of Object.entries(settings)) {
      expect(markdownDescription, name).toMatch(/^\S.{20,}[.`…]$/s);
      expect(value, name).toBeDefined();
    }
  });

  test('only display settings of an untrusted workspace apply', () => {
    const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    const free = Object.keys(settings).filter(
      (name) => settings[name]!.scope !== 'machine' && !restrictedConfigurations.includes(name),
    );
    expect(free.sort()).toEqual(
      ['keyMetric', 'notifyLongRunMinutes', 'openChartsOnLaunch'].map((it) => `xtrack.${it}`),
    );
    // No workspace, trusted or not, says where something is sent, or what is deleted.
    const machine = Object.keys(settings).filter((name) => settings[name]!.scope === 'machine');
    const own = [
      'idleExitMinutes',
      'journals',
      'retention.days',
      'retention.trashDays',
      'webhook.secret',
      'webhook.url',
    ];
    expect(machine.sort()).toEqual(own.map((name) => `xtrack.${name}`));
  });

  test('editors neither watch nor search the runs', () => {
    const defaults = contributes.configurationDefaults;
    expect(defaults['files.watcherExclude']).toEqual({ '**/.xtrack/**': true });
    expect(defaults['search.exclude']).toEqual({ '**/.xtrack/**': true });
  });
});

function welcomesTo(walkthrough: string): (welcome: { contents: string }) => boolean {
  return ({ contents }) => contents.includes(encodeURIComponent(`"${walkthrough}"`));
}

describe('series colours', () => {
  const backgrounds = {
    light: ['#ffffff', '#f3f3f3', '#f8f8f8'],
    dark: ['#1e1e1e', '#252526', '#181818', '#1f1f1f'],
    highContrast: ['#000000'],
    highContrastLight: ['#ffffff'],
  };

  test('are the ten in the palette of runs', () => {
    expect((contributes.colors as ColorEntry[]).map(({ id }) => id)).toEqual([...ids.SERIES_COLORS]);
  });

  test.each(Object.keys(backgrounds) as (keyof typeof backgrounds)[])('stand out from the background: %s', (theme) => {
    const least = theme.startsWith('high') ? 4.5 : 3;
    for (const { id, defaults } of contributes.colors as ColorEntry[]) {
      for (const background of backgrounds[theme]) {
        expect(contrast(defaults[theme], background), `${id} on ${background}`).toBeGreaterThanOrEqual(least);
      }
    }
  });
});

/** WCAG contrast ratio of two #rrggbb colours. */
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
