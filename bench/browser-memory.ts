import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/** Returns what the pages and workers of a browser hold, in bytes: its rendering processes, shared pages in proportion. */
export async function renderersMemory(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'latin1')))
    .reduce((sum, match) => sum + Number(match?.[1]) * 1024, 0);
}
