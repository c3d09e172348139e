/** What runs in a page to measure it: the times between frames, long tasks, and when rows are there. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';

/** Frames of a page in some time. */
export interface Frames {
  /** Milliseconds between two frames: of a hundred the worst but five, and the worst but one. */
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** The longest piece of work that kept the page from anything else; 0: none took 50 ms. */
  readonly longestTaskMs: number;
  readonly longTasks: number;
  readonly count: number;
}

/** When rows of a table were there, in milliseconds since the page was asked for. */
export interface FirstRows {
  readonly first: number;
  readonly complete: number;
}

/** A text, because the page has another global scope than this file. It is there before the page's own scripts. */
const meter = (expected: number | undefined) => `(() => {
  const meter = { frames: [], tasks: [], first: undefined, complete: undefined, expected: ${expected} };
  globalThis.__meter = meter;
  let last;
  const loop = now => {
    if (last !== undefined) meter.frames.push(now - last);
    last = now;
    if (meter.first === undefined && document.querySelector('[role=row][data-index]')) meter.first = now;
    if (meter.complete === undefined && meter.expected !== undefined) {
      const text = document.querySelector('.table-count')?.textContent ?? '';
      if (Number(text.replace(/ .*/, '').replaceAll(',', '')) >= meter.expected) {
        meter.complete = document.querySelector('.banner') ? undefined : now;
      }
    }
    requestAnimationFrame(loop);
  };
  requestAnimationFrame(loop);
  new PerformanceObserver(list => meter.tasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: 'longtask', buffered: true });
})()`;

/** Puts the meter into every page that is opened from now on. @param expected rows that make a table complete. */
export async function installMeter(page: Page, expected?: number): Promise<void> {
  await page.addInitScript(meter(expected));
}

/** Waits until an expression is true in a page. Playwright's own way evaluates in the page, which the master's policy forbids. */
export async function isTrue(page: Page, expression: string, timeoutMs = 120_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await page.evaluate(`Boolean(${expression})`))) {
    if (performance.now() > end) {
      const shown = await page.evaluate('document.body.innerText.slice(0, 300)');
      throw new Error(`not true in ${timeoutMs / 1000} s: ${expression}; the page shows ${JSON.stringify(shown)}`);
    }
    await sleep(50);
  }
}

/** Waits until the table is complete. */
export async function rowsComplete(page: Page): Promise<FirstRows> {
  await isTrue(page, 'globalThis.__meter.complete !== undefined');
  return page.evaluate('({ first: globalThis.__meter.first, complete: globalThis.__meter.complete })');
}

/** Does something in a page, and tells how it ran meanwhile. */
export async function framesDuring(page: Page, work: () => Promise<void>): Promise<Frames> {
  await page.evaluate('void (globalThis.__meter.frames.length = globalThis.__meter.tasks.length = 0)');
  await work();
  const { frames, tasks } = (await page.evaluate('({ frames: __meter.frames, tasks: __meter.tasks })')) as {
    frames: number[];
    tasks: number[];
  };
  const sorted = frames.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    longestTaskMs: Math.max(0, ...tasks),
    longTasks: tasks.length,
    count: frames.length,
  };
}
