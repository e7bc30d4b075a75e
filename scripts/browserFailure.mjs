// Why a browser ended by itself, in words that say what to install.

/** `lines`: the last ones that the browser wrote. */
export function describeFailure(executablePath, lines) {
  const text = lines.join('\n').trim();
  const lastLines = text ? `Its last lines:\n${text.replace(/^/gm, '  ')}` : 'It lastLines nothing.';
  return `The browser ${executablePath} ended by itself. ${lastLines}\n${remedy(text)}`;
}

function remedy(text) {
  const library = /error while loading shared libraries: ([^\s:]+)/.exec(text)?.[1];
  const install = 'Install Chromium or Google Chrome (Debian: apt-get install chromium), or set CHROME_PATH to one.';
  if (library) return `The library ${library} is missing. ${install}`;
  if (/SkFontMgr|fontconfig/i.test(text))
    return `No font was found for something that it was to show. Install fonts (Debian: apt-get install fonts-noto). ${install}`;
  return install;
}
