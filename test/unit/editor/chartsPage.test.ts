import { expect, test } from 'vitest';
import { chartsPage } from '../../../src/editor/charts/html';

const FILES = {
  ...{ cspSource: 'https://webview.example', script: 'main.js', style: 'charts.css', codicons: 'codicon.css' },
  ...{ language: 'de', texts: { Charts: '</script><b>Kurven</b>' } },
};

test("the panel's page runs only our script, and loads nothing from elsewhere", () => {
  const [page, other] = [chartsPage(FILES), chartsPage(FILES)];
  const [, policy = ''] = /Content-Security-Policy" content="([^"]+)"/.exec(page) ?? [];
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|\*|https?:(?!\/\/webview\.example)/);
  const [, nonce = ''] = /script-src 'nonce-([^']+)'/.exec(policy) ?? [];
  expect(nonce.length).toBeGreaterThan(20);
  expect(other).not.toContain(nonce);
  for (const script of page.match(/<script[^>]*>/g)!) expect(script).toContain(`nonce="${nonce}"`);
  expect(page).not.toMatch(/ on\w+=|javascript:/);
  const [, texts = ''] = /id="texts">([^<]*)<\/script>/.exec(page) ?? [];
  expect(JSON.parse(texts)).toEqual(FILES.texts);
});
