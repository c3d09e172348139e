/** Plots, the map of agents and the page of metrics in a real browser, on real daemons. */
import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import type { BrowserContextOptions } from 'playwright-core';
import { barriers, buildWebUi, needsChromium, sharedBrowser, type WatchedPage } from './support/browser.ts';
import { Cluster, type ClusterOptions } from './support/cluster.ts';
import { registerEvilAgent } from './support/evil-agent.ts';
import { type Framework, shellTask } from './support/framework.ts';

interface Scene extends WatchedPage {
  readonly cluster: Cluster;
  readonly framework: Framework;
  /** Goes to an address behind the #, and waits until the page is there. */
  go(address: string): Promise<void>;
}

const open = sharedBrowser();
const hostile = '<img src=x onerror=alert(1)>';
/** A time as pages show it: with the date, when that is not today's. */
const moment = String.raw`(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d`;

/** A time zone in which it is between twelve and one at night. */
function zoneOfFirstHour(now: Date): string {
  const hour = now.getUTCHours();
  return hour <= 12 ? `Etc/GMT+${hour}` : `Etc/GMT-${24 - hour}`;
}

describe('plots of the web UI', needsChromium, () => {
  before(buildWebUi);

  async function scene(t: TestContext, options: ClusterOptions = {}, browser?: BrowserContextOptions): Promise<Scene> {
    const cluster = await Cluster.start(t, options);
    const framework = await cluster.framework({ name: 'marathon' });
    const opened = await open(browser);
    t.after(() => opened.page.context().close());
    const go = async (address: string) => {
      await opened.page.goto(`${cluster.master.origin}/#${address}`);
      await opened.page.getByRole('heading', { level: 1 }).waitFor();
    };
    return { ...opened, cluster, framework, go };
  }

  test('the overview shows the last hour, and what failed with the reason', async t => {
    const { page, framework, go, complaints } = await scene(t);
    await framework.run(shellTask('runs', 'sleep 1000'));
    await framework.reaches('runs', 'TASK_RUNNING');
    await framework.run(shellTask('fails', 'exit 3'));
    await framework.end('fails');
    await go('/');
    const tasks = page.getByRole('figure', { name: 'Tasks' });
    const slider = tasks.getByRole('slider', { name: 'Tasks: time' });
    // What the master samples later comes by itself.
    await eventually('the running task in the plot', async () =>
      /running 1,/.test((await slider.getAttribute('aria-valuetext')) ?? ''),
    );
    await tasks.locator('canvas').waitFor();
    assert.match((await tasks.locator('.visually-hidden').textContent()) ?? '', /running: last 1, between \d and 1;/);
    // The master has not run for an hour.
    await tasks.getByText(new RegExp(`^No data: .*${moment}–${moment}`)).waitFor();
    const amounts = page.getByRole('table', { name: 'Resources by what they are for' });
    await amounts.getByRole('row', { name: /^CPUs 0\.1 \S+ \S+ 4 0$/ }).waitFor();
    await page.getByRole('row', { name: /^fails .*failed Command exited with status 3/ }).waitFor();
    await page.getByRole('figure', { name: 'CPUs' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('plots are read with the keyboard and as a table', async t => {
    const { page, go, complaints } = await scene(t);
    await go('/');
    const plot = page.getByRole('figure', { name: 'Agents' });
    const slider = plot.getByRole('slider');
    await eventually('a sample', async () => /active 1/.test((await slider.getAttribute('aria-valuetext')) ?? ''));
    const text = () => slider.getAttribute('aria-valuetext');
    await slider.focus();
    await slider.press('Home');
    await eventually('the value of an hour ago', async () =>
      (await text())?.endsWith(': active –, inactive –, unreachable –'),
    );
    assert.equal(await slider.getAttribute('aria-valuenow'), '0');
    await slider.press('ArrowRight');
    await eventually('the next time', async () => (await slider.getAttribute('aria-valuenow')) === '1');
    await slider.press('Escape');
    await eventually('the newest time', async () => /active 1/.test((await text()) ?? ''));
    await slider.hover();
    await plot.locator('.u-cursor-x').waitFor();
    await plot.getByText('Values', { exact: true }).click();
    const table = plot.getByRole('table');
    await table.getByRole('columnheader', { name: 'unreachable' }).waitFor();
    await table
      .getByRole('row', { name: new RegExp(`^${moment} 1 0 0$`) })
      .first()
      .waitFor();
    assert.ok((await table.getByRole('row').count()) <= 61);
    assert.deepEqual(complaints, []);
  });

  test('what is below a plot stays where it is when the cursor moves, also soon after midnight', async t => {
    const { page, go, complaints } = await scene(t, {}, { timezoneId: zoneOfFirstHour(new Date()) });
    await go('/');
    const plot = page.getByRole('figure', { name: 'Agents' });
    const slider = plot.getByRole('slider');
    const text = () => slider.getAttribute('aria-valuetext');
    await eventually('a sample', async () => /active 1/.test((await text()) ?? ''));
    const height = async () => (await plot.boundingBox())?.height;
    const before = await height();
    await slider.press('Home');
    // The time of an hour ago has its date, which makes it longer.
    await eventually('a time of yesterday', async () => /active –/.test((await text()) ?? ''));
    assert.equal(await height(), before);
    assert.deepEqual(complaints, []);
  });

  test('plots fit their place, and follow the theme', async t => {
    const { page, go, complaints } = await scene(t, { agents: [] });
    await go('/');
    const canvas = page.getByRole('figure', { name: 'CPUs' }).locator('canvas');
    await canvas.waitFor();
    const width = async () => (await canvas.boundingBox())?.width ?? 0;
    await page.setViewportSize({ width: 400, height: 800 });
    await eventually('a small plot', async () => (await width()) > 0 && (await width()) < 400);
    await page.setViewportSize({ width: 1200, height: 800 });
    await eventually('a larger one', async () => (await width()) > 300);
    const picture = () => canvas.evaluate(element => (element as unknown as { toDataURL(): string }).toDataURL());
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await picture();
    await page.emulateMedia({ colorScheme: 'dark' });
    await eventually('another picture in dark', async () => (await picture()) !== light);
    assert.deepEqual(complaints, []);
  });

  test('the map shows every agent, by pointer and keyboard', async t => {
    const { page, cluster, framework, go, complaints } = await scene(t, {
      agents: [{ hostname: 'z' }],
    });
    await framework.run(shellTask('runs', 'sleep 1000'));
    await framework.reaches('runs', 'TASK_RUNNING');
    await registerEvilAgent(t, { master: cluster.master, slaves: () => cluster.slaves() }, undefined, {
      hostname: hostile,
    });
    await go('/');
    const map = page.getByRole('listbox', { name: 'Map of 2 agents' });
    await map.getByRole('option', { name: `${hostile}: active,` }).waitFor();
    await page.getByRole('list', { name: 'Colours' }).getByText('active').waitFor();
    await map.focus();
    await map.press('ArrowRight'); // shows where it is
    await map.press('ArrowRight');
    await map.getByRole('option', { name: 'z: active,' }).waitFor();
    await map.press('Home');
    await map.getByRole('option', { name: `${hostile}: active,` }).waitFor();
    await page.getByRole('combobox', { name: 'Colour' }).selectOption('CPUs in use');
    await page.getByRole('list', { name: 'Colours' }).getByText('80–100 %').waitFor();
    await map.locator('canvas').hover({ position: { x: 40, y: 10 } });
    await map.getByRole('option', { name: 'z: active,' }).waitFor();
    await map.locator('canvas').click({ position: { x: 40, y: 10 } });
    const z = (await cluster.slaves()).find(({ pid }) => pid.endsWith(`:${cluster.agents[0]?.port}`));
    await page.waitForURL(`**/#/agents/${z?.id}`);
    await page.goBack();
    await map.focus();
    await map.press('ArrowRight');
    await map.press('Enter');
    await page.getByRole('heading', { name: `${hostile} active` }).waitFor();
    await page.goBack();
    await page.getByRole('link', { name: 'as a table' }).click();
    await page.getByRole('heading', { name: 'Agents' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('the map says what to do when there are no agents', async t => {
    const { page, go } = await scene(t, { agents: [] });
    await go('/');
    await page.getByText('No agents', { exact: true }).waitFor();
  });

  test('the page of metrics finds and plots any of them', async t => {
    const { page, go, complaints } = await scene(t);
    await go('/metrics');
    await page.getByText(/^\d+ metrics$/).waitFor();
    const search = page.getByRole('searchbox', { name: 'Search metrics' });
    await search.fill('slaves active');
    await page.getByText(/^2 of \d+ metrics$/).waitFor();
    await page.getByRole('row', { name: 'master/slaves_active 1' }).waitFor();
    await page.getByRole('checkbox', { name: 'Plot master/slaves_active' }).check();
    const kept = page.getByRole('figure', { name: 'master/slaves_active' });
    await eventually('the history', async () =>
      /value 1$/.test((await kept.getByRole('slider').getAttribute('aria-valuetext')) ?? ''),
    );
    assert.equal(await kept.getByRole('slider').getAttribute('aria-valuemax'), '719');
    await search.fill('uptime');
    await page.getByRole('checkbox', { name: 'Plot master/uptime_secs' }).check();
    await page.getByText('No history is kept: since this page was opened.').waitFor();
    const live = page.getByRole('figure', { name: 'master/uptime_secs' });
    await eventually('a value', async () =>
      /value [\d.,]+ s$/.test((await live.getByRole('slider').getAttribute('aria-valuetext')) ?? ''),
    );
    await page.getByRole('radio', { name: 'last 24 hours' }).check();
    await eventually(
      'the history of a day',
      async () => (await kept.getByRole('slider').getAttribute('aria-valuemax')) === '1439',
    );
    await page.reload();
    await kept.waitFor();
    await page.getByRole('button', { name: 'Remove the plot of master/slaves_active' }).click();
    await kept.waitFor({ state: 'detached' });
    await search.fill('no such metric');
    await page.getByText('No metric matches this filter').waitFor();
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await page.getByText(/^\d+ metrics$/).waitFor();
    await go('/metrics?plot=["no%2Fsuch%2Fmetric"]');
    await page.getByText('The master has no metric of this name now.').waitFor();
    assert.deepEqual(complaints, []);
  });

  test('a part of the UI that cannot be loaded says so, takes nothing else down, and comes when the page is reloaded', async t => {
    const { page, go } = await scene(t);
    await page.route('**/assets/plot-canvas*', route => route.abort());
    await go('/metrics?plot=["master%2Fslaves_active"]');
    const plots = page.getByRole('region', { name: 'Plots' });
    await plots.getByText('A part of the web UI could not be loaded.').waitFor();
    await page.getByText(/^\d+ metrics$/).waitFor();
    await page.unroute('**/assets/plot-canvas*');
    await plots.getByRole('button', { name: 'Reload the page' }).click();
    await plots.getByRole('figure', { name: 'master/slaves_active' }).locator('canvas').waitFor();
  });

  test('pages of agents and tasks plot what is used while they are open', async t => {
    const { page, framework, go, complaints } = await scene(t);
    await framework.run(shellTask('runs', 'sleep 1000'));
    const { agent_id } = await framework.reaches('runs', 'TASK_RUNNING');
    for (const address of [`/tasks/${framework.info.id?.value}/runs`, `/agents/${agent_id?.value}`]) {
      await go(address);
      const memory = page.getByRole('figure', { name: 'Memory in use' });
      await eventually(`the memory in use at ${address}`, async () =>
        /used [\d.]+ .B/.test((await memory.getByRole('slider').getAttribute('aria-valuetext')) ?? ''),
      );
      await page.getByRole('figure', { name: 'CPUs in use' }).waitFor();
    }
    assert.deepEqual(complaints, []);
  });

  test('plots that may not be read say so, and the rest of the page works', async t => {
    const acls = { get_endpoints: [{ principals: { type: 'ANY' }, paths: { type: 'NONE' } }] };
    const { page, go, cluster } = await scene(t, { master: { acls: JSON.stringify(acls) } });
    await go('/');
    await page.getByText('You may not see the history of metrics').first().waitFor();
    await page.getByRole('link', { name: '1 active agent' }).waitFor();
    await page.getByRole('listbox', { name: 'Map of 1 agent' }).waitFor();
    await go('/metrics');
    await page.getByText('You may not see the metrics').waitFor();
    await page.getByText(/'get_endpoints' of the master's --acls does not allow it/).waitFor();
    // An agent has rules of its own, and words for them.
    await page.route('**/agents/*/api/v1*', route => route.fulfill({ status: 403, body: 'Not for you' }));
    await go(`/agents/${(await cluster.slaves())[0]?.id}`);
    const containers = page.getByRole('region', { name: 'Executors and containers' });
    await containers.getByText('You may not see the containers').waitFor();
    await containers.getByText('Not for you').waitFor();
    assert.equal(await page.getByRole('alert').count(), 0);
  });

  test('plots keep what they show while the master is away, with a gap', async t => {
    const { page, cluster, go } = await scene(t);
    await go('/');
    const slider = page.getByRole('figure', { name: 'Agents' }).getByRole('slider');
    const text = async () => (await slider.getAttribute('aria-valuetext')) ?? '';
    await eventually('a sample', async () => /active 1/.test(await text()));
    await cluster.master.kill();
    await page.getByText(/Reconnecting, data from/).waitFor();
    assert.match(await text(), /active 1/);
    const killed = Date.now();
    await eventually('two steps of the history to pass', () => Date.now() > killed + 10_000);
    await cluster.master.start();
    await cluster.registered(cluster.agent);
    await page.getByText(/Reconnecting/).waitFor({ state: 'detached' });
    await eventually('samples after the gap', async () => /active 1/.test(await text()));
    // The first one is the time before the master was started for the first time. Where the machine was busy, there are more.
    const span = `${moment}–${moment}`;
    const named = new RegExp(`^No data: ${span}(, ${span})+( and \\d+ earlier gaps)?$`);
    const gaps = page.getByRole('figure', { name: 'Agents' }).getByText(/^No data: /);
    let shown: string | null = null;
    await eventually(
      () => `two gaps, not '${shown}'`,
      async () => {
        shown = await gaps.textContent();
        return named.test(shown ?? '');
      },
    );
  });

  test('plots, map and metrics have no barriers that axe finds, in light and in dark', async t => {
    const { page, framework, go } = await scene(t);
    await framework.run(shellTask('runs', 'sleep 1000'));
    const { agent_id } = await framework.reaches('runs', 'TASK_RUNNING');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const [address, title] of [
        ['/', 'Tasks'],
        ['/metrics?filter=slaves&plot=["master%2Fslaves_active"]', 'master/slaves_active'],
        [`/agents/${agent_id?.value}`, 'Memory in use'],
        [`/tasks/${framework.info.id?.value}/runs`, 'Memory in use'],
      ] as const) {
        await go(address);
        const plot = page.getByRole('figure', { name: title, exact: true });
        await plot.locator('canvas').waitFor();
        await plot.getByText('Values', { exact: true }).click();
        await plot.getByRole('table').waitFor();
        assert.deepEqual(await barriers(page), [], `${address} in ${colorScheme}`);
      }
    }
  });
});
