/** The web UI in a real browser, of a master with ten thousand agents and a hundred thousand tasks, while tasks come and go. */
import { existsSync } from 'node:fs';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { webUiDirectory } from '@meseta/web';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Benchmark, Effort } from './benchmark.ts';
import { renderersMemory } from './browser-memory.ts';
import type { LoopDelay } from './event-loop.ts';
import { type Frames, framesDuring, installMeter, isTrue, rowsComplete } from './frame-meter.ts';
import { BenchFramework } from './framework.ts';
import { agentsPerAddress, knownFramework, ManyAgents, noteOnSharing } from './many-agents.ts';
import { PacedTasks } from './paced-tasks.ts';
import { type Cleanups, withCleanups } from './processes/child.ts';
import type { Readers } from './processes/readers.ts';
import type { Subscribers } from './processes/subscribers.ts';
import { fileUrl, type RunningTask, runOnFirstOffer, startRealAgent, terminalUrl, writing } from './real-agent.ts';
import { offersOfAll } from './scale-steps.ts';
import { type Row, scenario } from './scenario.ts';

const tasksPerAgent = 10;
const agentsOf = ({ quick }: Effort) => (quick ? 1000 : 10_000);
/** Each task has two updates. */
const tasksPerSecond = 500;
/** Of the task whose output is followed. */
const LINES_PER_SECOND = 1000;
/** How long something is done in the page. */
const stepMs = ({ quick }: Effort) => (quick ? 3000 : 10_000);
/** How long the page is left alone until its memory is as it stays, and then while it is watched. */
const settlingMs = ({ quick }: Effort) => (quick ? 5000 : 120_000);
const watchedMs = ({ quick }: Effort) => (quick ? 5000 : 600_000);
/** A browser that has just started is busy with itself; people's have been open for a while. */
const RESTING_MS = 2000;
/** How often Apache Mesos's web UI asks for all of the state. */
const POLL_MS = 10_000;
/** As `nice` has it: of the cluster that is looked at. */
const LOW_PRIORITY = 10;
const executablePath = '/usr/bin/chromium';

/** A master whose agents have told it of all their tasks, and a real agent beside them, with one task that writes lines. */
async function startCluster(cleanups: Cleanups, agents: number) {
  const flags = ['--allocation_interval=100ms'];
  const cluster = await ManyAgents.start(cleanups, agents, flags, agentsPerAddress(agents));
  await cluster.agents.ask('register');
  await cluster.agents.ask('prepareReregistration', { framework: knownFramework(), tasks: tasksPerAgent });
  await cluster.replaceMaster();
  // The others are not there yet: the first offer is that of this one.
  await startRealAgent(cleanups, cluster.address, 1);
  const [task] = await runOnFirstOffer(cleanups, cluster.address, [writing('writes', LINES_PER_SECOND)]);
  await cluster.agents.ask('reregister');
  // Elsewhere they are on other machines, and take no time from a browser.
  for (const { pid } of [cluster.agents, cluster.master]) setPriority(pid, LOW_PRIORITY);
  return { cluster, task: task as RunningTask };
}

async function startBrowser(cleanups: Cleanups): Promise<Browser> {
  // The process that it has in reserve for the next page would be counted as part of this one.
  const args = ['--no-sandbox', '--disable-features=SpareRendererForSitePerProcess'];
  const browser = await chromium.launch({ executablePath, args });
  cleanups.add(() => browser.close());
  return browser;
}

async function repeat(ms: number, work: (round: number) => Promise<void>): Promise<void> {
  const end = performance.now() + ms;
  for (let round = 0; performance.now() < end; round++) await work(round);
}

/** Turns the wheel over the table, down and up again. */
async function scroll(page: Page, ms: number): Promise<void> {
  await page.mouse.move(700, 500);
  await repeat(ms, async round => {
    await page.mouse.wheel(0, round % 40 < 20 ? 400 : -400);
    await sleep(16);
  });
}

async function sort(page: Page, ms: number): Promise<void> {
  const titles = ['Task', 'State', 'CPUs', 'Last status'];
  await repeat(ms, async round => {
    await page
      .getByRole('button', { name: titles[round % titles.length] as string, exact: false })
      .first()
      .click();
    await sleep(500);
  });
}

async function type(page: Page, ms: number): Promise<void> {
  await page.getByRole('searchbox', { name: 'Filter tasks' }).focus();
  const text = 'state:running S12';
  await repeat(ms, async round => {
    const at = round % (2 * text.length);
    await page.keyboard.press(at < text.length ? (text[at] === ' ' ? 'Space' : (text[at] as string)) : 'Backspace');
    await sleep(80);
  });
  await page.getByRole('searchbox', { name: 'Filter tasks' }).fill('');
}

/** Fills the field of the palette, and returns the time until something else is listed. */
async function find(page: Page, typed: string): Promise<number> {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: /^Find agents/ }).waitFor();
  const ms = await page.evaluate(`new Promise(resolve => {
    const list = document.querySelector('[role=listbox]');
    const input = document.querySelector('[role=combobox]');
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
    const start = performance.now();
    new MutationObserver(() => list.querySelector('[role=option]')?.textContent.startsWith('task')
      && resolve(performance.now() - start)).observe(list, { childList: true, subtree: true, characterData: true });
    set.call(input, ${JSON.stringify(typed)});
    input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  })`);
  await page.keyboard.press('Escape');
  return ms as number;
}

