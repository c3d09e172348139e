/** The page that runs a task, in a real browser, on real daemons. */
import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { barriers, buildWebUi, needsChromium, sharedBrowser, type WatchedPage } from './support/browser.ts';
import { Cluster, type ClusterOptions } from './support/cluster.ts';

const open = sharedBrowser();

describe('the page that runs a task', needsChromium, () => {
  before(buildWebUi);

  async function scene(t: TestContext, options: ClusterOptions = {}): Promise<WatchedPage & { cluster: Cluster }> {
    const cluster = await Cluster.start(t, options);
    const opened = await open();
    t.after(() => opened.page.context().close());
    await opened.page.goto(`${cluster.master.origin}/#/run`);
    await opened.page.getByRole('heading', { name: 'Run a task' }).waitFor();
    return { ...opened, cluster };
  }

  test('goes to the page of the task that it runs', async t => {
    const { page, complaints } = await scene(t);
    await page.getByLabel('Command', { exact: true }).fill('echo $WHO; exec sleep 1000');
    await page.getByLabel('Name').fill('typed');
    await page.getByLabel('Environment').fill('WHO=<b>me</b>');
    await page.getByLabel('Labels').fill('team=x');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('heading', { name: /^typed-[0-9a-f]{8} (staging|starting|running)$/ }).waitFor();
    await page.getByText('<b>me</b>').waitFor();
    await page.getByText('team=x').waitFor();
    assert.match(page.url(), /#\/tasks\/meseta-run\/typed-/);
    assert.deepEqual(complaints, []);
  });

  test('says at the field what the master refuses, and keeps what was typed', async t => {
    const { page, complaints, cluster } = await scene(t);
    const command = page.getByLabel('Command', { exact: true });
    const send = page.getByRole('button', { name: 'Run', exact: true });
    const problem = async (label: string, words: RegExp) => {
      const field = page.getByLabel(label, { exact: true });
      await eventually(`the problem of ${label}`, async () => (await field.getAttribute('aria-invalid')) === 'true');
      await page.getByText(words).waitFor();
      await eventually('it has the focus', () =>
        field.evaluate(element => element === element.ownerDocument.activeElement),
      );
    };
    await page.getByLabel('CPUs').fill('many');
    await send.click();
    await problem('Command', /^'command' is missing: give a command or an image$/);
    await command.fill('exec sleep 1000');
    await send.click();
    await problem('CPUs', /^'resources.cpus' is "many"; allowed: a number of at least 0$/);
    await page.getByLabel('CPUs').fill('0.5');
    await page.getByLabel('Environment').fill('NOTHING');
    await send.click();
    await problem('Environment', /^'NOTHING' is not of the form NAME=VALUE$/);
    await page.getByLabel('Environment').fill('');
    await page.getByLabel('A Docker image').check();
    await send.click();
    await problem('Image', /^'image.name' is missing$/);
    await page.getByLabel('A command').check();
    await page.getByLabel('Role', { exact: true }).fill('a b');
    await send.click();
    await problem('Role', /Role component 'a b' is invalid/);
    await page.getByLabel('Role', { exact: true }).fill('');
    assert.equal(await command.inputValue(), 'exec sleep 1000');
    // Refusals are logged by the browser; nothing else is.
    assert.deepEqual(
      complaints.filter(words => !/status of 400/.test(words)),
      [],
    );
    assert.deepEqual((await cluster.get('/frameworks')).frameworks, []);

    // By the keyboard alone.
    await page.getByLabel('CPUs').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /^run-[0-9a-f]{8} / }).waitFor();
  });

  test('shows that a task waits, and why it was not launched', async t => {
    const { page, complaints } = await scene(t);
    await page.getByLabel('Command', { exact: true }).fill('true');
    await page.getByLabel('CPUs').fill('1000');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByText(/^run-[0-9a-f]{8} waits for resources$/).waitFor();
    const times = (await page.getByText(/given up at/).textContent()) ?? '';
    // The time of day, and not that of the master's other clock, which counts from its start.
    assert.match(times, new RegExp(`^Since (${new Date().getFullYear()}-\\d\\d-\\d\\d )?\\d\\d:\\d\\d:\\d\\d; `));
    assert.deepEqual(await barriers(page), []);
    // The question of the page Why is about what was asked for.
    const why = await page.getByRole('link', { name: 'Why is it not placed?' }).getAttribute('href');
    assert.match(why ?? '', /framework=meseta-run&role=\*&cpus=(%22)?1000(%22)?&mem=(%22)?32/);
    await page.getByRole('button', { name: 'Give it up' }).click();
    const refused = page.getByRole('alert').filter({ hasText: 'Killed before its launch by an operator' });
    await refused.waitFor();
    // It is above the fields, and the button below: the page goes there.
    await eventually('the focus', () => refused.evaluate(each => each === each.ownerDocument.activeElement));
    assert.equal(await page.getByLabel('CPUs').inputValue(), '1000');
    assert.deepEqual(complaints, []);
  });

  test('goes to the framework of several tasks', async t => {
    const { page, complaints } = await scene(t);
    await page.getByLabel('Command', { exact: true }).fill('exec sleep 1000');
    await page.getByLabel('How many tasks').fill('3');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('heading', { name: 'meseta run active' }).waitFor();
    await page.getByText('3 tasks', { exact: true }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('what another may do is refused in words', async t => {
    const acls = { register_frameworks: [{ principals: { type: 'ANY' }, roles: { type: 'NONE' } }] };
    const { page } = await scene(t, { agents: [], master: { acls: JSON.stringify(acls) } });
    await page.getByText(/'register_frameworks' of the master's --acls does not allow it/).waitFor();
    const send = page.getByRole('button', { name: 'Run', exact: true });
    assert.equal(await send.getAttribute('aria-disabled'), 'true');
    // Of a master that does not tell beforehand.
    await page.route('**/ui/can', route => route.fulfill({ status: 404 }));
    await page.reload();
    await page.getByLabel('Command', { exact: true }).fill('true');
    await send.click();
    await page.getByRole('alert').getByText('NOT_AUTHORIZED').waitFor();
    assert.equal(await page.getByLabel('Command', { exact: true }).inputValue(), 'true');
  });

  test('sends nothing while the master is away, and then what was typed', async t => {
    const { page, cluster } = await scene(t);
    await page.getByLabel('Command', { exact: true }).fill('exec sleep 1000');
    await cluster.master.kill();
    await page.getByText(/The page is not connected to the master/).waitFor();
    const send = page.getByRole('button', { name: 'Run', exact: true });
    assert.equal(await send.getAttribute('aria-disabled'), 'true');
    await cluster.master.start();
    await cluster.registered(cluster.agent);
    await eventually('the master to be there', async () => {
      const retry = page.getByRole('button', { name: 'Try now' });
      if (await retry.isVisible()) await retry.click({ timeout: 1000 }).catch(() => undefined);
      return (await send.getAttribute('aria-disabled')) === 'false';
    });
    await send.click();
    await page.getByRole('heading', { name: /^run-[0-9a-f]{8} / }).waitFor();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`has no barriers when ${colorScheme}, with problems shown and at 200 %`, async t => {
      const { page } = await scene(t, { agents: [] });
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width: 640, height: 480 });
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByText(/^'command' is missing/).waitFor();
      assert.deepEqual(await barriers(page), []);
    });
  }
});
