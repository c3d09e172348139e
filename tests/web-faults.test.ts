/** Every page of the web UI, when what is between it and the master fails. */
import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import { buildWebUi, needsChromium, sharedBrowser } from './support/browser.ts';
import { Cluster } from './support/cluster.ts';
import { FaultProxy, type Trouble } from './support/fault-proxy.ts';
import { shellTask } from './support/framework.ts';

const open = sharedBrowser();

/** What a page shows of each trouble, in place of news. */
const troubles: readonly (readonly [Trouble, RegExp])[] = [
  [{ type: 'cut' }, /Reconnecting, .*(?:The master cannot be reached|The connection to the master broke)/],
  [{ type: 'corrupt' }, /Reconnecting, .*The master's events cannot be read.*STREAM_MALFORMED/],
  [{ type: 'status', status: 403, text: 'Not for you' }, /Reconnecting, .*Not for you/],
  [{ type: 'status', status: 503, text: 'Too busy' }, /Reconnecting, .*Too busy/],
];
/** Each page has one of them, so that each of them has a page. */
const inTurn = <T>(all: readonly T[], index: number): T => all[index % all.length] as T;
const events = /^\/api\/v1(?:\?|$)/;
const nameOf = (trouble: Trouble) => (trouble.type === 'status' ? String(trouble.status) : trouble.type);

describe('the web UI behind a proxy', needsChromium, () => {
  before(buildWebUi);

  async function scene(t: TestContext) {
    const cluster = await Cluster.start(t, { agents: [{ attributes: 'rack:a' }] });
    const framework = await cluster.framework({ name: 'marathon' });
    await framework.run(shellTask('runs', 'echo written; exec sleep 1000'));
    const { agent_id } = await framework.reaches('runs', 'TASK_RUNNING');
    const proxy = await FaultProxy.start(t, cluster.master.origin);
    const { page, complaints } = await open();
    t.after(() => page.context().close());
    const id = framework.info.id?.value;
    /** Each page, and a text that is there once it has its data. */
    const pages: Readonly<Record<string, string | RegExp>> = {
      '/': '0.1 of 4',
      '/agents': 'rack=a',
      [`/agents/${agent_id?.value}`]: 'rack=a',
      '/frameworks': 'marathon',
      [`/frameworks/${id}`]: 'runs',
      '/tasks': 'runs',
      [`/tasks/${id}/runs`]: 'written',
    };
    const banner = page.locator('.banner');
    /** Waits until a page has its data. */
    const hasData = (text: string | RegExp) => page.getByRole('main').getByText(text).first().waitFor();
    const goesOn = async () => {
      proxy.end();
      const gone = banner.waitFor({ state: 'detached' });
      // It waits longer from time to time; whoever looks at it need not, unless it has tried by itself.
      const again = page.getByRole('button', { name: 'Try now' });
      await Promise.race([gone, again.click().catch(() => undefined)]);
      await gone;
    };
    return { page, proxy, pages, banner, hasData, goesOn, complaints };
  }

  test('keeps what each page shows, says what is wrong, and goes on by itself', async t => {
    const { page, proxy, pages, banner, hasData, goesOn } = await scene(t);
    for (const [index, [address, text]] of Object.entries(pages).entries()) {
      await page.goto(`${proxy.origin}/#${address}`);
      await hasData(text);
      await banner.waitFor({ state: 'detached' });
      const [trouble, says] = inTurn(troubles, index);
      proxy.make(trouble, events);
      await banner.filter({ hasText: says }).waitFor();
      await hasData(text);
      const isStale = await page.getByRole('main').getAttribute('data-stale');
      assert.equal(isStale, 'true', `${address}, ${nameOf(trouble)}`);
      const opacities = await page
        .locator('main :is(dl, [role=table] [role=rowgroup]:last-child)')
        // @ts-expect-error it runs in the page
        .evaluateAll(shown => shown.map(element => globalThis.getComputedStyle(element).opacity));
      for (const opacity of opacities) assert.ok(Number(opacity) < 1, `${address} is dimmed: ${opacities}`);
      await goesOn();
      await hasData(text);
    }
  });

  test('says of no page that there is nothing before it knows, whatever fails first', async t => {
    const { page, proxy, pages, banner, hasData, goesOn } = await scene(t);
    const firstTroubles = [[{ type: 'hold' }, /Loading the cluster/] as const, ...troubles];
    for (const [index, [address, text]] of Object.entries(pages).entries()) {
      const [trouble, says] = inTurn(firstTroubles, index);
      proxy.make(trouble, events);
      await page.goto('about:blank'); // so that the worker ends, and with it what it knows
      await page.goto(`${proxy.origin}/#${address}`);
      await banner.filter({ hasText: says }).waitFor();
      const main = page.getByRole('main');
      await main
        .getByRole('status', { name: /^Loading/ })
        .first()
        .waitFor();
      const shown = (await main.textContent()) ?? '';
      assert.doesNotMatch(shown, /None|No agent|No framework|No task|There is no/, `${address}, ${nameOf(trouble)}`);
      await goesOn();
      await hasData(text);
    }
  });

  test('shows what has come of a snapshot, and what comes later in its place', async t => {
    const { page, proxy, banner } = await scene(t);
    proxy.make({ type: 'hold after', records: 1 }, /snapshot_parts=true/); // the tasks
    await page.goto(`${proxy.origin}/#/tasks`);
    const row = page.locator('[role=row][data-index="0"]');
    await row.getByText('runs', { exact: true }).first().waitFor();
    await page.getByText('1 task so far').waitFor();
    await banner.filter({ hasText: /Loading the cluster: \d/ }).waitFor();
    const main = page.getByRole('main');
    const open = (name: string) => page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
    await open('Agents');
    await main.getByRole('status', { name: 'Loading agents' }).waitFor();
    assert.doesNotMatch((await main.textContent()) ?? '', /No agent/);
    await open('Overview');
    await main.getByRole('link', { name: '1 running task' }).waitFor();
    await main.getByRole('status', { name: 'Loading agents' }).waitFor();
    await open('Tasks');
    await row.waitFor();
    await row.focus();
    proxy.end();
    await banner.waitFor({ state: 'detached' });
    await page.getByText('1 task', { exact: true }).waitFor();
    assert.equal(await page.evaluate('document.activeElement.dataset.index'), '0');
    await open('Agents');
    await main.getByText('rack=a').first().waitFor();
    await page.getByText('1 agent', { exact: true }).waitFor();
  });

  test('says of the output alone that it cannot be read, and shows it when it can', async t => {
    const { page, proxy, pages, hasData, goesOn, banner } = await scene(t);
    const address = Object.keys(pages).at(-1);
    for (const trouble of troubles.map(([each]) => each).filter(({ type }) => type !== 'corrupt')) {
      await page.goto('about:blank');
      proxy.make(trouble, /^\/agents\//);
      await page.goto(`${proxy.origin}/#${address}`);
      await page.getByRole('heading', { name: 'runs running' }).waitFor();
      await banner.waitFor({ state: 'detached' }); // the page is there before all of the snapshot is
      const said = trouble.type === 'status' ? new RegExp(`${trouble.text}`) : /cannot be read/;
      await page.getByRole('main').getByText(said).first().waitFor();
      assert.equal(await banner.count(), 0, nameOf(trouble));
      await goesOn();
      await hasData('written');
    }
  });

  test('shows no answer of another form than it asked for, keeps what was there, and loses no page', async t => {
    const { page, proxy, pages, complaints } = await scene(t);
    const [agent, framework] = Object.keys(pages).filter(address => /^.[af][a-z]*s.[^/]/.test(address));
    const id = framework?.split('/')[2];
    /** Of each page, what is there once the master has answered; pages that ask again by themselves come first. */
    const answered: Readonly<Record<string, string | RegExp>> = {
      '/': 'Reserved',
      [`${agent}`]: 'not in the schedule',
      '/roles': 'Use of quota',
      '/offers': 'marathon',
      '/maintenance': 'No machine is in the schedule',
      '/metrics': 'allocator/mesos/allocation_runs',
    };
    const others = ['/agents', '/agents/none', `/frameworks/${id}`, `/why?framework=${id}&cpus=1`, '/about', '/run'];
    const main = page.getByRole('main');
    const wrong = ['null', '{"total":1,"agents":{},"roles":[null],"times":3,"type":"GET_FLAGS"}'];
    const answering = (text: string): Trouble => ({ type: 'status', status: 200, text });
    const polled = /^\/(?:ui\/(?!session)|allocation|metrics|roles|api\/v1$|agents\/)/;
    for (const text of wrong) {
      for (const address of [...Object.keys(answered), ...others]) {
        proxy.make(answering(text), polled);
        await page.goto('about:blank');
        await page.goto(`${proxy.origin}/#${address}`);
        await main.getByRole('heading', { level: 1 }).waitFor();
        if (!others.includes(address)) await main.getByText('ANSWER_MALFORMED').first().waitFor();
        assert.equal(await main.getByText('cannot be shown').count(), 0, `${address}, ${text}`);
        proxy.end();
      }
    }
    for (const [address, shown] of Object.entries(answered)) {
      await page.goto('about:blank');
      await page.goto(`${proxy.origin}/#${address}`);
      await main.getByText(shown).first().waitFor();
      proxy.make(answering('null'), polled);
      await main
        .getByText(/what is shown is from/)
        .first()
        .waitFor();
      await main.getByText(shown).first().waitFor();
      proxy.end();
      await main
        .getByText(/what is shown is from/)
        .first()
        .waitFor({ state: 'detached' });
    }
    assert.deepEqual(complaints, []);
  });
});