/** Types a filter, and returns the time until the number of rows is that of the filter. */
async function filterTime(page: Page, typed: string, pattern: string): Promise<number> {
  return page.evaluate(`new Promise(resolve => {
    const count = document.querySelector('.table-count');
    const input = document.querySelector('main input[type=search]');
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
    const start = performance.now();
    new MutationObserver(() => ${pattern}.test(count.textContent) && resolve(performance.now() - start))
      .observe(count, { childList: true, subtree: true, characterData: true });
    set.call(input, ${JSON.stringify(typed)});
    input.dispatchEvent(new InputEvent('input', { bubbles: true }));
  })`);
}

async function loopDelay(master: ManyAgents['master'], ms: number): Promise<LoopDelay> {
  await master.ask('watchLoop');
  await sleep(ms);
  return (await master.ask('loopDelay')) ?? { p99Ms: 0, maxMs: 0 };
}

/** What the master is like while all of these look at once, and what they get. */
async function besideReaders(cleanups: Cleanups, { master, address }: ManyAgents, task: RunningTask, ms: number) {
  const readers = cleanups.child<Readers>('readers.ts');
  const terminal = terminalUrl(address, task, 'while read -r word; do echo "<$word>"; done');
  await readers.ask('type', { url: terminal, count: 1 });
  await sleep(ms);
  const one = await readers.ask('measured');
  const subscribers = cleanups.child<Subscribers>('subscribers.ts');
  await subscribers.ask('subscribe', { address, count: 50 });
  await readers.ask('type', { url: terminal, count: 19 });
  await readers.ask('tail', { url: fileUrl({ master: address }, task, 'stdout'), count: 50 });
  await readers.ask('reset');
  const loop = await loopDelay(master, ms);
  const { echoP99Ms, echoes, readBytes } = await readers.ask('measured');
  await readers.ask('end');
  if (echoes === 0 || readBytes === 0) throw new Error(`${echoes} echoes and ${readBytes} bytes came`);
  return { loop, echoP99Ms, oneEchoP99Ms: one.echoP99Ms };
}

/** An empty page with the same loop of frames. */
async function emptyPage(browser: Browser, ms: number): Promise<{ frames: Frames; memory: number }> {
  const page = await browser.newPage();
  await installMeter(page);
  await page.goto('data:text/html,<title>empty</title><p>empty');
  const frames = await framesDuring(page, () => scroll(page, ms));
  const memory = await renderersMemory(browser);
  await page.context().close();
  return { frames, memory };
}

/** A page that asks for all of the state again and again and parses it, as Apache Mesos's web UI does. */
async function pollingPage(browser: Browser, origin: string, ms: number): Promise<{ frames: Frames; memory: number }> {
  const page = await browser.newPage();
  await installMeter(page);
  await page.goto(`${origin}/version`);
  const frames = await framesDuring(page, async () => {
    await page.evaluate(`{
      const poll = async () => {
        globalThis.state = await (await fetch('/state')).json();
        setTimeout(poll, ${POLL_MS});
      };
      void poll();
    }`);
    await scroll(page, ms);
    await isTrue(page, 'globalThis.state !== undefined', 30_000).catch(() => undefined); // busy machines take longer than that
  });
  const memory = await renderersMemory(browser);
  await page.context().close();
  return { frames, memory };
}

async function run(effort: Effort) {
  return withCleanups(async cleanups => {
    const agents = agentsOf(effort);
    const { cluster, task } = await startCluster(cleanups, agents);
    const origin = `http://${cluster.address}`;
    const framework = await BenchFramework.subscribe(cluster.address);
    cleanups.add(() => framework.close());
    await offersOfAll(framework, agents);
    await cluster.agents.ask('script', ['TASK_RUNNING', 'TASK_FINISHED']);
    const tasks = new PacedTasks(framework, tasksPerSecond);
    cleanups.add(() => tasks.stop());

    const ms = stepMs(effort);
    const baseline = await startBrowser(cleanups);
    const empty = await emptyPage(baseline, ms);
    const polling = await pollingPage(baseline, origin, ms);
    await baseline.close();

    const browser = await startBrowser(cleanups);
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await installMeter(page, agents * tasksPerAgent);
    await sleep(RESTING_MS);
    await page.goto(`${origin}/#/tasks`);
    const rows = await rowsComplete(page);
    const before = tasks.launched;
    const start = performance.now();
    const scrolling = await framesDuring(page, () => scroll(page, ms));
    const sorting = await framesDuring(page, () => sort(page, ms));
    const typing = await framesDuring(page, () => type(page, ms));
    const rate = (2 * (tasks.launched - before)) / ((performance.now() - start) / 1000);
    await sleep(1000);
    const query = await filterTime(page, 'S123-4', '/^[\\d,]+ of /');
    const found = await find(page, 'S99-7');
    const inUse = await renderersMemory(browser);
    await sleep(settlingMs(effort));
    const settled = await renderersMemory(browser);
    await sleep(watchedMs(effort));
    const memory = { inUse, settled, watched: await renderersMemory(browser) };

    const alone = await loopDelay(cluster.master, ms);
    const beside = await besideReaders(cleanups, cluster, task, ms);
    return { rows, scrolling, sorting, typing, query, found, memory, empty, polling, rate, alone, beside };
  });
}

