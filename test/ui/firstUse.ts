/** Global setup: fetches the browser and the editor's server on first use, before any test has a limit to keep. */
import { launchBrowser } from '../../scripts/browser.mjs';
import { fetchServer } from '../../scripts/vscodeServer.mjs';

export async function setup(): Promise<void> {
  await Promise.all([fetchServer(), launchBrowser().then((browser) => browser.close())]);
}
