import type { Tree } from '@lezer/common';
import { describe, expect, it, test } from 'vitest';
import { PythonSource } from '../../../src/language/python/pythonSource';
import { entryPoint } from '../../../src/language/lenses/training/trainingScript';
import { readSigns } from '../../../src/language/lenses/training/trainingSigns';
import { examples } from './corpus';

function entryLine(text: string, ...others: string[]): number | null {
  const [source, ...rest] = [text, ...others].map((each) => PythonSource.create('file:///a.py', 'python', 1, each));
  const signs = rest.map((each) => readSigns(each.tree, each.text));
  const entry = entryPoint(readSigns(source!.tree, source!.text), signs);
  return entry && source!.positionOf(entry.from).line;
}

describe('scripts that train', () => {
  test.each(examples('train'))('$name', ({ text, line }) => {
    expect(line).not.toBeNull();
    expect(entryLine(text)).toBe(line);
  });
});

describe('files that do not train', () => {
  test.each(examples('quiet'))('$name', ({ text, line }) => {
    expect(line).toBeNull();
    expect(entryLine(text)).toBeNull();
  });
});

describe('half-typed, broken and hostile files', () => {
  const all = [...examples('train'), ...examples('quiet')];

  it('are read when cut off at any byte', () => {
    for (const { text } of all) {
      for (let end = 0; end < text.length; end += 37) expect(() => entryLine(text.slice(0, end))).not.toThrow();
    }
  });

  it('keep their entry point while a line is being typed at the end', () => {
    for (const { name, text, line } of examples('train')) {
      for (const typed of ['\nmain(', '\nif x', '\nprint(f"{', '\ndef ', '\nx = [1, 2']) {
        expect(entryLine(text + typed), name + typed).toBe(line);
      }
    }
  });

  it.each([
    ['open parentheses', '('.repeat(20_000)],
    ['nested lists', '['.repeat(5_000) + ']'.repeat(5_000)],
    ['members of members', `for epoch in range(3): loss = ${'a.'.repeat(20_000)}backward()`],
    ['calls of calls', `x = a${'()'.repeat(20_000)}\n`],
    ['nested blocks', Array.from({ length: 400 }, (_, depth) => `${' '.repeat(depth)}for x in y:\n`).join('')],
    ['names assigned to themselves', 'x = x.y()\n'.repeat(20_000)],
    ['control characters', '\0\ufeff\u2028for epoch in range(3):\r\r\n\tloss = 1'],
  ])('do not break the analysis: %s', (_, text) => {
    expect(() => entryLine(text)).not.toThrow();
  });

  it('do not cause an endless search when functions call each other', () => {
    expect(entryLine('def a(): b()\ndef b(): a()\nfor step in range(3): a()\n')).toBeNull();
  });
});

describe('cells', () => {
  it('may train with functions from another cell of the notebook', () => {
    const definition = 'def fit_once(batch):\n    loss = net(batch)\n    loss.backward()\n    opt.step()\n';
    const cell = 'for batch in loader:\n    fit_once(batch)\n';
    expect(entryLine(cell)).toBeNull();
    expect(entryLine(cell, definition)).toBe(0);
    expect(entryLine(definition, cell)).toBeNull();
  });

  it('may contain magics', () => {
    expect(entryLine('%%time\n!pip install -q torch\nfor epoch in range(3):\n    loss = f(epoch)\n')).not.toBeNull();
  });
});

describe('edits of a document', () => {
  it('give the same tree as a fresh parse', () => {
    for (const { text } of examples('train').slice(0, 12)) {
      const edited = PythonSource.create('file:///a.py', 'python', 1, '');
      let version = 1;
      // Typed in chunks, from the end to the beginning and with a slip that is taken back.
      for (let end = text.length; end > 0; end -= 97) {
        const chunk = text.slice(Math.max(0, end - 97), end);
        const start = { line: 0, character: 0 };
        edited.update([{ range: { start, end: start }, text: '(' }], ++version);
        void edited.tree;
        edited.update([{ range: { start, end: { line: 0, character: 1 } }, text: chunk }], ++version);
        const fresh = PythonSource.create('file:///a.py', 'python', 1, edited.text);
        expect(shape(edited.tree)).toBe(shape(fresh.tree));
      }
      expect(edited.text).toBe(text);
    }
  });

  it('reparse only the changed part of a file of 10,000 lines', () => {
    const source = PythonSource.create(
      'file:///a.py',
      'python',
      1,
      examples('train')
        .map(({ text }) => text)
        .join('\n')
        .repeat(14),
    );
    expect(source.text.split('\n').length).toBeGreaterThan(9_000);
    const before = source.tree;
    const start = { line: 5_000, character: 0 };
    source.update([{ range: { start, end: start }, text: '\n' }], 2);
    const kept = new Set<unknown>();
    collect(before, kept);
    const all = new Set<unknown>();
    collect(source.tree, all);
    const shared = [...all].filter((part) => kept.has(part)).length;
    expect(shared / all.size).toBeGreaterThan(0.8);
  });
});

function shape(tree: Tree): string {
  const parts: string[] = [];
  tree.iterate({
    enter: ({ name, from, to }) => void parts.push(`${name} ${from} ${to}`),
    leave: () => void parts.push(')'),
  });
  return parts.join('\n');
}

/** The parts of a tree, as objects: those of an earlier tree are used again. */
function collect(part: { children?: readonly unknown[] }, into: Set<unknown>): void {
  if (into.has(part)) return;
  into.add(part);
  for (const child of part.children ?? []) collect(child as { children?: readonly unknown[] }, into);
}
