import { parser } from '@lezer/python';
import { type Tree, TreeFragment } from '@lezer/common';
import { type Position, TextDocument } from 'vscode-languageserver-textdocument';

type Change = Parameters<typeof TextDocument.update>[1][number];

/** A Python document and its syntax tree; edits reparse only what changed. */
export class PythonSource {
  private fragments: readonly TreeFragment[] = [];
  private parsed: { version: number; tree: Tree } | null = null;

  private constructor(private document: TextDocument) {}

  static create(uri: string, languageId: string, version: number, text: string): PythonSource {
    return new PythonSource(TextDocument.create(uri, languageId, version, text));
  }

  get uri(): string {
    return this.document.uri;
  }

  get version(): number {
    return this.document.version;
  }

  get text(): string {
    return this.document.getText();
  }

  get tree(): Tree {
    if (this.parsed?.version === this.version) return this.parsed.tree;
    const tree = parser.parse(this.text, this.fragments);
    this.fragments = TreeFragment.addTree(tree);
    this.parsed = { version: this.version, tree };
    return tree;
  }

  positionOf(offset: number): Position {
    return this.document.positionAt(offset);
  }

  update(changes: readonly Change[], version: number): this {
    for (const change of changes) {
      this.fragments = 'range' in change ? this.afterEdit(change) : [];
      this.document = TextDocument.update(this.document, [change], version);
    }
    return this;
  }

  private afterEdit(change: Extract<Change, { range: unknown }>): readonly TreeFragment[] {
    const fromA = this.document.offsetAt(change.range.start);
    const toA = Math.max(fromA, this.document.offsetAt(change.range.end));
    return TreeFragment.applyChanges(this.fragments, [{ fromA, toA, fromB: fromA, toB: fromA + change.text.length }]);
  }
}
