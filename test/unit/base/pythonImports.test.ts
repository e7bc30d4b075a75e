import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { problemsOf, readImports } from '../../../scripts/pythonImports.mjs';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'xtrack-imports-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function problems(files: Record<string, string>): string[] {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return problemsOf(readImports(folder));
}

it('lets a room of the Python client import the rooms below it', () => {
  const files = {
    'version.py': '',
    'core/ids.py': 'import os\nfrom ..version import VERSION\n',
    'api/run.py': 'from ..core import ids as names\nfrom ..core.ids import (\n    one,  # a comment\n    two,\n)\n',
    'notebook.py': 'from .api.run import Run\n',
  };
  expect(problems(files)).toEqual([]);
});

it('reports an import of a room above, also inside a function and through another module', () => {
  const files = {
    'core/ids.py': 'def new():\n    from ..api.run import Run\n',
    'core/frames.py': 'from .ids import new\n',
    'api/run.py': '',
  };
  expect(problems(files)).toEqual([
    'core/frames.py → core/ids.py → api/run.py: core may not import api',
    'core/ids.py → api/run.py: core may not import api',
  ]);
});

it('reports circular imports, and rooms that import the public modules', () => {
  const files = {
    'api/run.py': 'from . import exits\n',
    'api/exits.py': 'if TYPE_CHECKING:\n    from .run import Run\n',
    'doctor/report.py': 'import xtrack.notebook\n',
    'notebook.py': '',
    'elsewhere/thing.py': '',
  };
  expect(problems(files)).toEqual([
    'api/exits.py → api/run.py → api/exits.py is a circle',
    'api/run.py → api/exits.py → api/run.py is a circle',
    'doctor/report.py → notebook.py: doctor may not import public',
    'elsewhere/thing.py is in no room that scripts/pythonImports.mjs knows',
  ]);
});
