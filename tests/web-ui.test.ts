/** The web UI in a real browser, on real daemons. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, describe, type TestContext, test } from 'node:test';
import type { FrameworkInfo } from '@meseta/protocol';
import { needsZooKeeper } from '@meseta/storage/testing';
import { all, eventually } from '@meseta/system/testing';
import type { Page } from 'playwright-core';
import { barriers, buildWebUi, needsChromium, sharedBrowser, type WatchedPage, watched } from './support/browser.ts';
import { Cluster } from './support/cluster.ts';
import { executorTask } from './support/executor-task.ts';
import { type Framework, shellTask } from './support/framework.ts';
import { ElectionScene } from './support/high-availability.ts';

const hostile = '<img src=x onerror=alert(1)>"\'&';

interface Scene extends WatchedPage {
  readonly cluster: Cluster;
  readonly framework: Framework;
  /** Goes to an address behind the #, and waits until the master's events are there. */
  go(address: string): Promise<void>;
}

const open = sharedBrowser();

describe('the web UI', needsChromium, () => {
  before(buildWebUi);

  async function scene(t: TestContext, info: Partial<FrameworkInfo> = {}): Promise<Scene> {
    const cluster = await Cluster.start(t, { agents: [{ attributes: 'rack:a' }] });
    const framework = await cluster.framework({ name: 'marathon', webui_url: 'https://marathon.example/', ...info });
    const opened = await open();
    t.after(() => opened.page.context().close());
    const go = async (address: string) => {
      await opened.page.goto(`${cluster.master.origin}/#${address}`);
      await opened.page.getByRole('heading', { level: 1 }).waitFor();
    };
    return { ...opened, cluster, framework, go };
  }

  test('shows what there is, and what comes of it, without being asked again', async t => {
    const { page, cluster, framework, go, complaints } = await scene(t);
    await go('/');
    await page.getByRole('link', { name: '1 active agent' }).waitFor();
    await page.getByRole('link', { name: '1 active framework' }).waitFor();
    await page.getByText('0 of 4', { exact: true }).waitFor();
    const { host } = new URL(cluster.master.origin);
    await page.getByRole('region', { name: 'Master' }).getByText(host, { exact: true }).waitFor();
    const { version } = await cluster.get('/version');
    await page.getByRole('region', { name: 'Master' }).getByText(version, { exact: true }).waitFor();
    await framework.run(shellTask('runs', 'sleep 1000'));
    await page.getByRole('link', { name: '1 running task' }).waitFor();
    await framework.run(shellTask('fails', 'exit 3'));
    await page.getByRole('row', { name: /fails .* failed/ }).waitFor();
    await page.getByRole('link', { name: '1 failed task' }).click();
    await page.getByRole('heading', { name: 'Tasks' }).waitFor();
    assert.match(page.url(), /#\/tasks\?filter=state%3A%3DTASK_FAILED$/);
    await page.getByText('1 of 2 tasks').waitFor();
    await page.getByRole('link', { name: 'fails' }).click();
    await page.getByRole('heading', { name: 'fails failed' }).waitFor();
    await page.getByText('Command exited with status 3').waitFor();
    await page
      .getByText(/^executor/)
      .first()
      .waitFor();
    assert.deepEqual(complaints, []);
  });

  test('filters and sorts tables by their address', async t => {
    const { page, framework, go, complaints } = await scene(t);
    for (const id of ['b-web', 'a-web', 'c-db']) await framework.run(shellTask(id, 'sleep 1000'));
    for (const id of ['b-web', 'a-web', 'c-db']) await framework.reaches(id, 'TASK_RUNNING');
    const ids = async () =>
      (await page.getByRole('row').getByRole('link').allTextContents()).filter(id => id[1] === '-');
    await go('/tasks?sort=id&desc=true');
    await eventually('all tasks, the last first', async () => (await ids()).join() === 'c-db,b-web,a-web');
    await page.getByRole('button', { name: 'Task' }).click();
    await eventually('the first one first', async () => (await ids()).join() === 'a-web,b-web,c-db');
    const filter = page.getByRole('searchbox', { name: 'Filter tasks' });
    await filter.fill('web rack:a');
    await eventually('those that match', async () => (await ids()).join() === 'a-web,b-web');
    await page.getByText(/^rack:a is left out\. There is no 'rack' here/).waitFor();
    assert.match(page.url(), /filter=web(\+|%20)rack%3Aa/);
    await page.reload();
    await eventually('the same after a reload', async () => (await ids()).join() === 'a-web,b-web');
    await filter.fill('nothing-like-this');
    await page.getByText('No task matches this filter').waitFor();
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await eventually('all again', async () => (await ids()).length === 3);
    assert.deepEqual(complaints, []);
  });

  test('finds its way from addresses of Apache Mesos, and from what is gone', async t => {
    const { page, cluster, framework, go, complaints } = await scene(t);
    await framework.run(shellTask('runs', 'sleep 1000'));
    const { agent_id } = await framework.reaches('runs', 'TASK_RUNNING');
    const agent = agent_id?.value;
    const executor = `/slaves/${agent}/frameworks/${framework.info.id?.value}/executors/runs`;
    for (const address of [`${executor}/browse`, executor]) {
      await go(address);
      await page.getByRole('heading', { name: 'runs running' }).waitFor();
    }
    await page.getByRole('link', { name: '127.0.0.1', exact: true }).click();
    await page.getByText('rack=a').waitFor();
    await go(`/slaves/${agent}`);
    await page.getByRole('heading', { name: '127.0.0.1 active' }).waitFor();
    await page.goto(`${cluster.master.origin}/#/tasks/${framework.info.id?.value}/gone`);
    await page.getByText("There is no task 'gone'").waitFor();
    await page.getByRole('link', { name: 'Search for it' }).click();
    await page.getByText('No task matches this filter').waitFor();
    await page.goto(`${cluster.master.origin}/#/no/such/page`);
    await page.getByText('There is no such page').waitFor();
    assert.deepEqual(complaints, []);
  });

  test('shows what others have named as text, and links only to the web', async t => {
    const { page, framework, go, complaints } = await scene(t, { name: hostile, webui_url: 'javascript:alert(1)' });
    const labels = { labels: [{ key: hostile, value: hostile }] };
    await framework.run(shellTask('t<b>', 'exit 1', { name: hostile, labels }));
    await framework.end('t<b>');
    await go(`/tasks/${framework.info.id?.value}/t%3Cb%3E`);
    await page.getByText(`${hostile}=${hostile}`).waitFor();
    await go('/tasks');
    await page.getByRole('cell', { name: hostile }).waitFor();
    await go(`/frameworks/${framework.info.id?.value}`);
    await page.getByRole('heading', { name: `${hostile} active` }).waitFor();
    await page.getByText('javascript:alert(1)').waitFor();
    assert.equal(await page.getByRole('link', { name: 'javascript:alert(1)' }).count(), 0);
    assert.deepEqual(complaints, []);
  });

  test('shows tasks of an executor whose times are none', async t => {
    const { page, framework, go, complaints } = await scene(t);
    for (const [id, time] of [
      ['late', '1e300'],
      ['early', '-1e300'],
    ] as const) {
      const task = { data: Buffer.from('go').toString('base64') }; // it ends
      await framework.run({ ...executorTask(framework, id, 'probe-executor.mjs', `TIMESTAMP=${time}`), ...task });
      await framework.end(id);
    }
    const ids = framework.info.id?.value;
    for (const address of ['/tasks', `/frameworks/${ids}`, `/tasks/${ids}/late`, `/tasks/${ids}/early`]) {
      await go(address);
      await page.getByText('no valid time').first().waitFor();
    }
    await go('/');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    assert.equal(await page.getByText('cannot be shown').count(), 0);
    assert.deepEqual(complaints, []);
  });

  test('shows what a task writes, as it writes it', async t => {
    const { page, cluster, framework, go, complaints } = await scene(t);
    const gate = path.join(cluster.directory, 'gate');
    const red = "printf '\\033[31mred\\033[0m\\n'";
    const line = `seq -f 'line %.0f' 20000; ${red}; echo oops >&2; until test -e ${gate}; do sleep 0.1; done; echo more; sleep 1000`;
    await framework.run(shellTask('writes', line));
    await framework.reaches('writes', 'TASK_RUNNING');
    await go(`/tasks/${framework.info.id?.value}/writes`);
    const log = page.getByRole('log', { name: 'stdout of writes' });
    await log.getByText('line 20000', { exact: true }).waitFor();
    assert.equal(await log.locator('.ansi-red-fg').textContent(), 'red');
    writeFileSync(gate, '');
    await log.getByText('more', { exact: true }).waitFor();
    await log.evaluate(element => element.scrollTo(0, 0));
    await page.getByRole('button', { name: 'Go to the end and follow' }).waitFor();
    await page.getByText(/earlier lines come/).waitFor({ state: 'detached' });
    await log.evaluate(element => element.scrollTo(0, 0));
    await log.getByText('line 1', { exact: true }).waitFor();
    await page.getByRole('searchbox', { name: 'Lines that contain' }).fill('LINE 1999');
    await page.getByText(/; 11 of 20,00\d lines that are here/).waitFor();
    await page.getByRole('radio', { name: 'stderr' }).check();
    await page.getByRole('searchbox', { name: 'Lines that contain' }).fill('');
    await page.getByRole('log', { name: 'stderr of writes' }).getByText('oops').waitFor();
    assert.equal(await page.getByRole('searchbox', { name: 'Find in the whole file' }).count(), 1);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    assert.equal((await download).suggestedFilename(), 'stderr');
    assert.deepEqual(complaints, []);
  });

  test("says why a task's output is not there, and shows it when it is", async t => {
    const { page, cluster, framework, go } = await scene(t);
    await framework.run(shellTask('ends', 'echo done'));
    const { agent_id } = await framework.end('ends');
    await go(`/tasks/${framework.info.id?.value}/ends`);
    await page.getByRole('log').getByText('done').waitFor();
    await cluster.agent.kill();
    await page.getByText('The agent cannot be reached').waitFor();
    await page.getByRole('log').getByText('done').waitFor();
    await cluster.agent.start();
    await cluster.registered(cluster.agent);
    await page.getByText('The agent cannot be reached').waitFor({ state: 'detached' });
    const sandboxes = path.join(cluster.directory, 'agent-1/slaves', agent_id?.value ?? '', 'frameworks');
    rmSync(sandboxes, { recursive: true });
    await page.getByText('The sandbox was garbage-collected').waitFor();
    await page.getByRole('heading', { name: 'ends finished' }).waitFor();
  });

  test('says how old its data are while there is no master, and goes on when there is one', async t => {
    const { page, cluster, framework, go, complaints } = await scene(t);
    await framework.run(shellTask('runs', 'sleep 1000'));
    await framework.reaches('runs', 'TASK_RUNNING');
    await go('/tasks?filter=runs');
    const row = page.getByRole('row', { name: /^runs .* running/ });
    await row.waitFor();
    await cluster.master.kill();
    await page.getByText(/Reconnecting, data from (\S+ )?\d\d:\d\d:\d\d/).waitFor();
    await row.waitFor();
    await page.getByText(/Attempt \d+ in \d+ s/).waitFor();
    await page.getByRole('button', { name: 'Try now' }).click();
    await cluster.master.start();
    await cluster.registered(cluster.agent);
    await page.getByText(/Reconnecting/).waitFor({ state: 'detached' });
    await row.waitFor();
    assert.equal(await page.getByRole('searchbox').inputValue(), 'runs');
    assert.deepEqual(complaints, []);
  });

  test('is one subscriber of the master, however many pages are open', async t => {
    const { page, cluster, go } = await scene(t);
    await go('/');
    for (let tab = 0; tab < 3; tab++) {
      const { page: another } = watched(await page.context().newPage());
      await another.goto(`${cluster.master.origin}/#/agents`);
      await another.getByText('1 agent', { exact: true }).waitFor();
    }
    const metrics = await cluster.get('/metrics/snapshot');
    assert.equal(metrics['master/operator_event_stream_subscribers'], 1);
  });

  test('has no barriers that axe finds, in light and in dark', async t => {
    const { page, framework, go } = await scene(t);
    await framework.run(shellTask('runs', 'exit 3'));
    await framework.end('runs');
    const agent = (await framework.end('runs')).agent_id?.value;
    const pages = [
      '/',
      '/agents',
      `/agents/${agent}`,
      '/frameworks',
      `/frameworks/${framework.info.id?.value}`,
      '/tasks?filter=bad:x',
      `/tasks/${framework.info.id?.value}/runs`,
    ];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const address of pages) {
        await go(address);
        assert.deepEqual(await barriers(page), [], `${address} in ${colorScheme}`);
      }
    }
  });

  test('is served with a policy that allows nothing but itself', async t => {
    const { cluster, page, go } = await scene(t);
    await go('/');
    const script = await page.locator('script[src*=index]').getAttribute('src');
    const ask = (url: string, headers: Record<string, string> = {}) => fetch(cluster.master.origin + url, { headers });
    const index = await ask('/');
    assert.match(
      index.headers.get('content-security-policy') ?? '',
      /default-src 'none'.*require-trusted-types-for 'script'/,
    );
    assert.doesNotMatch(index.headers.get('content-security-policy') ?? '', /unsafe/);
    assert.equal(index.headers.get('cache-control'), 'no-cache');
    for (const [accepted, coding] of [
      ['br, gzip', 'br'],
      ['gzip', 'gzip'],
      ['identity', null],
    ] as const) {
      const asset = await ask(script ?? '', { 'Accept-Encoding': accepted });
      assert.deepEqual(
        [asset.status, asset.headers.get('content-encoding'), asset.headers.get('x-content-type-options')],
        [200, coding, 'nosniff'],
      );
      assert.match(asset.headers.get('cache-control') ?? '', /immutable/);
      assert.match(await asset.text(), /^import|^(?:var|const|function)/);
    }
    for (const url of [
      '/assets',
      '/assets/',
      '/assets/no.js',
      '/assets/..%2findex.html',
      '/assets/%2e%2e/index.html',
      '/app/x',
    ])
      assert.equal((await ask(url)).status, 404, url);
    const json = await ask('/', { Accept: 'application/json' });
    assert.equal(((await json.json()) as { name: string }).name, 'Meseta master');
  });
});

