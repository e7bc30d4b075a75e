import { expect, test } from 'vitest';
import { setTexts } from '../../../src/base/texts';
import { doctorReport } from '../../../src/editor/doctor/doctorReport';
import { type DirectoryFacts, type DoctorFacts, editorFindings } from '../../../src/editor/doctor/editorFindings';
import { readFindings } from '../../../src/editor/doctor/pythonDoctor';

const directory: DirectoryFacts = {
  dir: '/w/project/.xtrack',
  folders: ['project'],
  exists: true,
  by: 'folder',
  state: 'connected',
  collector: { version: '1.0.0', build: 'b', follower: null, backlog_bytes: 0, pid: 7 },
  runs: 3,
};
const interpreter = {
  path: 'python3',
  origin: 'path' as const,
  error: null,
  version: '3.11.2',
  executable: '/usr/bin/python3',
  other: null,
};
const healthy: DoctorFacts = {
  version: '1.0.0',
  build: 'b',
  trusted: true,
  folders: 1,
  directories: [directory],
  unshown: [],
  interpreter,
  filter: '',
  hidden: 0,
  trashed: 0,
  invalid: [],
};

test('nothing is wrong with what is fine', () => {
  const found = editorFindings(healthy);
  expect(found.map(({ level }) => level)).toEqual(found.map(() => 'ok'));
  expect(doctorReport(found, 'Doctor').text).toContain('No problems found.');
});

const collector = (changes: object): Partial<DoctorFacts> => ({
  directories: [{ ...directory, collector: { ...directory.collector!, ...changes } }],
});
const place = (changes: Partial<DirectoryFacts>): Partial<DoctorFacts> => ({
  directories: [{ ...directory, ...changes }],
});

test.each<[string, Partial<DoctorFacts>, string, RegExp]>([
  ['no folder', { folders: 0, directories: [] }, 'editor.no_folder', /Open the folder/],
  ['no trust', { trusted: false }, 'editor.untrusted', /Trust the workspace/],
  [
    'a vanished interpreter',
    { interpreter: { ...interpreter, error: 'was not found' } },
    'editor.interpreter',
    /install Python/,
  ],
  [
    'a name collision',
    { interpreter: { ...interpreter, other: 'xtrack 0.80' } },
    'editor.name_collision',
    /without tracking/,
  ],
  ['an active filter', { filter: 'status = failed', hidden: 2 }, 'editor.filter', /Clear the filter/],
  ['the trash', { trashed: 4 }, 'editor.trash', /Restore/],
  ['runs of another folder', { unshown: ['/w/project/sub/.xtrack'] }, 'editor.other_folder', /Watch that folder/],
  [
    'a setting of a wrong kind',
    { invalid: [{ name: 'xtrack.x', value: '"a"', wanted: 'number' }] },
    'editor.setting',
    /remove it/,
  ],
  ['a collector of another build', collector({ build: 'old' }), 'editor.collector', /Reload/],
  [
    'a directory that others own',
    collector({ follower: 'other host' }),
    'editor.follower',
    /Launch runs on the machine/,
  ],
  [
    'a collector that does not answer',
    place({ state: { error: 'refused' }, collector: null }),
    'editor.collector',
    /Try again/,
  ],
  ['a directory by variable', place({ by: 'variable' }), 'editor.directory', /recorded elsewhere/],
  [
    'a directory that is not there',
    place({ exists: false, by: 'setting' }),
    'editor.directory',
    /select another directory/,
  ],
])('%s is found, with what to do', (_what, facts, id, action) => {
  const found = editorFindings({ ...healthy, ...facts }).filter((each) => each.id === id && each.level !== 'ok');
  expect(found).toHaveLength(1);
  expect(found[0]!.action).toMatch(action);
});

test('the worst is said first, with its button on its line', () => {
  const found = editorFindings({
    ...healthy,
    trashed: 1,
    filter: 'x = 1',
    interpreter: { ...interpreter, error: 'gone' },
  });
  const { text, fixes } = doctorReport(found, 'Doctor');
  const lines = text.split('\n');
  expect(lines[1]).toBe('1 problem, 1 warning, 1 hint.');
  expect(fixes.map(({ line }) => lines[line]![0])).toEqual(['✗', '⚠', 'ℹ']);
  expect(fixes.map(({ fix }) => fix.command)).toContain('xtrack.clearFilter');
});

test('what the client answers is taken as text, and what is no answer is none', () => {
  const answer = { findings: [{ id: 'a', level: 'strange', title: 'T', detail: 5, action: 'do' }] };
  expect(readFindings(JSON.stringify(answer))).toEqual([
    { id: 'a', level: 'info', title: 'T', detail: '', action: 'do' },
  ]);
  expect(readFindings('Traceback')).toBeNull();
  expect(readFindings('[]')).toBeNull();
});

test('what the editor found is told in its language', () => {
  setTexts({ 'A filter hides {0} runs': '{0} Läufe sind ausgeblendet', '1 warning': '1 Warnung' });
  const text = doctorReport(editorFindings({ ...healthy, filter: 'x = 1', hidden: 2 }), 'Doctor').text;
  setTexts();
  expect(text).toMatch(/^Doctor\n1 Warnung\.\n\n⚠ 2 Läufe sind ausgeblendet\n/);
});
