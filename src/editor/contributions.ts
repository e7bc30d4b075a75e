/** All that package.json contributes, in the order in which it does, and the types that follow from it. */
import { contribution as alerts } from './alerts/contribution';
import { contribution as charts } from './charts/contribution';
import { contribution as client } from './client/contribution';
import { contribution as collectors } from './collectors/contribution';
import { contribution as control } from './control/contribution';
import { contribution as debug } from './debug/contribution';
import { contribution as disk } from './disk/contribution';
import { contribution as doctor } from './doctor/contribution';
import { contribution as edit } from './edit/contribution';
import { contribution as exporting } from './export/contribution';
import { contribution as firstSteps } from './firstSteps/contribution';
import { contribution as launch } from './launch/contribution';
import { contribution as notebooks } from './notebooks/contribution';
import { contribution as output } from './output/contribution';
import { contribution as python } from './python/contribution';
import { contribution as runs } from './runs/contribution';
import { contribution as runsTree } from './runsTree/contribution';
import { contribution as status } from './status/contribution';

export const CONTRIBUTIONS = [
  launch,
  debug,
  notebooks,
  control,
  charts,
  runsTree,
  output,
  exporting,
  edit,
  disk,
  firstSteps,
  client,
  doctor,
  alerts,
  collectors,
  python,
  runs,
  status,
] as const;

/** The declarations of one kind: a union of one object a feature. */
type Declared<Kind extends string> = Extract<(typeof CONTRIBUTIONS)[number], Record<Kind, unknown>>[Kind];
type KeyOf<T> = T extends unknown ? keyof T : never;

export type CommandId = KeyOf<Declared<'commands'>>;

type SettingName = KeyOf<Declared<'settings'>>;
type SettingOf<Name extends SettingName> = Extract<Declared<'settings'>, Record<Name, unknown>>[Name];

/** Lists of anything but strings are as people wrote them: not checked. */
type ValueOf<Setting> = Setting extends { enum: readonly (infer Value)[] }
  ? Value
  : Setting extends { items: { type: 'string' } }
    ? string[]
    : Setting extends { type: keyof Values }
      ? Values[Setting['type']]
      : never;
interface Values {
  string: string;
  boolean: boolean;
  number: number;
  array: unknown[];
}

/** Settings that each folder may have its own of, with the type of their value. */
export type FolderSettings = {
  [
    Name in SettingName as SettingOf<Name> extends { scope: 'resource' | 'machine-overridable' } ? Name : never
  ]: ValueOf<SettingOf<Name>>;
};

/** Settings that a window has one of. */
export type WindowSettings = { [Name in Exclude<SettingName, keyof FolderSettings>]: ValueOf<SettingOf<Name>> };
