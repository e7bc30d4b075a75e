/** Generates parts of package.json, and package.nls.json, from what the features declare. */
import type { CommandDeclaration, Contribution, SettingDeclaration } from './contribution';

type Entry = Record<string, unknown>;

export interface Manifest {
  contributes: Entry;
  /** Settings that are ignored in workspaces that are not trusted. */
  restrictedConfigurations: string[];
  /** English texts by their keys. */
  texts: Record<string, string>;
}

const CATEGORY = 'XTrack';

export function manifestOf(contributions: readonly Contribution[]): Manifest {
  const texts = new Texts();
  const merged = <T>(part: (contribution: Contribution) => Readonly<Record<string, T>> | undefined): [string, T][] =>
    contributions.flatMap((contribution) => Object.entries(part(contribution) ?? {}));
  for (const [key, text] of merged(({ texts: own }) => own)) texts.key(key, text);
  const commands = merged(({ commands: own }) => own);
  const settings = merged(({ settings: own }) => own).sort(([, a], [, b]) => a.order - b.order);
  const contributes = {
    commands: commands.map(([id, command]) => commandEntry(id, command, texts)),
    viewsContainers: Object.fromEntries(merged(({ viewsContainers }) => viewsContainers)),
    views: Object.fromEntries(
      merged(({ views }) => views).map(([container, views]) => [
        container,
        views.map(({ name, ...view }) => ({ ...view, name: texts.key(`view.${lastName(view.id)}`, name) })),
      ]),
    ),
    viewsWelcome: contributions
      .flatMap(({ viewsWelcome = [] }) => viewsWelcome)
      .map(({ contents, ...welcome }, at) => ({ ...welcome, contents: texts.key(`welcome.${at + 1}`, contents) })),
    walkthroughs: contributions.flatMap(({ walkthrough }) => (walkthrough ? walkthroughEntry(walkthrough, texts) : [])),
    menus: menusOf(commands),
    keybindings: commands.flatMap(([command, { keys = [] }]) => keys.map((key) => ({ command, ...key }))),
    configuration: {
      title: CATEGORY,
      properties: Object.fromEntries(settings.map(([name, setting]) => settingEntry(name, setting, texts))),
    },
    configurationDefaults: Object.fromEntries(merged(({ configurationDefaults }) => configurationDefaults)),
    colors: merged(({ colors }) => colors).map(([id, { description, ...defaults }]) => ({
      id,
      description: texts.key(`color.${lastName(id)}`, description),
      defaults,
    })),
    taskDefinitions: merged(({ tasks }) => tasks).map(([type, properties]) => ({
      type,
      ...(texts.inSchema({ properties }, `task.${type}`) as Entry),
    })),
  };
  return {
    contributes,
    restrictedConfigurations: settings.flatMap(([name, { trustedOnly }]) => (trustedOnly ? [`xtrack.${name}`] : [])),
    texts: texts.found,
  };
}

function commandEntry(id: string, { title, icon, enablement }: CommandDeclaration, texts: Texts): Entry {
  return {
    command: id,
    title: texts.key(`command.${lastName(id)}`, title),
    category: CATEGORY,
    ...(icon && { icon: `$(${icon})` }),
    ...(enablement && { enablement }),
  };
}

function menusOf(commands: [string, CommandDeclaration][]): Record<string, Entry[]> {
  const menus: Record<string, Entry[]> = { commandPalette: [] };
  for (const [command, { palette, menus: places = [] }] of commands) {
    if (palette !== undefined) menus['commandPalette']!.push({ command, when: palette });
    for (const { menu, ...place } of places) (menus[menu] ??= []).push({ command, ...place });
  }
  return menus;
}

function settingEntry(name: string, { trustedOnly: _, ...schema }: SettingDeclaration, texts: Texts): [string, Entry] {
  return [`xtrack.${name}`, texts.inSchema(schema, `setting.${name}`) as Entry];
}

function walkthroughEntry(
  { id, title, description, steps }: NonNullable<Contribution['walkthrough']>,
  texts: Texts,
): Entry {
  return {
    id,
    title: texts.key('walkthrough.title', title),
    description: texts.key('walkthrough.description', description),
    icon: 'media/icon.png',
    steps: Object.entries(steps).map(([step, { title, description, altText }]) => ({
      id: step,
      title: texts.key(`walkthrough.${step}.title`, title),
      description: texts.key(`walkthrough.${step}.description`, description),
      media: {
        svg: `media/walkthrough/${step}.svg`,
        altText: texts.key(`walkthrough.${step}.altText`, altText),
      },
      completionEvents: [`onContext:xtrack.did.${step}`],
    })),
  };
}

function lastName(id: string): string {
  return id.slice(id.lastIndexOf('.') + 1);
}

/** Collects the English texts, and returns the placeholders that stand for them in package.json. */
class Texts {
  readonly found: Record<string, string> = {};

  key(key: string, text: string): string {
    if ((this.found[key] ?? text) !== text) throw new Error(`Two texts have the key ${key}.`);
    this.found[key] = text;
    return `%${key}%`;
  }

  /** A copy of a JSON schema with its descriptions and labels looked up; one text has one key, however often it is used. */
  inSchema(value: unknown, path: string): unknown {
    if (Array.isArray(value)) return value.map((each) => this.inSchema(each, path));
    if (typeof value !== 'object' || value === null) return value;
    const schema = value as Entry;
    return Object.fromEntries(
      Object.entries(schema).map(([name, each]) => [name, this.inPart(schema, name, each, path)]),
    );
  }

  private inPart(schema: Entry, name: string, value: unknown, path: string): unknown {
    const isText = typeof value === 'string';
    if (isText && (name === 'description' || name === 'markdownDescription')) return this.shared(path, value);
    if (name === 'enumDescriptions')
      return (value as string[]).map((text, at) => this.shared(`${path}.${(schema['enum'] as string[])[at]}`, text));
    if (name === 'defaultSnippets')
      return (value as Entry[]).map(({ label, ...snippet }, at) => ({
        label: this.shared(`${path}.snippet.${at + 1}`, label as string),
        ...snippet,
      }));
    if (name === 'default' || name === 'examples') return value;
    if (name !== 'properties') return this.inSchema(value, path);
    return Object.fromEntries(
      Object.entries(value as Entry).map(([property, each]) => [property, this.inSchema(each, `${path}.${property}`)]),
    );
  }

  private shared(path: string, text: string): string {
    const known = Object.entries(this.found).find(([key, each]) => each === text && /^(setting|task)\./.test(key));
    return this.key(known?.[0] ?? path, text);
  }
}
