import * as vscode from 'vscode';
import type { Handlers } from '../window/commands';
import type { contribution } from './contribution';
import type { ExampleFolder } from './exampleFolder';
import { copyLines } from './threeLines';
import { watchFolder } from './watchFolder';

export function firstStepsCommands(example: ExampleFolder): Handlers<typeof contribution> {
  return {
    'xtrack.watchFolder': () => watchFolder(),
    'xtrack.openExample': (into) => example.open(into instanceof vscode.Uri ? into : undefined),
    'xtrack.copyLines': () => copyLines(),
  };
}
