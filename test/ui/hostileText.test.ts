/** What scripts call things is text wherever it is shown; and a page in the user's browser does not reach the collector. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { discover } from '../../src/editor/collectors/discover';
import { ROOT } from '../../scripts/dependencies.mjs';
import { python } from '../../scripts/python.mjs';
import { ChartPage } from './chartPage';
import { screenshotFailures, Workbench } from './workbench';

const EVIL = '<img src=x onerror="window.pwned=1"><b>bold</b> [link](command:workbench.action.quit) $(zap)';
const SCRIPT = `
import xtrack
EVIL = ${JSON.stringify(EVIL)}
with xtrack.start_run(name="evil " + EVIL, run_id="evil", tags={EVIL: EVIL}) as run:
    run.log_params({EVIL: EVIL, "plain": "<script>window.pwned=1</script>"})
    for step in range(20):
        run.log_metrics({"<b>evil</b>/loss": 1 / (1 + step), "loss": step}, step=step)
    run.log(EVIL)
    print(EVIL)
    run.log_checkpoint("/nowhere/" + EVIL.replace("/", "") + ".pt", step=19)
`;
const TABS = ['Charts', 'Overview', 'Console', 'Artifacts', 'Events'];

let folder: string;
let workbench: Workbench;
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'xtw-')));
  writeFileSync(join(folder, 'evil.py'), SCRIPT);
  const env = { ...process.env, PYTHONPATH: join(ROOT, 'dist/python'), XTRACK_DIR: join(folder, '.xtrack') };
  execFileSync(python(), ['-m', 'xtrack', 'run', '--run-id', 'evil', '--', 'evil.py'], { cwd: folder, env });
  workbench = await Workbench.open({ folder });
  await workbench.showRuns();
});
screenshotFailures(() => workbench);
afterAll(async () => {
  await workbench?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('names, params, tags, metric keys and log lines are shown as text in the tree and in every tab', async () => {
  const { page } = workbench;
  await workbench.row('evil').hover();
  await page.locator('.monaco-hover', { hasText: 'evil' }).first().waitFor();
  const isHtml = 'img[src="x"], b';
  expect(await page.locator('.monaco-hover img[src="x"], .monaco-hover b, .part.sidebar img[src="x"]').count()).toBe(0);
  expect(
    await page.locator('a[href^="command:workbench.action.quit"], a[data-href^="command:workbench"]').count(),
  ).toBe(0);
  await workbench.rowAction('evil', 'Open Charts');
  await new ChartPage(workbench).drawn('<b>evil</b>/loss', 'evil');
  for (const tab of TABS) {
    await workbench.charts.getByRole('tab', { name: tab }).click();
    if (tab !== 'Charts') await workbench.charts.getByText('onerror=').first().waitFor();
    expect(await workbench.charts.locator(isHtml).count()).toBe(0);
    expect(await workbench.charts.locator('script', { hasText: 'pwned' }).count()).toBe(0);
    await workbench.screenshots(`hostileText-${tab.toLowerCase()}`);
  }
  // What should be made of it all the same would not run.
  const ran = await workbench.charts.locator('body').evaluate(async (body) => {
    const script = document.createElement('script');
    script.textContent = 'window.pwned = 1';
    body.append(script);
    const picture = document.createElement('img');
    picture.setAttribute('onerror', 'window.pwned = 1');
    picture.src = 'https://evil.example/x.png';
    body.append(picture);
    await new Promise((done) => setTimeout(done, 500));
    return (window as unknown as { pwned?: number }).pwned ?? null;
  });
  expect(ran).toBeNull();
  expect(await page.evaluate(() => (window as unknown as { pwned?: number }).pwned ?? null)).toBeNull();
});

test('a page in the same browser cannot reach the collector, even with its token', async () => {
  const found = (await discover(join(folder, '.xtrack'), { XDG_RUNTIME_DIR: workbench.runtime }))!;
  const page = await workbench.page.context().newPage();
  const health = await page.goto(`http://127.0.0.1:${found.port}/health`);
  expect(health?.status()).toBe(401);
  await page.goto('about:blank');
  const answers = await page.evaluate(async ({ port, token }) => {
    const address = `127.0.0.1:${port}/rpc`;
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'runs.delete', params: { run_id: 'evil' } });
    const headers = { authorization: `Bearer ${token}` };
    const told = (answer: Response) => `${answer.type} ${answer.status}`;
    const asked = await fetch(`http://${address}`, { method: 'POST', body, headers }).then(told, () => 'refused');
    const sent = await fetch(`http://${address}`, { method: 'POST', body, mode: 'no-cors' }).then(
      told,
      () => 'refused',
    );
    const socket = await new Promise<string>((done) => {
      const opened = new WebSocket(`ws://${address}`);
      opened.onopen = () => done('open');
      opened.onerror = () => done('refused');
    });
    return { asked, sent, socket };
  }, found);
  expect(answers).toEqual({ asked: 'refused', sent: expect.stringMatching(/^(opaque 0|refused)$/), socket: 'refused' });
  await page.close();
  await workbench.row('evil').waitFor();
});
