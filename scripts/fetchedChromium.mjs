// A headless Chromium from npm packages alone, with the fonts and libraries that a bare machine lacks.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { describeFailure } from './browserFailure.mjs';
import { npm } from './dependencies.mjs';
import { fetchOnce } from './fetched.mjs';
import { unpackWoff } from './woff.mjs';

const CHROMIUM = '@sparticuz/chromium@153.0.0';
/**
 * Chromium aborts on a character that no font contains. The first font is common on Linux desktops and covers what editors
 * show; the second has coloured emoji; the third has a plain glyph for nearly all of Unicode.
 */
const FONTS = ['dejavu-fonts-ttf@2.37.3', '@fontsource/noto-color-emoji@5.3.2', '@fontsource/unifontex@5.2.6'];
const FONT_FOLDERS = ['dejavu-fonts-ttf/ttf', '@fontsource/noto-color-emoji/files', '@fontsource/unifontex/files'];
const ARGS = ['--no-zygote', '--in-process-gpu', '--headless=shell'];

/** The browser's path, and the arguments and environment that it needs. */
export async function fetchedChromium() {
  const folder = await fetchChromium();
  const executablePath = join(folder, 'program/chromium');
  const env = { ...process.env, FONTCONFIG_FILE: configureFonts(folder) };
  // The machine's own libraries are preferred, because the packaged ones may need a newer C library.
  if (failureToStart(executablePath, env) !== null)
    env.LD_LIBRARY_PATH = [join(folder, 'libraries/lib'), env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  const failure = failureToStart(executablePath, env);
  if (failure !== null) throw new Error(describeFailure(executablePath, [failure]));
  return { executablePath, env, args: ARGS };
}

async function fetchChromium() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('No browser found. Install Chromium or Google Chrome, or set CHROME_PATH to one.');
  }
  const packages = [CHROMIUM, ...FONTS];
  return fetchOnce('browser', packages, async (folder) => {
    await npm(['install', ...packages], folder);
    const archives = join(folder, 'node_modules/@sparticuz/chromium/bin');
    const { extract } = createRequire(join(folder, 'package.json'))('tar-fs');
    const unpack = (name, target) => pipeline(createReadStream(join(archives, name)), createBrotliDecompress(), target);
    const program = join(folder, 'program');
    mkdirSync(program, { recursive: true });
    await unpack('chromium.br', createWriteStream(join(program, 'chromium')));
    await unpack('swiftshader.tar.br', extract(program));
    await unpack('al2023.tar.br', extract(join(folder, 'libraries')));
    chmodSync(join(program, 'chromium'), 0o755);
    collectFonts(join(folder, 'node_modules'), join(folder, 'fonts'));
  });
}

/** Unpacks web fonts, which most packages have and fontconfig cannot read. */
function collectFonts(modules, target) {
  mkdirSync(target, { recursive: true });
  for (const source of FONT_FOLDERS) {
    for (const name of readdirSync(join(modules, source))) {
      const file = join(modules, source, name);
      if (name.endsWith('.ttf')) copyFileSync(file, join(target, name));
      else if (name.endsWith('.woff'))
        writeFileSync(join(target, name.replace(/woff$/, 'ttf')), unpackWoff(readFileSync(file)));
    }
  }
}

/**
 * Configures the fetched fonts and no others, so that pictures are the same on every machine. The file is written at each
 * start, because its paths are absolute and a checkout may be moved.
 */
function configureFonts(folder) {
  const path = (name) => escapeXml(join(folder, name));
  const aliases = Object.entries(FAMILIES).map(
    ([generic, family]) =>
      `  <alias binding="same"><family>${generic}</family><prefer><family>${family}</family></prefer></alias>`,
  );
  const file = join(folder, 'fonts.conf');
  writeFileSync(
    file,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${path('fonts')}</dir>
  <cachedir>${path('fontCache')}</cachedir>
${aliases.join('\n')}
  <match target="pattern">
    <edit name="family" mode="append_last" binding="strong"><string>DejaVu Sans</string></edit>
  </match>
</fontconfig>
`,
  );
  return file;
}

const FAMILIES = {
  sans: 'DejaVu Sans',
  'sans-serif': 'DejaVu Sans',
  'system-ui': 'DejaVu Sans',
  serif: 'DejaVu Serif',
  monospace: 'DejaVu Sans Mono',
  emoji: 'Noto Color Emoji',
};

function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The browser's output if it cannot even print its version, else null. */
function failureToStart(executablePath, env) {
  const { status, signal, stderr, error } = spawnSync(executablePath, ['--version', '--no-sandbox'], {
    env,
    timeout: 20_000,
    encoding: 'utf8',
  });
  if (status === 0) return null;
  return stderr?.trim() || error?.message || `It ended with ${signal ?? status}.`;
}