type Results = Awaited<ReturnType<typeof run>>;

const MiB = 1024 * 1024;
const ms = { unit: 'ms', better: 'less' } as const;

/** Lines for what the page was like while something was done in it. */
function during(what: string, of: (results: Results) => Frames): Row<Results>[] {
  const name = `web UI while ${what}`;
  const note = 'baseline: an empty page in the same run';
  return [
    {
      ...{ ...ms, name: `${name}: time between frames, p95`, budget: { value: 20 }, note },
      value: results => of(results).p95Ms,
      base: ({ empty }) => empty.frames.p95Ms,
    },
    {
      ...{ ...ms, name: `${name}: time between frames, p99`, budget: { value: 33 }, note },
      value: results => of(results).p99Ms,
      base: ({ empty }) => empty.frames.p99Ms,
    },
    {
      ...{ ...ms, name: `${name}: longest task`, budget: { value: 50 } },
      note: '0: none took 50 ms; baseline: a page that polls /state as that of Apache Mesos',
      value: results => of(results).longestTaskMs,
      base: ({ polling }) => polling.frames.longestTaskMs,
    },
  ];
}

const lines = scenario(1, run, [
  {
    ...{ ...ms, name: 'web UI: first rows', budget: { value: 500 } },
    note: () => noteOnSharing('of 100,000 tasks on 10,000 agents; a tenth with --quick', 10_000),
    value: ({ rows }) => rows.first,
  },
  {
    ...{ ...ms, name: 'web UI: all tasks', budget: { value: 3000 }, note: 'since the page was asked for' },
    value: ({ rows }) => rows.complete,
  },
  ...during('scrolling', ({ scrolling }) => scrolling),
  ...during('sorting', ({ sorting }) => sorting),
  ...during('typing', ({ typing }) => typing),
  {
    ...{ ...ms, name: 'web UI: a page that polls /state, time between frames, p99' },
    note: 'for comparison: baseline is an empty page',
    value: ({ polling }) => polling.frames.p99Ms,
    base: ({ empty }) => empty.frames.p99Ms,
  },
  {
    ...{ ...ms, name: 'web UI: a filter', budget: { value: 150 + 120 } },
    note: 'from the last letter to the rows; 120 ms of it wait for another letter',
    value: ({ query }) => query,
  },
  {
    ...{
      ...ms,
      name: 'web UI: finding a task by Ctrl+K',
      budget: { value: 150 },
      note: 'from the letters to the list',
    },
    value: ({ found }) => found,
  },
  {
    ...{ unit: 'MiB', better: 'less', name: 'web UI: memory of page and worker', budget: { value: 300 } },
    note: 'after 12 minutes, with garbage; baseline: a page that polls /state',
    value: ({ memory }) => memory.watched / MiB,
    base: ({ polling }) => polling.memory / MiB,
  },
  {
    ...{
      unit: 'MiB',
      better: 'less',
      name: 'web UI: memory that is added while it is left alone',
      budget: { value: 30 },
    },
    note: 'from the second minute to the twelfth; with --quick over 5 seconds',
    value: ({ memory }) => (memory.watched - memory.settled) / MiB,
  },
  {
    ...{ unit: 'MiB', better: 'less', name: 'web UI: memory right after scrolling, sorting and typing' },
    note: 'before the browser collects its garbage; baseline: a page that polls /state',
    value: ({ memory }) => memory.inUse / MiB,
    base: ({ polling }) => polling.memory / MiB,
  },
  {
    ...{ unit: '1/s', better: 'more', name: 'web UI: status updates meanwhile', budget: { value: 950 } },
    note: 'of tasks that begin and end beside the others; 1,000 are asked for',
    value: ({ rate }) => rate,
  },
  {
    ...{ ...ms, name: 'web UI: event-loop delay p99 of the master with many readers', budget: { value: 50 } },
    note: '50 subscribers, 50 readers of logs, 20 terminals; baseline: the browser alone',
    value: ({ beside }) => beside.loop.p99Ms,
    base: ({ alone }) => alone.p99Ms,
  },
  {
    ...{ ...ms, name: 'web UI: an echo on a terminal, p99, with many readers' },
    note: 'of 20 terminals through the master; baseline: of one, before the others came',
    value: ({ beside }) => beside.echoP99Ms,
    base: ({ beside }) => beside.oneEchoP99Ms,
  },
]);

const notRun: Benchmark['notRun'] = () => {
  if (!existsSync(executablePath)) return 'there is no Chromium (Debian package chromium)';
  return existsSync(`${webUiDirectory}/index.html`) ? undefined : 'the web UI is not built (npm run web)';
};

export default lines.map(line => ({ ...line, minutes: 22, notRun }));
