/**
 * What a feature contributes to package.json, declared in its `contribution.ts` beside the code that does it. Only
 * `npm run manifest` reads these values; the code imports their types alone, so that no title ends up in a bundle.
 */

/** A JSON schema, as package.json has it. Its descriptions are English: they go to package.nls.json. */
export type Schema = Readonly<Record<string, unknown>>;

export interface CommandDeclaration {
  /** In title case, with an ellipsis where it asks for more. */
  readonly title: string;
  /** The name of a codicon. */
  readonly icon?: string;
  readonly enablement?: string;
  /** When the Command Palette offers it: always, if absent. */
  readonly palette?: string;
  readonly menus?: readonly { readonly menu: string; readonly when?: string; readonly group: string }[];
  readonly keys?: readonly { readonly key: string; readonly mac?: string; readonly when: string }[];
}

export interface SettingDeclaration extends Schema {
  readonly type: 'string' | 'boolean' | 'number' | 'array';
  readonly default: unknown;
  readonly scope: 'window' | 'machine' | 'resource' | 'machine-overridable';
  /** Its place in the settings editor. */
  readonly order: number;
  /** Ignored in workspaces that are not trusted. */
  readonly trustedOnly?: true;
}

interface View {
  readonly id: string;
  readonly name: string;
  readonly icon: string;
  readonly contextualTitle: string;
}

interface WalkthroughStep {
  readonly title: string;
  readonly description: string;
  readonly altText: string;
}

interface Color {
  readonly description: string;
  readonly light: string;
  readonly dark: string;
  readonly highContrast: string;
  readonly highContrastLight: string;
}

/** Ids are keys, so that the code can be typed by them. */
export interface Contribution {
  readonly commands?: Readonly<Record<`xtrack.${string}`, CommandDeclaration>>;
  /** By their names below `xtrack.`. */
  readonly settings?: Readonly<Record<string, SettingDeclaration>>;
  readonly viewsContainers?: Readonly<Record<string, readonly { id: string; title: string; icon: string }[]>>;
  readonly views?: Readonly<Record<string, readonly View[]>>;
  readonly viewsWelcome?: readonly { readonly view: string; readonly when: string; readonly contents: string }[];
  /** A step is done when its context key `xtrack.did.<step>` is set; its picture is `media/walkthrough/<step>.svg`. */
  readonly walkthrough?: {
    readonly id: string;
    readonly title: string;
    readonly description: string;
    readonly steps: Readonly<Record<string, WalkthroughStep>>;
  };
  readonly colors?: Readonly<Record<string, Color>>;
  /** The properties of a task, by its type. */
  readonly tasks?: Readonly<Record<string, Readonly<Record<string, Schema>>>>;
  /** Defaults for the settings of others. */
  readonly configurationDefaults?: Readonly<Record<string, unknown>>;
  /** Texts of package.json outside of `contributes`, by their keys. */
  readonly texts?: Readonly<Record<string, string>>;
}