test('the web UI goes to the master that leads, with its address', all(needsChromium, needsZooKeeper), async t => {
  await buildWebUi();
  const masters = await ElectionScene.start(t, { masters: 2, masterFlags: { quorum: 1 } });
  const first = await masters.leader();
  const { page } = await open();
  t.after(() => page.context().close());
  await page.goto(`${first.origin}/#/agents?filter=web`);
  await page.getByText(/No agents|No agent matches/).waitFor();
  await first.kill();
  await page.getByText(/Reconnecting, data from/).waitFor();
  const next = await masters.leader(first);
  await masters.startAgain(first);
  await page.waitForURL(`${next.origin}/#/agents?filter=web`);
  await page.getByText(/No agents|No agent matches/).waitFor();
});

test('browsers that the master has no room for do not displace each other again and again', needsChromium, async t => {
  await buildWebUi();
  const { master } = await Cluster.start(t, { master: { max_operator_event_stream_subscribers: 1 }, agents: [] });
  const pages = [(await open()).page, (await open()).page];
  t.after(() => Promise.all(pages.map(page => page.context().close())));
  for (const page of pages) await page.goto(`${master.origin}/#/agents`);
  const waiting = (page: Page) => page.getByText(/this page does not displace them again/).isVisible();
  await eventually('one that waits', async () => (await Promise.all(pages.map(waiting))).includes(true));
});

test('another web UI is served in place of the own one, when it is one', async t => {
  const directory = mkdtempSync(path.join(tmpdir(), 'webui-'));
  t.after(() => rmSync(directory, { recursive: true }));
  await assert.rejects(
    Cluster.start(t, { master: { webui_dir: directory }, agents: [] }),
    /There is no web UI in .*--webui_dir/,
  );
  writeFileSync(path.join(directory, 'index.html'), '<p>another');
  mkdirSync(path.join(directory, 'app'));
  const script = path.join(directory, 'app/main.js');
  writeFileSync(script, 'run()');
  const { master } = await Cluster.start(t, { master: { webui_dir: directory }, agents: [] });
  const answers = async (file: string) => {
    const { status, text } = await master.ask(file);
    return [status, text];
  };
  assert.deepEqual(await answers('/'), [200, '<p>another']);
  assert.deepEqual(await answers('/app/main.js'), [200, 'run()']);
  // It is built anew.
  rmSync(script);
  assert.equal((await answers('/app/main.js'))[0], 404);
});
