import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/**
 * Returns what the pages and workers of a browser hold, in bytes: its rendering processes, shared memory in proportion. Not the one
 * of its own window, which Chromium has even if it shows none.
 */
export async function renderersMemory(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo
    .filter(({ type, id }) => type === 'renderer' && !argvOf(id).includes('--top-chrome-webui'))
    .map(({ id }) => /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'latin1')))
    .reduce((sum, match) => sum + Number(match?.[1]) * 1024, 0);
}

function argvOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split(/[\0 ]/);
}
