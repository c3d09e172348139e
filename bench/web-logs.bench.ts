/** Logs in the web UI in a real browser: a file that is much too large to load opens at its end, and one that grows fast is followed. */
import { closeSync, existsSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { webUiDirectory } from '@meseta/web';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Benchmark, Effort } from './benchmark.ts';
import { framesDuring, installMeter, isTrue } from './frame-meter.ts';
import { type Cleanups, withCleanups } from './processes/child.ts';
import type { MasterProcess } from './processes/master.ts';
import {
  fileUrl,
  idle,
  inSandbox,
  type RealAgent,
  type RunningTask,
  runOnFirstOffer,
  startRealAgent,
  writing,
} from './real-agent.ts';
import { type Row, scenario } from './scenario.ts';

const LINES_PER_SECOND = 10_000;
const LARGE_BYTES = 10 * 1024 ** 3;
/** What pages read at first of a file. */
const FIRST_BYTES = 64 * 1024;
const OPENINGS = 5;
const followedMs = ({ quick }: Effort) => (quick ? 5000 : 20_000);
const executablePath = '/usr/bin/chromium';
const lastLine = 'this is the last line of it';

/** Where a file of a task is on this machine. */
const onDisk = ({ workDirectory }: RealAgent, task: RunningTask, file: string) =>
  path.join(workDirectory, 'slaves', task.agentId, inSandbox(task, file));

/** A file whose blocks exist at its end alone. */
function makeLarge(file: string): void {
  const text = Buffer.from(
    `${'a line like any other line of a program that writes a log\n'.repeat(20_000)}${lastLine}\n`,
  );
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, text, 0, text.length, LARGE_BYTES - text.length);
  closeSync(descriptor);
}

/** Opens the file in the list of files, and returns the time until its last line is there. */
async function opening(page: Page, address: string): Promise<number> {
  await page.goto(`${address}?tab=files`);
  await page.getByRole('button', { name: 'large.log' }).waitFor();
  return page.evaluate(`new Promise(resolve => {
    const start = performance.now();
    const isThere = () => [...document.querySelectorAll('.log-line')].at(-1)?.textContent === ${JSON.stringify(lastLine)};
    new MutationObserver((_, observer) => {
      if (!isThere()) return;
      observer.disconnect();
      requestAnimationFrame(() => resolve(performance.now() - start));
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
    [...document.querySelectorAll('button')].find(button => button.textContent === 'large.log').click();
  })`);
}

/** The same bytes from the agent, without master and browser. */
async function directly(url: string): Promise<number> {
  const start = performance.now();
  const response = await fetch(url, { headers: { Range: `bytes=-${FIRST_BYTES}`, 'Accept-Encoding': 'identity' } });
  const { byteLength } = await response.arrayBuffer();
  if (byteLength !== FIRST_BYTES) throw new Error(`${url}: ${response.status}, ${byteLength} bytes`);
  return performance.now() - start;
}

const numberIn = (line: string | undefined) => Number(/^line (\d+) /.exec(line ?? '')?.[1]);

/** The number of the last line that is shown. */
async function shownLine(page: Page): Promise<number> {
  return numberIn(await page.evaluate("[...document.querySelectorAll('.log-line')].at(-1)?.textContent"));
}

/** The number of the last line that is written. */
function writtenLine(file: string): number {
  const end = Buffer.alloc(1024);
  const descriptor = openSync(file, 'r');
  const bytes = readSync(descriptor, end, 0, end.length, Math.max(0, statSync(file).size - end.length));
  closeSync(descriptor);
  return numberIn(end.toString('latin1', 0, bytes).split('\n').at(-2));
}

async function startBrowser(cleanups: Cleanups): Promise<Browser> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  cleanups.add(() => browser.close());
  return browser;
}

async function emptyPage(browser: Browser, ms: number) {
  const page = await browser.newPage();
  await installMeter(page);
  await page.goto('data:text/html,<title>empty</title><p>empty');
  const frames = await framesDuring(page, () => sleep(ms));
  await page.context().close();
  return frames;
}

