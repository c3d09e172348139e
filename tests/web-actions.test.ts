/** Actions of the web UI in a real browser, on real daemons: by keyboard and by mouse, refused, and with the master gone meanwhile. */
import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import type { FrameworkInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import type { Locator, Page } from 'playwright-core';
import { barriers, buildWebUi, needsChromium, sharedBrowser } from './support/browser.ts';
import { Cluster, type ClusterOptions } from './support/cluster.ts';
import { type Framework, shellTask } from './support/framework.ts';

interface Scene {
  readonly cluster: Cluster;
  readonly page: Page;
  /** What went wrong in the page, but for requests that were refused: browsers log each. */
  problems(): string[];
  go(address: string): Promise<void>;
}

const open = sharedBrowser();

async function start(t: TestContext, options: ClusterOptions = {}): Promise<Scene> {
  const cluster = await Cluster.start(t, options);
  const { page, complaints } = await open();
  t.after(() => page.context().close());
  return {
    cluster,
    page,
    problems: () => complaints.filter(each => !/Failed to load resource: .* status of 40[0349]/.test(each)),
    async go(address) {
      await page.goto(`${cluster.master.origin}/#${address}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
    },
  };
}

/** Opens the dialogue of an action by mouse. */
async function opened(page: Page, button: string): Promise<Locator> {
  await page.getByRole('button', { name: button, exact: true }).click();
  return page.getByRole('dialog');
}

/** Does what is in the open dialogue, and waits until it has closed. */
async function done(page: Page, button: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: button, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

const newsOf = (page: Page) => page.getByRole('status', { name: 'What became of your actions' });

const oneAgent = async (cluster: Cluster) => {
  const { slaves } = await cluster.get('/slaves');
  return slaves[0];
};

const roleOf = async (cluster: Cluster, name: string) => {
  const { roles } = await cluster.get('/roles');
  return (roles as { name: string; weight: number; quota: Record<string, Record<string, number>> }[]).find(
    role => role.name === name,
  );
};

async function running(cluster: Cluster, id: string, info: Partial<FrameworkInfo> = {}): Promise<Framework> {
  const framework = await cluster.framework(info);
  await framework.run(shellTask(id, 'sleep 1000'));
  await framework.reaches(id, 'TASK_RUNNING');
  return framework;
}

describe('actions of the web UI', needsChromium, () => {
  before(buildWebUi);

  test('an agent is deactivated and reactivated by keyboard', async t => {
    const { cluster, page, go, problems } = await start(t);
    const id = await cluster.registered(cluster.agent);
    await go(`/agents/${id}`);
    const deactivate = page.getByRole('button', { name: 'Deactivate', exact: true });
    await deactivate.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Deactivate: agent 127.0.0.1' });
    await dialog.getByText(/Ends nothing: 0 tasks of it go on/).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await eventually('the focus where it was', () => deactivate.evaluate(each => each.matches(':focus')));
    assert.equal((await oneAgent(cluster)).deactivated, false);
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await newsOf(page).getByText('Agent 127.0.0.1 is deactivated.').waitFor();
    await page.getByRole('heading', { name: '127.0.0.1 deactivated' }).waitFor();
    assert.equal((await oneAgent(cluster)).deactivated, true);
    const reason = await deactivate.getAttribute('aria-describedby');
    assert.equal(await deactivate.getAttribute('aria-disabled'), 'true');
    assert.equal(await page.locator(`[id="${reason}"]`).textContent(), 'This agent is deactivated already.');
    await deactivate.focus();
    await page.keyboard.press('Enter');
    assert.equal(await page.getByRole('dialog').count(), 0);
    await page.getByText('This agent is deactivated already.').waitFor();
    await page.getByRole('button', { name: 'Reactivate', exact: true }).focus();
    await page.keyboard.press('Space');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await newsOf(page).getByText('Agent 127.0.0.1 is in use again.').waitFor();
    assert.equal((await oneAgent(cluster)).active, true);
    assert.deepEqual(problems(), []);
  });

  test('an agent is drained with a grace period, and is drained when its tasks have ended', async t => {
    const { cluster, page, go, problems } = await start(t);
    const id = await cluster.registered(cluster.agent);
    const framework = await running(cluster, 'runs');
    await go(`/agents/${id}`);
    const dialog = await opened(page, 'Drain');
    await dialog.getByText(/Kills 1 task\./).waitFor();
    await dialog.getByRole('textbox', { name: 'Longest grace period' }).fill('soon');
    await dialog.getByRole('button', { name: 'Drain', exact: true }).click();
    await dialog.getByText("'soon' is no duration.").waitFor();
    await eventually('the focus at the field', () =>
      dialog.getByRole('textbox').evaluate(each => each.matches(':focus')),
    );
    await dialog.getByRole('textbox').fill('30s');
    await done(page, 'Drain');
    await framework.reaches('runs', 'TASK_KILLED');
    await page.getByRole('heading', { name: '127.0.0.1 drained' }).waitFor();
    await newsOf(page)
      .getByText(/Agent 127\.0\.0\.1 is (draining|drained)\./)
      .waitFor();
    assert.equal((await oneAgent(cluster)).drain_info.config.max_grace_period.nanoseconds, 30e9);
    await (await opened(page, 'Reactivate')).waitFor();
    await done(page, 'Reactivate');
    await page.getByRole('heading', { name: '127.0.0.1 active' }).waitFor();
    assert.deepEqual(problems(), []);
  });

  test('an agent is marked gone once its id is typed, and ends', async t => {
    const { cluster, page, go, problems } = await start(t);
    const id = await cluster.registered(cluster.agent);
    const framework = await running(cluster, 'runs');
    await go(`/agents/${id}`);
    const dialog = await opened(page, 'Mark gone');
    await dialog.getByText(/^Ends 1 task and the agent/).waitFor();
    await dialog.getByRole('button', { name: 'Mark gone' }).click();
    await dialog.getByText(`This is not '${id}'. Type it to confirm.`).waitFor();
    assert.equal((await cluster.slaves()).length, 1);
    await page.keyboard.type(id);
    await page.keyboard.press('Enter');
    await newsOf(page).getByText('Agent 127.0.0.1 is gone.').waitFor();
    await page.getByText(`There is no agent '${id}'`).waitFor();
    await framework.reaches('runs', 'TASK_GONE_BY_OPERATOR');
    assert.equal((await cluster.slaves()).length, 0);
    assert.equal(await cluster.agent.ended, 'code 0');
    await newsOf(page)
      .getByRole('button', { name: /^Dismiss/ })
      .click();
    await newsOf(page).getByText('is gone').waitFor({ state: 'detached' });
    assert.deepEqual(problems(), []);
  });

  test('resources are reserved, a volume is made of them and destroyed, and they are given back', async t => {
    const { cluster, page, go, problems } = await start(t);
    const id = await cluster.registered(cluster.agent);
    await go(`/agents/${id}`);
    const reserved = async () => (await oneAgent(cluster)).reserved_resources.db;
    let dialog = await opened(page, 'Reserve');
    await dialog.getByRole('textbox', { name: 'Resources' }).fill('disk:9999999');
    await dialog.getByRole('textbox', { name: 'Role' }).fill('db');
    await dialog.getByRole('button', { name: 'Reserve' }).click();
    await dialog.getByText('The master has refused it.').waitFor();
    await dialog.getByText('RESOURCES_UNAVAILABLE').waitFor();
    assert.equal(await dialog.getByRole('textbox', { name: 'Resources' }).getAttribute('aria-invalid'), 'true');
    await dialog.getByRole('textbox', { name: 'Resources' }).fill('disk:1024');
    await dialog.getByRole('textbox', { name: 'Role' }).fill('-db');
    await dialog.getByRole('button', { name: 'Reserve' }).click();
    await eventually('the role refused', async () => {
      return (await dialog.getByRole('textbox', { name: 'Role' }).getAttribute('aria-invalid')) === 'true';
    });
    await dialog.getByRole('textbox', { name: 'Role' }).fill('db');
    await done(page, 'Reserve');
    await newsOf(page).getByText('Reserved for role db on agent 127.0.0.1.').waitFor();
    assert.equal((await reserved()).disk, 1024);

    dialog = await opened(page, 'Create a volume');
    await dialog.getByRole('combobox', { name: 'Disk' }).selectOption({ label: 'disk:1024 for role db' });
    await dialog.getByRole('textbox', { name: 'Id' }).fill('db-0');
    await dialog.getByRole('textbox', { name: 'Size in MB' }).fill('256');
    await dialog.getByRole('textbox', { name: 'Path' }).fill('data');
    await done(page, 'Create a volume');
    await newsOf(page).getByText('Volume db-0 is made on agent 127.0.0.1.').waitFor();
    const volumes = async () =>
      ((await oneAgent(cluster)).reserved_resources_full.db as { disk?: { persistence?: { id: string } } }[]).flatMap(
        ({ disk }) => disk?.persistence?.id ?? [],
      );
    assert.deepEqual(await volumes(), ['db-0']);

    dialog = await opened(page, 'Destroy a volume');
    await dialog.getByText('Removes all files in volume db-0.').waitFor();
    await dialog.getByRole('textbox', { name: 'Type db-0 to confirm' }).fill('db-0');
    await done(page, 'Destroy a volume');
    await newsOf(page).getByText('Volume db-0 is destroyed.').waitFor();
    assert.deepEqual(await volumes(), []);

    dialog = await opened(page, 'Unreserve');
    await dialog.getByRole('combobox', { name: 'Reservation' }).selectOption({ label: 'disk:1024 for role db' });
    await done(page, 'Unreserve');
    await newsOf(page).getByText('The reservation on agent 127.0.0.1 is taken away.').waitFor();
    assert.equal(await reserved(), undefined);
    assert.deepEqual(problems(), []);
  });

  test('a framework is torn down once its id is typed', async t => {
    const { cluster, page, go, problems } = await start(t);
    const framework = await running(cluster, 'runs', { name: 'marathon' });
    framework.comesBack = false;
    const id = framework.info.id?.value ?? '';
    await go(`/frameworks/${id}`);
    const dialog = await opened(page, 'Tear down');
    await dialog.getByText(/^Ends 1 task, with their executors, and the framework/).waitFor();
    await dialog.getByRole('textbox', { name: `Type ${id} to confirm` }).fill(id);
    await page.keyboard.press('Enter');
    await newsOf(page).getByText('The framework marathon is torn down.').waitFor();
    await page.getByRole('heading', { name: 'marathon completed' }).waitFor();
    const { frameworks, completed_frameworks } = await cluster.get('/frameworks');
    assert.deepEqual([frameworks.length, completed_frameworks[0].id], [0, id]);
    await page.getByText('This framework has ended.').waitFor({ state: 'attached' });
    assert.deepEqual(problems(), []);
  });

  test('a weight and a quota are set and the quota removed, each refusal at its field', async t => {
    const { cluster, page, go, problems } = await start(t);
    await running(cluster, 'runs', { roles: ['web'] });
    await go('/roles');
    await page.getByRole('row', { name: /^web/ }).waitFor();
    let dialog = await opened(page, 'Weight of role web');
    await dialog.getByRole('textbox', { name: 'Weight' }).fill('0');
    await page.keyboard.press('Enter');
    await dialog.getByText(/Invalid weight '0': Weights must be positive/).waitFor();
    assert.equal(await dialog.getByRole('textbox', { name: 'Weight' }).getAttribute('aria-invalid'), 'true');
    await dialog.getByRole('textbox', { name: 'Weight' }).fill('2.5');
    await page.keyboard.press('Enter');
    await newsOf(page).getByText('Role web has the weight 2.5.').waitFor();
    assert.equal((await roleOf(cluster, 'web'))?.weight, 2.5);

    dialog = await opened(page, 'Quota of role web');
    const field = (group: RegExp, name: string) =>
      dialog.getByRole('group', { name: group }).getByRole('textbox', { name });
    await field(/^Guarantee/, 'CPUs').fill('100');
    await field(/^Limit/, 'CPUs').fill('50');
    await dialog.getByRole('button', { name: 'Set the quota' }).click();
    await dialog.getByText('More than the limit of 50').waitFor();
    await field(/^Limit/, 'CPUs').fill('200');
    await dialog.getByRole('button', { name: 'Set the quota' }).click();
    await dialog.getByText(/exceed cluster capacity/).waitFor();
    await dialog.getByText('QUOTA_EXCEEDED').waitFor();
    assert.equal(await field(/^Guarantee/, 'CPUs').getAttribute('aria-invalid'), 'true');
    await dialog.getByRole('checkbox', { name: 'Set it all the same' }).check();
    await done(page, 'Set the quota');
    await newsOf(page).getByText('The quota of role web is set.').waitFor();
    await page.getByRole('row', { name: /^web .* cpus 100 cpus 200 / }).waitFor();
    assert.deepEqual((await roleOf(cluster, 'web'))?.quota.limit, { cpus: 200 });

    dialog = await opened(page, 'Remove quota of role web');
    await done(page, 'Remove quota');
    await newsOf(page).getByText('The quota of role web is removed.').waitFor();
    assert.deepEqual((await roleOf(cluster, 'web'))?.quota.limit, {});

    const others = page.getByRole('group', { name: 'Actions on another role' });
    await others.getByRole('button', { name: 'Quota' }).click();
    await dialog.getByRole('textbox', { name: 'Role' }).fill('a/b');
    await field(/^Limit/, 'CPUs').fill('1');
    await dialog.getByRole('button', { name: 'Set the quota' }).click();
    await dialog.getByText(/Updating quota on nested role 'a\/b' is not supported/).waitFor();
    assert.equal(await dialog.getByRole('textbox', { name: 'Role' }).getAttribute('aria-invalid'), 'true');
    await dialog.getByRole('textbox', { name: 'Role' }).fill('new');
    await done(page, 'Set the quota');
    await page.getByRole('row', { name: /^new/ }).waitFor();
    assert.deepEqual(problems(), []);
  });

  test('roles are a tree that can be folded, filtered and sorted', async t => {
    const { cluster, page, go, problems } = await start(t);
    await running(cluster, 'runs', { roles: ['eng/web'] });
    const framework = await cluster.framework({ roles: ['eng/db', 'eng-ops'] });
    await eventually('its roles', () => framework.isConnected);
    await go('/roles');
    const names = async () =>
      (await page.getByRole('row').locator('[role="cell"]:first-child').allTextContents()).map(each =>
        each.replace(/[▾▸]/, ''),
      );
    await eventually('the tree', async () => (await names()).join() === 'eng,eng/db,eng/web,eng-ops');
    const fold = page.getByRole('button', { name: '2 roles below eng' });
    assert.equal(await fold.getAttribute('aria-expanded'), 'true');
    await fold.focus();
    await page.keyboard.press('Enter');
    await eventually('the folded tree', async () => (await names()).join() === 'eng,eng-ops');
    await page.getByRole('searchbox', { name: 'Filter roles' }).fill('web');
    await eventually('those that match', async () => (await names()).join() === 'eng/web');
    await page.getByRole('searchbox', { name: 'Filter roles' }).fill('nothing-like-this');
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    await page.getByRole('button', { name: /^Share/ }).click();
    await eventually('sorted by share', async () => /^eng,eng\/web,|^eng\/web,eng,/.test((await names()).join()));
    assert.match(page.url(), /sort=share/);
    await page.getByRole('link', { name: '1 framework of role eng/web' }).click();
    await page.getByRole('heading', { name: 'Frameworks' }).waitFor();
    await page.getByText('1 of 2 frameworks').waitFor();
    assert.deepEqual(problems(), []);
  });

  test('what is forbidden is refused with the words of the master', async t => {
    const acls = { update_weights: [{ principals: { type: 'ANY' }, roles: { type: 'NONE' } }] };
    const { cluster, page, go } = await start(t, { master: { acls: JSON.stringify(acls) } });
    await running(cluster, 'runs', { roles: ['web'] });
    // Even if the page does not know it: the one who allows it may not be the one who is asked.
    await page.route('**/ui/can', route => route.fulfill({ status: 404 }));
    await go('/roles');
    const dialog = await opened(page, 'Weight of role web');
    await dialog.getByRole('textbox', { name: 'Weight' }).fill('3');
    await dialog.getByRole('button', { name: 'Set the weight' }).click();
    await dialog.getByText('The master has refused it.').waitFor();
    await dialog.getByText('NOT_AUTHORIZED').waitFor();
    assert.equal((await roleOf(cluster, 'web'))?.weight, 1);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  test('what the master says is forbidden is there, and says why', async t => {
    const { cluster, page, go, problems } = await start(t);
    const id = await cluster.registered(cluster.agent);
    const asked: { action: string }[] = [];
    await page.route('**/ui/can', async route => {
      const { checks } = route.request().postDataJSON() as { checks: { action: string }[] };
      asked.push(...checks);
      const answers = checks.map(({ action }) =>
        action === 'drain_agent' ? { allowed: false, reason: 'The principal guest may not drain.' } : { allowed: true },
      );
      await route.fulfill({ json: { answers } });
    });
    await go(`/agents/${id}`);
    await page.getByText('The principal guest may not drain.').waitFor({ state: 'attached' });
    const drain = page.getByRole('button', { name: 'Drain', exact: true });
    assert.equal(await drain.getAttribute('aria-disabled'), 'true');
    await drain.hover();
    await page.getByRole('tooltip', { name: 'The principal guest may not drain.' }).waitFor();
    await drain.click({ force: true });
    assert.equal(await page.getByRole('dialog').count(), 0);
    await (await opened(page, 'Mark gone')).waitFor();
    const actions = asked.map(({ action }) => action).sort();
    assert.deepEqual(actions, [
      'create_volume',
      'deactivate_agent',
      'destroy_volume',
      'drain_agent',
      'mark_agent_gone',
      'reactivate_agent',
      'reserve',
      'unreserve',
    ]);
    assert.deepEqual(problems(), []);
  });

  test('an action is sent once, and its dialogue stays until the master has answered', async t => {
    const { cluster, page, go } = await start(t);
    const id = await cluster.registered(cluster.agent);
    await go(`/agents/${id}`);
    let sent = 0;
    const gate = Promise.withResolvers<void>();
    await page.route('**/api/v1', async route => {
      sent++;
      await gate.promise;
      await route.continue();
    });
    const dialog = await opened(page, 'Deactivate');
    await dialog.getByRole('button', { name: 'Deactivate' }).dblclick();
    await dialog.getByRole('button', { name: 'Waiting for the master' }).waitFor();
    for (let press = 0; press < 3; press++) await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Waiting for the master' }).waitFor();
    gate.resolve();
    await dialog.waitFor({ state: 'detached' });
    await newsOf(page).getByText('Agent 127.0.0.1 is deactivated.').waitFor();
    assert.equal(sent, 1);
  });

  test('a master that is gone while a dialogue is open stops the action, and it goes on with the next', async t => {
    const { cluster, page, go } = await start(t);
    const id = await cluster.registered(cluster.agent);
    await go(`/agents/${id}`);
    const dialog = await opened(page, 'Deactivate');
    await cluster.master.kill();
    await dialog.getByText(/The page is not connected to the master/).waitFor();
    const button = dialog.getByRole('button', { name: 'Deactivate' });
    assert.equal(await button.getAttribute('aria-disabled'), 'true');
    await button.click({ force: true });
    await cluster.master.start();
    await cluster.registered(cluster.agent);
    await dialog.getByText(/The page is not connected to the master/).waitFor({ state: 'detached' });
    assert.equal((await oneAgent(cluster)).deactivated, false);
    await done(page, 'Deactivate');
    await newsOf(page).getByText('Agent 127.0.0.1 is deactivated.').waitFor();
    await cluster.master.kill();
    await page.getByText(/Reconnecting/).waitFor();
    const reactivate = page.getByRole('button', { name: 'Reactivate', exact: true });
    assert.equal(await reactivate.getAttribute('aria-disabled'), 'true');
  });

  test('a connection that breaks before the answer is no answer: the dialogue says so', async t => {
    const { cluster, page, go } = await start(t);
    const id = await cluster.registered(cluster.agent);
    await go(`/agents/${id}`);
    await page.route('**/api/v1', route => route.abort('connectionreset'));
    const dialog = await opened(page, 'Deactivate');
    await dialog.getByRole('button', { name: 'Deactivate' }).click();
    await dialog.getByText(/No answer\..*may have been done: look at the state/).waitFor();
    await page.unroute('**/api/v1');
    await done(page, 'Deactivate');
    await newsOf(page).getByText('Agent 127.0.0.1 is deactivated.').waitFor();
  });

  test('there are no barriers that axe finds in dialogues and in the roles, in light and in dark', async t => {
    const { cluster, page, go } = await start(t);
    const id = await cluster.registered(cluster.agent);
    await running(cluster, 'runs', { roles: ['eng/<b>'] });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await go('/roles');
      await page.getByRole('row', { name: /<b>/ }).waitFor();
      assert.deepEqual(await barriers(page), [], `roles in ${colorScheme}`);
      const dialog = await opened(page, 'Quota of role eng');
      await dialog.getByRole('button', { name: 'Set the quota' }).click();
      await dialog.getByText(/Give a guarantee or a limit/).waitFor();
      assert.deepEqual(await barriers(page), [], `a quota in ${colorScheme}`);
      await go(`/agents/${id}`);
      await page.getByRole('button', { name: 'Unreserve', exact: true }).hover();
      assert.deepEqual(await barriers(page), [], `an agent in ${colorScheme}`);
      await (await opened(page, 'Drain')).getByRole('checkbox').check();
      assert.deepEqual(await barriers(page), [], `draining in ${colorScheme}`);
      await page.keyboard.press('Escape');
    }
  });
});
