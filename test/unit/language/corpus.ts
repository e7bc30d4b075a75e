/** Python files as people have them: those that train, their entry point marked with `# entry`, and others. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SCRIPTS = join(__dirname, '../../fixtures/scripts');

export interface Example {
  name: string;
  text: string;
  /** 0-based; null where nothing trains. */
  line: number | null;
}

export function examples(kind: 'train' | 'quiet'): Example[] {
  return readdirSync(join(SCRIPTS, kind)).map((name) => {
    const text = readFileSync(join(SCRIPTS, kind, name), 'utf8');
    const line = text.split('\n').findIndex((each) => /# entry$/.test(each));
    return { name, text, line: line === -1 ? null : line };
  });
}