async function run(effort: Effort) {
  return withCleanups(async cleanups => {
    const master = cleanups.child<MasterProcess>('master.ts', [
      '--port=0',
      `--work_dir=${cleanups.directory()}/master`,
    ]);
    const address = await master.ask('address');
    const agent = await startRealAgent(cleanups, address, 2);
    const tasks = await runOnFirstOffer(cleanups, address, [idle('idle'), writing('writes', LINES_PER_SECOND)]);
    const [quiet, loud] = tasks as [RunningTask, RunningTask];
    makeLarge(onDisk(agent, quiet, 'large.log'));

    const browser = await startBrowser(cleanups);
    const pageOf = ({ frameworkId, taskId }: RunningTask) => `http://${address}/#/tasks/${frameworkId}/${taskId}`;
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const openings: number[] = [];
    const direct: number[] = [];
    for (let i = 0; i < OPENINGS; i++) {
      direct.push(await directly(fileUrl({ agent: agent.address }, quiet, 'large.log')));
      openings.push(await opening(page, pageOf(quiet)));
    }
    await page.context().close();

    const ms = followedMs(effort);
    const empty = await emptyPage(browser, ms);
    const follower = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await installMeter(follower);
    await follower.goto(pageOf(loud));
    await isTrue(follower, "document.querySelector('.log-line')");
    await sleep(2000); // the page is read and compiled by then
    const before = await shownLine(follower);
    const start = performance.now();
    const following = await framesDuring(follower, () => sleep(ms));
    const shown = await shownLine(follower);
    const perSecond = (shown - before) / ((performance.now() - start) / 1000);
    const behindMs = ((writtenLine(onDisk(agent, loud, 'stdout')) - shown) / LINES_PER_SECOND) * 1000;
    return { opening: Math.max(...openings), direct: Math.max(...direct), empty, following, perSecond, behindMs };
  });
}

type Results = Awaited<ReturnType<typeof run>>;

const ms = { unit: 'ms', better: 'less' } as const;
const emptyNote = 'baseline: an empty page in the same run';

const rows: Row<Results>[] = [
  {
    ...{ ...ms, name: 'web UI: a log of 10 GB opens at its end', budget: { value: 500 } },
    note: `the longest of ${OPENINGS}, from the click to the last line; baseline: its last 64 KiB, read at the agent`,
    value: ({ opening }) => opening,
    base: ({ direct }) => direct,
  },
  {
    ...{ unit: '1/s', better: 'more', name: 'web UI: lines of a log that is followed', budget: { value: 9500 } },
    note: '10,000 are written',
    value: ({ perSecond }) => perSecond,
  },
  {
    ...{ ...ms, name: 'web UI: how far a log that is followed is behind' },
    note: 'of 10,000 lines a second; pages read once a second',
    value: ({ behindMs }) => behindMs,
  },
  {
    ...{ ...ms, name: 'web UI while following a log: longest task', budget: { value: 50 } },
    note: `0: none took 50 ms; ${emptyNote}`,
    value: ({ following }) => following.longestTaskMs,
    base: ({ empty }) => empty.longestTaskMs,
  },
  {
    ...{
      ...ms,
      name: 'web UI while following a log: time between frames, p95',
      budget: { value: 20 },
      note: emptyNote,
    },
    value: ({ following }) => following.p95Ms,
    base: ({ empty }) => empty.p95Ms,
  },
  {
    ...{
      ...ms,
      name: 'web UI while following a log: time between frames, p99',
      budget: { value: 33 },
      note: emptyNote,
    },
    value: ({ following }) => following.p99Ms,
    base: ({ empty }) => empty.p99Ms,
  },
];

const notRun: Benchmark['notRun'] = () => {
  if (!existsSync(executablePath)) return 'there is no Chromium (Debian package chromium)';
  return existsSync(`${webUiDirectory}/index.html`) ? undefined : 'the web UI is not built (npm run web)';
};

export default scenario(1, run, rows).map(line => ({ ...line, notRun }));
