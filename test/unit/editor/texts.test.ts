import { describe, expect, test } from 'vitest';
import { readTags, tagsText } from '../../../src/editor/edit/tagList';
import { splitArguments, UnclosedQuote } from '../../../src/editor/launch/commandLine';
import { ConsoleText } from '../../../src/editor/output/consoleText';
import { findFrames } from '../../../src/editor/output/tracebackFrames';
import { windowEnvironment } from '../../../src/editor/window/windowEnvironment';

describe('arguments', () => {
  test.each([
    ['--lr 0.01  --epochs 20', ['--lr', '0.01', '--epochs', '20']],
    ['--name "two words" \'a b\'', ['--name', 'two words', 'a b']],
    ['--x="a b" c\\ d', ['--x=a b', 'c d']],
    ['\'back\\slash\' ""', ['back\\slash', '']],
    ['  ', []],
  ])('%s', (text, args) => expect(splitArguments(text)).toEqual(args));

  test('an unclosed quote is reported', () => expect(() => splitArguments('--name "two')).toThrow(UnclosedQuote));
});

describe('tags', () => {
  test('are set, set without value, and removed', () => {
    expect(readTags('team=nlp, draft, -old')).toEqual({ tags: { team: 'nlp', draft: '', old: null }, nameless: null });
  });
  test('formatted tags parse back unchanged', () => {
    const tags = { team: 'nlp', eq: 'a=b', draft: '' };
    expect(readTags(tagsText(tags)).tags).toEqual(tags);
  });
  test('a tag without a name is reported', () => expect(readTags('a=1, =2').nameless).toBe('=2'));
});

describe('console bytes', () => {
  test('newlines are converted for a terminal, once', () => {
    expect(new ConsoleText().add(Buffer.from('a\nb\r\nc'))).toBe('a\r\nb\r\nc');
  });
  test('a character and a newline may be cut in two', () => {
    const text = new ConsoleText();
    const bytes = Buffer.from('é\r\n');
    expect([...bytes].map((byte) => text.add(Uint8Array.of(byte))).join('')).toBe('é\r\n');
  });
  test('an open line is recognised', () => {
    const text = new ConsoleText();
    expect(text.atLineStart).toBe(true);
    text.add(Buffer.from('50%'));
    expect(text.atLineStart).toBe(false);
  });
});

test('frames of a traceback are found with their lines', () => {
  const line = '  File "/a b/train.py", line 88, in <module>';
  expect(findFrames(line)).toEqual([{ start: 2, length: 29, file: '/a b/train.py', line: 88 }]);
  expect(findFrames('nothing here')).toEqual([]);
});

test('scripts do not inherit the editor’s own variables', () => {
  const env = { PATH: '/bin', ELECTRON_RUN_AS_NODE: '1', VSCODE_IPC_HOOK: 'x', CUDA_VISIBLE_DEVICES: '0' };
  expect(windowEnvironment(env)).toEqual({ PATH: '/bin', CUDA_VISIBLE_DEVICES: '0' });
});
