/** The pages about offers and about why there are none, in a real browser, on real daemons. */
import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { barriers, buildWebUi, needsChromium, sharedBrowser, type WatchedPage } from './support/browser.ts';
import { Cluster } from './support/cluster.ts';
import type { Flags } from './support/daemon.ts';
import type { Framework } from './support/framework.ts';

const hostile = '<img src=x onerror=alert(1)>"\'&';

interface Scene extends WatchedPage {
  readonly cluster: Cluster;
  /** Holds the offers of all agents. */
  readonly holder: Framework;
  readonly asking: Framework;
  /** The id of the one that asks. */
  readonly id: string;
  go(address: string): Promise<void>;
}

const open = sharedBrowser();

describe('offers and why', needsChromium, () => {
  before(buildWebUi);

  async function scene(t: TestContext): Promise<Scene> {
    const agents: Flags[] = [{ hostname: 'large.example' }, { hostname: 'small.example', resources: 'cpus:1;mem:128' }];
    const cluster = await Cluster.start(t, { master: { offer_timeout: '600secs' }, agents });
    const holder = await cluster.framework({ name: hostile });
    await eventually('all offers', () => holder.offers.size === 2);
    const asking = await cluster.framework({ name: 'asking', roles: ['web', 'batch'] });
    const opened = await open();
    t.after(() => opened.page.context().close());
    const go = async (address: string) => {
      await opened.page.goto(`${cluster.master.origin}/#${address}`);
      await opened.page.getByRole('heading', { level: 1 }).waitFor();
    };
    return { ...opened, cluster, holder, asking, id: asking.info.id?.value ?? '', go };
  }

  test('offers: who holds them, for how long, and none when there are none', async t => {
    const { page, holder, asking, go, complaints } = await scene(t);
    await go('/offers');
    const row = page.getByRole('row', { name: /large\.example/ });
    await row.getByRole('link', { name: hostile }).waitFor();
    await row.getByText('4 CPUs, 4 GB disk, 4 GB memory').waitFor();
    await row.getByText(/^[1-9] min$/).waitFor();
    await page.getByText('2 offers', { exact: true }).waitFor();
    await page.getByRole('searchbox', { name: 'Filter offers' }).fill('SMALL');
    await page.getByText('1 of 2 offers').waitFor();
    await row.waitFor({ state: 'detached' });
    await page.getByRole('searchbox', { name: 'Filter offers' }).fill('nothing-like-this');
    await page.getByText('No offer matches this filter').waitFor();
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await row.waitFor();
    await asking.call({ type: 'SUPPRESS' });
    await holder.call({ type: 'SUPPRESS' });
    await holder.accept([...holder.offers.values()], []);
    await page.getByText('No framework holds an offer now').waitFor();
    assert.deepEqual(complaints, []);
  });

  test('why: from the framework to its reasons, the agents of one, and what changes the answer', async t => {
    const { page, holder, id, go, complaints } = await scene(t);
    await go(`/frameworks/${id}`);
    await page.getByRole('link', { name: 'Why?' }).click();
    await page.getByRole('heading', { name: 'Why is it not placed?' }).waitFor();
    const web = page.getByRole('region', { name: 'Role web' });
    await web.getByText('None of 2 agents can be offered').waitFor();
    await page
      .getByRole('textbox', { name: 'Role' })
      .or(page.getByRole('combobox', { name: 'Role' }))
      .fill('web');
    await page.getByLabel('CPUs').fill('2');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByRole('region', { name: 'Role batch' }).waitFor({ state: 'detached' });
    assert.match(page.url(), /#\/why\?framework=[^&]+&role=web&cpus=/);
    const reasons = web.getByRole('listitem');
    await reasons.filter({ hasText: 'The agent has too little, even if all of it were free.' }).waitFor();
    const held = reasons.filter({ hasText: 'frameworks hold the rest' }).first();
    await held.getByText(`framework '${hostile}' (${holder.info.id?.value}) on 2 agents`).waitFor();
    await held.getByText('On 1 agent, nothing else is in the way.').waitFor();
    await held.getByRole('link', { name: '2 agents' }).click();
    const agents = page.getByRole('table', { name: 'Agents with the reason HELD' });
    await agents
      .getByText(/Short by cpus:2\. Framework .* is in offer \S+, which it has had for/)
      .first()
      .waitFor();
    await page.reload();
    await agents.getByRole('link', { name: 'small.example' }).waitFor();
    await holder.call({ type: 'SUPPRESS' });
    await holder.accept([...holder.offers.values()], []);
    await eventually('an answer without holders', async () => {
      await page.getByRole('button', { name: 'Ask again' }).click();
      return (await page.getByText(`framework '${hostile}'`).count()) === 0;
    });
    await agents
      .getByRole('link', { name: 'large.example' })
      .or(page.getByText('No agent is on this page'))
      .first()
      .waitFor();
    await page.getByRole('link', { name: 'Close the list' }).click();
    await agents.waitFor({ state: 'detached' });
    assert.deepEqual(complaints, []);
  });

  test('why: asks for a framework, by its name too, and marks what is wrong', async t => {
    const { page, cluster, id, go } = await scene(t);
    await go('/why');
    await page.getByText('Name a framework').waitFor();
    const name = page.getByLabel('Framework');
    await eventually('the names of frameworks', async () => {
      return (await page.locator('datalist option').count()) === 2;
    });
    await name.fill('asking');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Role web' }).waitFor();
    assert.ok(page.url().includes(`framework=${id}`), page.url());
    await page.getByLabel('Memory').fill('much');
    await page.getByText('A number above 0, such as 0.5 or 1024.').waitFor();
    assert.equal(await page.getByLabel('Memory').getAttribute('aria-invalid'), 'true');
    await page.goto(`${cluster.master.origin}/#/why?framework=${id}&role=%2Fwrong&cpus=many`);
    await page.getByText(/Parameter 'role' is no role/).waitFor();
    await page.getByText('A number above 0, such as 0.5 or 1024.').waitFor();
    await page.goto(`${cluster.master.origin}/#/why?framework=${id}&reason=NOPE&offset=3`);
    await page.getByRole('alert').getByText('reason=NOPE is left out.').waitFor();
    await page.getByRole('region', { name: 'Role web' }).waitFor();
    await page.goto(`${cluster.master.origin}/#/why?framework=gone`);
    await page.getByText("There is no framework 'gone'").waitFor();
    await page.getByRole('link', { name: 'Search for it' }).waitFor();
  });

  test('both pages keep what they show while there is no master, and go on when there is one', async t => {
    const { page, cluster, id, go, complaints } = await scene(t);
    await go('/offers');
    await page.getByText('2 offers', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Why', exact: true }).click();
    await page.goto(`${cluster.master.origin}/#/why?framework=${id}&role=web`);
    const web = page.getByRole('region', { name: 'Role web' });
    await web.getByText('None of 2 agents can be offered').waitFor();
    await cluster.master.kill();
    await page.getByRole('button', { name: 'Ask again' }).click();
    await page.getByText(/The explanation cannot be read, what is shown is from /).waitFor();
    await web.getByText('None of 2 agents can be offered').waitFor();
    await page.getByRole('link', { name: 'Offers', exact: true }).click();
    await page.getByText('The offers cannot be read').waitFor();
    await cluster.master.start();
    await page.getByRole('searchbox', { name: 'Filter offers' }).waitFor();
    // A master that is not ready yet says so.
    assert.deepEqual(
      complaints.filter(each => !each.includes('status of 503')),
      [],
    );
  });

  test('has no barriers that axe finds, in light and in dark', async t => {
    const { page, id, go } = await scene(t);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await go('/offers');
      await page.getByRole('row', { name: /large\.example/ }).waitFor();
      assert.deepEqual(await barriers(page), [], `offers in ${colorScheme}`);
      await go(`/why?framework=${id}&cpus=x&reason=HELD`);
      await page.getByRole('table', { name: 'Agents with the reason HELD' }).waitFor();
      assert.deepEqual(await barriers(page), [], `why in ${colorScheme}`);
    }
  });
});
