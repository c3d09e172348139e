/** Debian's Chromium without a window, for tests of the web UI. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { after } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { needs } from '@meseta/system/testing';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Declares that a test drives a browser. */
export const needsChromium = needs.program('chromium', 'Debian package chromium');

const root = new URL('../..', import.meta.url).pathname;
/** Until what a test waits for on a page must be there: as `eventually` waits. */
const limitMs = 60_000;

/** Builds the web UI, unless what is built is newer than its sources. Of test files that begin together, one builds. */
export async function buildWebUi(): Promise<void> {
  const turn = await turnToBuild();
  try {
    if (!isBuilt()) await promisify(execFile)(process.execPath, [`${root}packages/web/build.ts`]);
  } finally {
    turn.close();
  }
}

function isBuilt(): boolean {
  const built = `${root}packages/web/dist/index.html`;
  const sources = globSync(['src/**/*', 'build.ts', 'index.html', 'package.json'], { cwd: `${root}packages/web` });
  const newest = Math.max(...sources.map(source => statSync(`${root}packages/web/${source}`).mtimeMs));
  return existsSync(built) && statSync(built).mtimeMs >= newest;
}

/** Waits until no other process builds in this checkout. The next one may when the server is closed, or this process ends. */
async function turnToBuild(): Promise<Server> {
  const path = `\0meseta-web-build-${createHash('sha256').update(root).digest('hex')}`;
  for (;;) {
    const server = createServer();
    const isMine = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false));
      server.listen({ path }, () => resolve(true));
    });
    if (isMine) return server;
    await delay(50);
  }
}

/** A page, and what went wrong in it. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors, violations of the page's policy, and dialogues. */
  readonly complaints: string[];
}

/** Starts one browser for the tests of a file; each page has a profile of its own. */
export function sharedBrowser(): (options?: BrowserContextOptions) => Promise<WatchedPage> {
  let browser: Promise<Browser> | undefined;
  after(async () => (await browser)?.close());
  return async options => {
    // Chromium's own sandbox needs rights that root in a container lacks.
    const args = ['--no-sandbox'];
    browser ??= chromium.launch({ executablePath: '/usr/bin/chromium', args, timeout: limitMs });
    const context = await (await browser).newContext(options);
    context.setDefaultTimeout(limitMs);
    return watched(await context.newPage());
  };
}

/** Notes what goes wrong in a page. */
export function watched(page: Page): WatchedPage {
  const complaints: string[] = [];
  page.on('pageerror', error => complaints.push(String(error)));
  page.on('dialog', dialog => {
    complaints.push(`dialogue: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', message => {
    // That the master cannot be reached is what some tests are about.
    if (message.type() === 'error' && !message.text().includes('net::ERR_')) complaints.push(message.text());
  });
  return { page, complaints };
}

/** Returns what keeps people with disabilities from using a page, by the rules of axe. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    // @ts-expect-error it was defined by the line before
    const { violations } = await globalThis.axe.run();
    return violations.flatMap((rule: { id: string; nodes: { html: string; failureSummary: string }[] }) =>
      rule.nodes.map(({ html, failureSummary }) => `${rule.id}: ${html} ${failureSummary}`),
    );
  });
}
