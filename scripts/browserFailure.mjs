// Explains why a browser ended unexpectedly, and what to install.

/** `lines` are the last lines that the browser printed. */
export function describeFailure(executablePath, lines) {
  const text = lines.join('\n').trim();
  const lastLines = text ? `Its last lines:\n${text.replace(/^/gm, '  ')}` : 'It lastLines nothing.';
  return `The browser ${executablePath} ended unexpectedly. ${lastLines}\n${remedy(text)}`;
}

function remedy(text) {
  const library = /error while loading shared libraries: ([^\s:]+)/.exec(text)?.[1];
  const install = 'Install Chromium or Google Chrome (Debian: apt-get install chromium), or set CHROME_PATH to one.';
  if (library) return `The library ${library} is missing. ${install}`;
  if (/SkFontMgr|fontconfig/i.test(text))
    return `No font was found for some of the text. Install fonts (Debian: apt-get install fonts-noto). ${install}`;
  return install;
}
