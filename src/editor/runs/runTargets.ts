import * as vscode from 'vscode';
import type { RunRow } from '../../protocol/rows';
import { isId } from '../../protocol/ids';
import type { Collectors } from '../collectors/collectors';
import type { RunColors } from './runColors';
import { runDescription, statusIcon } from './runText';
import { setting } from '../window/settings';

export interface PickQuestion {
  title: string;
  /** In the query language; every run when absent. */
  filter?: string;
  /** Shown when there is no run to pick. */
  none?: string;
  /** Without arguments, runs that are selected in the tree are meant. */
  orSelected?: boolean;
}

/** The tree's selection, and the runs behind its nodes. */
export interface Selection {
  readonly selectedRuns: string[];
  runsOf(node: never): string[];
}

/** Decides which runs a command is for: those of its arguments (a run id, tree nodes), else the ones the user picks. */
export class RunTargets {
  constructor(
    private readonly collectors: Collectors,
    private readonly colors: RunColors,
    private readonly selection: Selection,
  ) {}

  async one(args: unknown[], question: PickQuestion): Promise<string | undefined> {
    return (await this.resolve(args, question, false))[0];
  }

  /** Empty if canceled. */
  async several(args: unknown[], question: PickQuestion): Promise<string[]> {
    return this.resolve(args, question, true);
  }

  private async resolve(args: unknown[], question: PickQuestion, many: boolean): Promise<string[]> {
    const { selectedRuns } = this.selection;
    if (question.orSelected && args.length === 0 && selectedRuns.length > 0) return selectedRuns;
    const [clicked, selected] = args;
    if (isId(clicked)) return [clicked];
    if (Array.isArray(clicked)) return clicked.filter(isId);
    const nodes = Array.isArray(selected) && selected.includes(clicked) && many ? selected : [clicked];
    const named = [...new Set(nodes.flatMap((node) => this.runsIn(node)))];
    if (named.length > 0) return named;
    return this.pick(question, many);
  }

  private runsIn(node: unknown): string[] {
    if (typeof node !== 'object' || node === null) return [];
    if ('run_id' in node && isId(node.run_id)) return [node.run_id];
    return 'kind' in node ? this.selection.runsOf(node as never) : [];
  }

  private async pick({ title, filter, none }: PickQuestion, many: boolean): Promise<string[]> {
    const rows: RunRow[] = [];
    for (const client of this.collectors.clients) {
      if (client.state === 'idle') continue;
      const request = { ...(filter ? { filter } : {}), sort: [{ by: 'created', desc: true }], limit: 500 };
      rows.push(...(await this.collectors.list(client, request)).rows);
    }
    if (rows.length === 0) {
      void vscode.window.showInformationMessage(none ?? vscode.l10n.t('There are no runs yet. Launch a script first.'));
      return [];
    }
    const marked = new Set(this.selection.selectedRuns);
    const choices = rows
      .sort((a, b) => b.created - a.created)
      .map((row) => ({
        run_id: row.run_id,
        label: row.name,
        description: runDescription(row, setting('keyMetric'), Date.now()),
        iconPath: statusIcon(row.status, this.colors.of(row.run_id)),
        picked: marked.has(row.run_id),
      }));
    const options = { title, matchOnDescription: true, placeHolder: title };
    if (many) {
      const chosen = await vscode.window.showQuickPick(choices, { ...options, canPickMany: true });
      return chosen?.map((choice) => choice.run_id) ?? [];
    }
    const chosen = await vscode.window.showQuickPick(choices, options);
    return chosen ? [chosen.run_id] : [];
  }
}
