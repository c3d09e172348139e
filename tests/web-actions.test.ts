/** Actions of the web UI in a real browser, on real daemons: by keyboard and by mouse, refused, and with the master gone meanwhile. */
import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { done, newsOf, opened, running, startActions } from './support/action-scene.ts';
import { barriers, buildWebUi, needsChromium, sharedBrowser } from './support/browser.ts';
import type { Cluster } from './support/cluster.ts';

const open = sharedBrowser();
const start = (t: TestContext) => startActions(t, open);

const oneAgent = async (cluster: Cluster) => (await cluster.get('/slaves')).slaves[0];

interface Volume {
  readonly scalar: { readonly value: number };
  readonly disk: { readonly persistence: { readonly id: string } };
}

/** The persistent volumes of role `db` on the agent. */
const volumesOf = async (cluster: Cluster): Promise<Volume[]> =>
  ((await oneAgent(cluster)).reserved_resources_full.db as Partial<Volume>[]).filter(
    (each): each is Volume => each.disk?.persistence !== undefined,
  );

describe('actions of the web UI', needsChromium, () => {
  before(buildWebUi);

  test('an agent is deactivated and reactivated by keyboard', async t => {
    const { cluster, page, go, problems } = await start(t);
    const id = await cluster.registered(cluster.agent);
    await go(`/agents/${id}`);
    const deactivate = page.getByRole('button', { name: 'Deactivate', exact: true });
    // What the page shows first is not all yet, and its buttons wait: other than a click, a key does not wait for them.
    await deactivate.and(page.getByRole('button', { disabled: false })).waitFor();
    await deactivate.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Deactivate: agent 127.0.0.1' });
    await dialog.getByText(/Ends nothing: 0 tasks of it go on/).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.locator('button:focus', { hasText: 'Deactivate' }).waitFor();
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
    await dialog.locator('input:focus').waitFor();
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
    await page.getByRole('heading', { level: 1, name: `${id} gone` }).waitFor();
    await framework.reaches('runs', 'TASK_GONE_BY_OPERATOR');
    assert.equal((await cluster.slaves()).length, 0);
    assert.equal(await cluster.agent.ended, 'code 0');
    await newsOf(page)
      .getByRole('button', { name: /^Dismiss/ })
      .click();
    await newsOf(page).getByText('is gone').waitFor({ state: 'detached' });
    assert.deepEqual(problems(), []);
  });

  test('resources are reserved, a volume is made of them, resized and destroyed, and they are given back', async t => {
    const { cluster, page, go, problems } = await start(t);
    const id = await cluster.registered(cluster.agent);
    await go(`/agents/${id}`);
    const reserved = async () => (await oneAgent(cluster)).reserved_resources.db;
    let dialog = await opened(page, 'Reserve');
    await page.keyboard.press('Enter');
    await dialog.getByText('For which role? Give its name.').waitFor();
    // Two fields are wrong: who corrects the first one is not taken to the second.
    await page.keyboard.type('disk:9999999');
    assert.equal(await dialog.getByRole('textbox', { name: 'Resources' }).inputValue(), 'disk:9999999');
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
    await dialog.getByRole('textbox', { name: 'Labels' }).fill('team');
    await dialog.getByRole('button', { name: 'Reserve' }).click();
    await dialog.getByText("'team' is not of the form KEY=VALUE").waitFor();
    await dialog.getByRole('textbox', { name: 'Labels' }).fill('team=db');
    await done(page, 'Reserve');
    await newsOf(page).getByText('Reserved for role db on agent 127.0.0.1.').waitFor();
    assert.equal((await reserved()).disk, 1024);

    dialog = await opened(page, 'Create a volume');
    await dialog.getByRole('combobox', { name: 'Disk' }).selectOption({ label: 'disk:1024 for role db (team=db)' });
    await dialog.getByRole('textbox', { name: 'Id' }).fill('db-0');
    await dialog.getByRole('textbox', { name: 'Size in MB' }).fill('256');
    await dialog.getByRole('textbox', { name: 'Path' }).fill('data');
    await done(page, 'Create a volume');
    await newsOf(page).getByText('Volume db-0 is made on agent 127.0.0.1.').waitFor();
    const volumes = async () => (await volumesOf(cluster)).map(({ disk }) => disk.persistence.id);
    assert.deepEqual(await volumes(), ['db-0']);

    const field = (name: string) => dialog.getByRole('textbox', { name });
    const isWrong = (name: string) =>
      eventually(`'${name}' is marked`, async () => (await field(name).getAttribute('aria-invalid')) === 'true');
    const size = async () => (await volumesOf(cluster))[0]?.scalar.value;
    for (const [wanted, says] of [
      ['512', /^Adds 256 MB of the disk that is reserved for role db\./],
      ['64', /^Takes 448 MB away, which remain reserved for role db\./],
    ] as const) {
      dialog = await opened(page, 'Resize a volume');
      await field('New size in MB').fill('4000');
      await dialog.getByRole('button', { name: 'Resize a volume' }).click();
      await dialog.getByText('RESOURCES_UNAVAILABLE').waitFor();
      await isWrong('New size in MB');
      await field('New size in MB').fill(wanted);
      await dialog.getByText(says).waitFor();
      await done(page, 'Resize a volume');
      await newsOf(page).getByText(`Volume db-0 has ${wanted} MB.`).waitFor();
      assert.equal(await size(), Number(wanted));
    }

    dialog = await opened(page, 'Destroy a volume');
    await dialog.getByText('Removes all files in volume db-0.').waitFor();
    await dialog.getByRole('textbox', { name: 'Type db-0 to confirm' }).fill('db-0');
    await done(page, 'Destroy a volume');
    await newsOf(page).getByText('Volume db-0 is destroyed.').waitFor();
    assert.deepEqual(await volumes(), []);

    dialog = await opened(page, 'Unreserve');
    await dialog
      .getByRole('combobox', { name: 'Reservation' })
      .selectOption({ label: 'disk:1024 for role db (team=db)' });
    await field('How much of it').fill('a bit');
    await dialog.getByRole('button', { name: 'Unreserve' }).click();
    await dialog.getByText("'a bit' is no part of disk:1024.").waitFor();
    await field('How much of it').fill('4000');
    await dialog.getByRole('button', { name: 'Unreserve' }).click();
    await dialog.getByText('RESOURCES_UNAVAILABLE').waitFor();
    await isWrong('How much of it');
    await field('How much of it').fill('1000');
    await done(page, 'Unreserve');
    await newsOf(page).getByText('A part of the reservation on agent 127.0.0.1 is taken away.').waitFor();
    assert.equal((await reserved()).disk, 24);
    await page.getByRole('row', { name: /^db dynamic team=db .*24 MB/ }).waitFor();

    dialog = await opened(page, 'Unreserve');
    await dialog
      .getByRole('combobox', { name: 'Reservation' })
      .selectOption({ label: 'disk:24 for role db (team=db)' });
    await done(page, 'Unreserve');
    await newsOf(page)
      .getByText(/^The reservation on agent 127\.0\.0\.1 is taken away\./)
      .waitFor();
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
    const actions = new Set(asked.map(({ action }) => action).filter(action => !action.startsWith('view_')));
    assert.deepEqual([...actions].sort(), [
      'create_volume',
      'deactivate_agent',
      'destroy_volume',
      'drain_agent',
      'mark_agent_gone',
      'reactivate_agent',
      'reserve',
      'resize_volume',
      'unreserve',
    ]);
    assert.deepEqual(problems(), []);
  });

  test('a task is killed, as its framework would kill it', async t => {
    const { cluster, page, go, problems } = await start(t);
    const framework = await running(cluster, 'runs');
    await go(`/tasks/${framework.info.id?.value}/runs`);
    const dialog = await opened(page, 'Kill');
    await dialog.getByRole('textbox', { name: 'Grace period' }).fill('5s');
    await done(page, 'Kill');
    await framework.reaches('runs', 'TASK_KILLED');
    await newsOf(page)
      .getByText(/^The task runs is (killing|killed)\./)
      .waitFor();
    await page.getByRole('heading', { name: 'runs killed' }).waitFor();
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

  test('a dialogue about an agent that is marked gone meanwhile says so, and leaves the focus on the page', async t => {
    const { cluster, page, go } = await start(t);
    const id = await cluster.registered(cluster.agent);
    await go(`/agents/${id}`);
    const dialog = await opened(page, 'Mark gone');
    const { ok } = await fetch(`${cluster.master.origin}/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: id } } }),
    });
    assert.equal(ok, true);
    await dialog.getByText('The cluster does not have the agent 127.0.0.1 now.').waitFor();
    // The button that opened it goes with the rest of the page.
    await page.locator('h1', { hasText: `${id} gone` }).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.locator('h1:focus', { hasText: `${id} gone` }).waitFor();
  });

  test('Enter that is held opens a dialogue, and does not send it', async t => {
    const { cluster, page, go } = await start(t);
    const id = await cluster.registered(cluster.agent);
    await go(`/agents/${id}`);
    await page.getByRole('button', { name: 'Drain', exact: true }).focus();
    await page.keyboard.down('Enter');
    const dialog = page.getByRole('dialog', { name: 'Drain: agent 127.0.0.1' });
    await dialog.locator('input:focus').waitFor();
    for (let repeat = 0; repeat < 3; repeat++) await page.keyboard.down('Enter');
    await page.keyboard.up('Enter');
    await dialog.getByRole('textbox').fill('soon');
    await page.keyboard.press('Enter');
    await dialog.getByText("'soon' is no duration.").waitFor();
    assert.equal((await oneAgent(cluster)).drain_info, undefined);
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
    const words = dialog.getByText(/No answer\..*may have been done: look at the state/);
    await words.waitFor();
    await eventually('the focus', () => words.evaluate(each => each === each.ownerDocument.activeElement));
    await page.unroute('**/api/v1');
    await done(page, 'Deactivate');
    await newsOf(page).getByText('Agent 127.0.0.1 is deactivated.').waitFor();
  });

  test('an effect that does not come is said to be missing, and seen when it comes', async t => {
    const { cluster, page, go } = await start(t);
    const id = await cluster.registered(cluster.agent);
    await page.clock.install();
    await go(`/agents/${id}`);
    // Accepted, and not done: as if the master had failed in between.
    const deactivate = Promise.withResolvers<string>();
    await page.route('**/api/v1', async route => {
      deactivate.resolve(route.request().postData() ?? '');
      await route.fulfill({ status: 200 });
    });
    await (await opened(page, 'Deactivate')).waitFor();
    await done(page, 'Deactivate');
    await newsOf(page)
      .getByText('Deactivate: agent 127.0.0.1: accepted, waiting for the cluster to show it.')
      .waitFor();
    await page.clock.fastForward(15_000);
    await newsOf(page)
      .getByText(/the cluster does not show it after 15 seconds/)
      .waitFor();
    await fetch(`${cluster.master.origin}/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: await deactivate.promise,
    });
    await newsOf(page).getByText('Agent 127.0.0.1 is deactivated.').waitFor();
  });

  test('there are no barriers that axe finds in buttons and dialogues, in light and in dark', async t => {
    const { cluster, page, go } = await start(t);
    const id = await cluster.registered(cluster.agent);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await go(`/agents/${id}`);
      await page.getByRole('button', { name: 'Unreserve', exact: true }).hover();
      assert.deepEqual(await barriers(page), [], `an agent in ${colorScheme}`);
      await (await opened(page, 'Drain')).getByRole('checkbox').check();
      assert.deepEqual(await barriers(page), [], `draining in ${colorScheme}`);
      await page.keyboard.press('Escape');
    }
  });
});
