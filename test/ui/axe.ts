/** What axe finds in a page that keeps somebody from using it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrameLocator } from 'playwright-core';
import { npm } from '../../scripts/dependencies.mjs';
import { fetchOnce } from '../../scripts/fetched.mjs';

const PACKAGE = 'axe-core@4.14.1';

interface Finding {
  id: string;
  impact: string;
  help: string;
  nodes: { target: unknown; failureSummary: string }[];
}

async function source(): Promise<string> {
  const folder = await fetchOnce('axe', [PACKAGE], (made: string) => npm(['install', PACKAGE], made));
  return readFileSync(join(folder, 'node_modules/axe-core/axe.min.js'), 'utf8');
}

/** Its serious and critical findings, each with where it is. */
export async function seriousFindings(content: FrameLocator): Promise<string[]> {
  const body = content.locator('body');
  if (!(await body.evaluate(() => 'axe' in window))) await body.evaluate(await source());
  const violations = await body.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(options: object): Promise<{ violations: Finding[] }> } };
    return (await axe.run({ resultTypes: ['violations'], iframes: false })).violations;
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary}`),
    );
}
