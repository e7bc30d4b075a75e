// The Python client as a wheel, without pip, setuptools or network: a zip archive whose bytes depend on its content alone.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { ROOT } from './dependencies.mjs';
import { replaceFile } from './output.mjs';

const CLIENT = join(ROOT, 'src/python');
/** 1 January 1980, the earliest date in a zip archive. */
const DATE = 0x21;
const MODE = (0o100644 << 16) >>> 0;
const UTF8 = 0x800;
const DEFLATED = 8;

/** Writes the wheel into `folder`, removes any other wheel there, and returns its path. */
export function writeWheel(folder) {
  const project = readProject();
  const base = `${project.name.replaceAll('-', '_')}-${project.version}`;
  const files = [...packageFiles(), ...metadata(project, `${base}.dist-info`)];
  files.push([`${base}.dist-info/RECORD`, record(files, `${base}.dist-info/RECORD`)]);
  const wheel = `${base}-py3-none-any.whl`;
  for (const name of readdirSync(folder)) if (name.endsWith('.whl') && name !== wheel) rmSync(join(folder, name));
  const path = join(folder, wheel);
  replaceFile(path, zip(files));
  return path;
}

/** The wheel's metadata, which a test compares with pyproject.toml. */
function readProject() {
  const toml = readFileSync(join(CLIENT, 'pyproject.toml'), 'utf8');
  const text = (key) => new RegExp(`^${key} = "(.*)"$`, 'm').exec(toml)[1];
  const version = /^VERSION = "(.+)"$/m.exec(readFileSync(join(CLIENT, 'xtrack/version.py'), 'utf8'))[1];
  const classifiers = [...toml.matchAll(/^ {4}"(.+ :: .+)",$/gm)].map(([, classifier]) => classifier);
  const [, script, target] = /\[project\.scripts\]\n(\S+) = "(.+)"/.exec(toml);
  return {
    name: text('name'),
    version,
    summary: text('description'),
    python: text('requires-python'),
    classifiers,
    script,
    target,
  };
}

function packageFiles() {
  const names = readdirSync(join(CLIENT, 'xtrack'), { recursive: true }).map((name) => name.replaceAll('\\', '/'));
  return names
    .filter((name) => name.endsWith('.py'))
    .sort()
    .map((name) => [`xtrack/${name}`, readFileSync(join(CLIENT, 'xtrack', name))]);
}

function metadata({ name, version, summary, python, classifiers, script, target }, folder) {
  const about = [
    'Metadata-Version: 2.1',
    `Name: ${name}`,
    `Version: ${version}`,
    `Summary: ${summary}`,
    'License: MIT',
    ...classifiers.map((classifier) => `Classifier: ${classifier}`),
    `Requires-Python: ${python}`,
  ];
  const wheel = ['Wheel-Version: 1.0', 'Generator: xtrack', 'Root-Is-Purelib: true', 'Tag: py3-none-any'];
  const file = (lines) => Buffer.from(`${lines.join('\n')}\n`);
  return [
    [`${folder}/METADATA`, file(about)],
    [`${folder}/WHEEL`, file(wheel)],
    [`${folder}/entry_points.txt`, file(['[console_scripts]', `${script} = ${target}`])],
    [`${folder}/top_level.txt`, file(['xtrack'])],
    [`${folder}/LICENSE`, readFileSync(join(ROOT, 'LICENSE'))],
  ];
}

function record(files, own) {
  const rows = files.map(([name, data]) => {
    const digest = createHash('sha256').update(data).digest('base64url');
    return `${name},sha256=${digest},${data.length}`;
  });
  return Buffer.from(`${[...rows, `${own},,`].join('\n')}\n`);
}

function zip(files) {
  const bodies = [];
  const directory = [];
  let offset = 0;
  for (const [name, data] of files) {
    const packed = deflateRawSync(data, { level: 9 });
    const fields = Buffer.alloc(26);
    // Needed version, flags, method, time, date, checksum, sizes, length of the name; no extra field.
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(UTF8, 2);
    fields.writeUInt16LE(DEFLATED, 4);
    fields.writeUInt16LE(DATE, 8);
    fields.writeUInt32LE(crc32(data), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(data.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), packed]);
    // Comment, disk, attributes within; then those of Unix, and where the file starts.
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(MODE, 6);
    rest.writeUInt32LE(offset, 10);
    // Made on Unix, so that the mode means something.
    const made = Buffer.from('PK\x01\x02\x14\x03', 'latin1');
    directory.push(Buffer.concat([made, fields, rest, Buffer.from(name)]));
    bodies.push(local);
    offset += local.length;
  }
  const index = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(index.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, index, end]);
}
