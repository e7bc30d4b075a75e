import type { CodeLens, Command } from 'vscode-languageserver/node';
import { t } from '../../base/texts';
import type { PythonSource } from '../python/pythonSource';
import { entryPoint } from './training/trainingScript';
import { readSigns, type Signs } from './training/trainingSigns';

/** An entry point below this line is not visible when the file is opened: so the lens is repeated above the first line. */
const FIRST_SCREEN = 25;
/** Cells in another language; the excluded magics of IPython run their cell as Python. */
const FOREIGN_CELL = /^\s*%%(?!(time|timeit|capture|prun|memit|mprun|lprun|heat|wandb)\b)/;

/** The lenses of open documents. The signs of each are cached until it changes. */
export class TrackingLenses {
  private readonly read = new Map<string, { version: number; signs: Signs }>();

  /** `siblings` are the open cells of the notebook that `source` is a cell of, itself included. */
  of(source: PythonSource, siblings: readonly PythonSource[] | null): CodeLens[] {
    return siblings ? this.ofCell(source, siblings) : this.ofScript(source);
  }

  forget(uri: string): void {
    this.read.delete(uri);
  }

  private ofScript(source: PythonSource): CodeLens[] {
    const entry = entryPoint(this.signs(source));
    if (!entry) return [];
    const line = source.positionOf(entry.from).line;
    const commands: Command[] = [
      { title: t('$(play) Track this script'), command: 'xtrack.launchCurrentFile', arguments: [source.uri] },
      { title: t('$(debug-alt) Debug with tracking'), command: 'xtrack.debugCurrentFile', arguments: [source.uri] },
    ];
    return (line > FIRST_SCREEN ? [0, line] : [line]).flatMap((each) => lenses(each, commands));
  }

  private ofCell(cell: PythonSource, siblings: readonly PythonSource[]): CodeLens[] {
    if (FOREIGN_CELL.test(cell.text)) return [];
    const others = siblings.filter((sibling) => sibling !== cell).map((sibling) => this.signs(sibling));
    if (!entryPoint(this.signs(cell), others)) return [];
    return lenses(0, [{ title: t('$(play) Track this cell'), command: 'xtrack.trackCell', arguments: [cell.uri] }]);
  }

  private signs(source: PythonSource): Signs {
    const known = this.read.get(source.uri);
    if (known?.version === source.version) return known.signs;
    const signs = readSigns(source.tree, source.text);
    this.read.set(source.uri, { version: source.version, signs });
    return signs;
  }
}

function lenses(line: number, commands: readonly Command[]): CodeLens[] {
  const at = { line, character: 0 };
  return commands.map((command) => ({ range: { start: at, end: at }, command }));
}
