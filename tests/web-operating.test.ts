/** The pages by which a cluster is operated: maintenance, events, the master itself, what an agent holds. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, describe, type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { barriers, buildWebUi, needsChromium, sharedBrowser } from './support/browser.ts';
import { Cluster, type ClusterOptions } from './support/cluster.ts';
import { shellTask } from './support/framework.ts';

const open = sharedBrowser();

describe('operating a cluster in the web UI', needsChromium, () => {
  before(buildWebUi);

  async function scene(t: TestContext, options: ClusterOptions = { agents: [{ attributes: 'rack:a' }] }) {
    const cluster = await Cluster.start(t, options);
    const opened = await open();
    t.after(() => opened.page.context().close());
    const go = async (address: string) => {
      await opened.page.goto(`${cluster.master.origin}/#${address}`);
      await opened.page.getByRole('heading', { level: 1 }).waitFor();
    };
    return { ...opened, cluster, go };
  }

  test('a machine is scheduled, taken down and brought up', async t => {
    const { page, cluster, go, complaints } = await scene(t);
    const framework = await cluster.framework();
    await framework.run(shellTask('runs', 'sleep 1000'));
    await framework.reaches('runs', 'TASK_RUNNING');
    await go('/maintenance');
    await page.getByText('No machine is in the schedule').waitFor();
    await page.getByRole('button', { name: 'Add a window' }).click();
    await page.getByRole('button', { name: 'Save the schedule' }).click();
    await page.getByText('Name at least one machine.').waitFor();
    await page.getByText('When are the machines away?').waitFor();
    assert.equal(await page.getByLabel('Machines', { exact: true }).getAttribute('aria-invalid'), 'true');
    await page.getByRole('searchbox', { name: 'Find machines by their agents' }).fill('attribute:rack=a');
    await page.getByRole('button', { name: 'Add 127.0.0.1 127.0.0.1' }).click();
    await page.getByLabel('Away from').fill('2030-01-01T10:00');
    await page.getByLabel('For', { exact: true }).fill('2 parsecs');
    await page.getByRole('button', { name: 'Save the schedule' }).click();
    await page.getByText("'2 parsecs' is no duration.").waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.getByLabel('For', { exact: true }).fill('1h 30m');
    await page.getByRole('button', { name: 'Save the schedule' }).click();
    await page.getByRole('heading', { name: 'From 2030-01-01 10:00:00, for 1 h 30 min' }).waitFor();
    await page.getByRole('row', { name: /^127.0.0.1 127.0.0.1 draining .*1 task/ }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Stop: bring all up' }).isDisabled(), true);
    await page.getByRole('button', { name: 'Start: take all down' }).click();
    const dialog = page.getByRole('dialog', { name: 'Take 1 machine down' });
    await dialog.getByText(/^Removes 1 agent, .* and ends 1 task\.$/).waitFor();
    assert.deepEqual(await barriers(page), []);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Take 127.0.0.1 127.0.0.1 down' }).click();
    await dialog.getByRole('button', { name: 'Take 1 machine down' }).click();
    await page.getByRole('row', { name: /^127.0.0.1 127.0.0.1 down none is registered/ }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Remove the window' }).isDisabled(), true);
    await page.getByRole('button', { name: 'Stop: bring all up' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Bring 1 machine up' }).click();
    await page.getByText('No machine is in the schedule').waitFor();
    assert.deepEqual(complaints, []);
  });

  test('what the master refuses is said at the field, and changes can be corrected', async t => {
    const { page, cluster, go, complaints } = await scene(t, { agents: [] });
    await go('/maintenance');
    await page.getByRole('button', { name: 'Add a window' }).click();
    await page.getByLabel('Machines', { exact: true }).fill('web1 10.0.0.1\nweb1 10.0.0.1');
    await page.getByLabel('Away from').fill('2030-01-01T10:00');
    await page.getByRole('button', { name: 'Save the schedule' }).click();
    await page
      .getByRole('alert')
      .getByText(/appears more than once in the schedule.*CALL_INVALID/s)
      .waitFor();
    const machines = page.getByLabel('Machines', { exact: true });
    await eventually('the focus', () => machines.evaluate(each => each === each.ownerDocument.activeElement));
    // What was refused is not said of what is typed since.
    await machines.fill('web1 10.0.0.1');
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await page.getByLabel('For', { exact: true }).fill('soon');
    await page.getByRole('button', { name: 'Save the schedule' }).click();
    await page.getByText("'soon' is no duration").waitFor();
    await page.getByLabel('For', { exact: true }).fill('');
    await page.getByRole('button', { name: 'Save the schedule' }).click();
    await page.getByRole('heading', { name: 'From 2030-01-01 10:00:00, without an end' }).waitFor();
    await page.getByRole('button', { name: 'Change the window' }).click();
    await page.getByLabel('Machines', { exact: true }).fill('web1 10.0.0.1\nweb2 10.0.0.2');
    await page.getByRole('button', { name: 'Save the schedule' }).click();
    await page.getByRole('row', { name: /^web2 10.0.0.2 draining/ }).waitFor();
    await page.getByRole('button', { name: 'Remove the window' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the window' }).click();
    await page.getByText('No machine is in the schedule').waitFor();
    const { windows } = await cluster.get('/maintenance/schedule');
    assert.equal(windows, undefined);
    const unexpected = complaints.filter(text => !text.includes('400 (Bad Request)'));
    assert.deepEqual(unexpected, []);
  });

  test('two who change the schedule at once keep what the other has done, and what they have typed', async t => {
    const { page, cluster, go, complaints } = await scene(t, { agents: [] });
    const window = (hostname: string) => ({
      machine_ids: [{ hostname }],
      unavailability: { start: { nanoseconds: 4_102_444_800e9 } },
    });
    const setSchedule = async (...hosts: string[]) => {
      const response = await fetch(`${cluster.master.origin}/maintenance/schedule`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ windows: hosts.map(window) }),
      });
      assert.equal(response.status, 200);
    };
    const scheduled = async (): Promise<string[]> =>
      ((await cluster.get('/maintenance/schedule')).windows as ReturnType<typeof window>[]).map(
        ({ machine_ids }) => machine_ids[0]?.hostname ?? '',
      );
    const change = (host: string) =>
      page
        .locator('.panel', { has: page.getByRole('rowheader', { name: host }) })
        .getByRole('button', { name: 'Change the window' });
    const machines = page.getByLabel('Machines', { exact: true });
    await setSchedule('a', 'b');
    await go('/maintenance');
    await change('b').focus();
    await page.keyboard.press('Enter');
    await page.locator('textarea:focus').waitFor();
    await machines.fill('bb');
    // The window before it goes: the form stays that of the other one.
    await setSchedule('b');
    await page.getByRole('rowheader', { name: 'a', exact: true }).waitFor({ state: 'detached' });
    assert.equal(await machines.inputValue(), 'bb');
    // Another one comes, and the page need not have seen it.
    await setSchedule('b', 'c');
    await page.getByRole('button', { name: 'Save the schedule' }).click();
    await machines.waitFor({ state: 'detached' });
    assert.deepEqual(await scheduled(), ['bb', 'c']);
    await page.locator('button:focus', { hasText: 'Change the window' }).waitFor();
    await change('bb').click();
    await machines.fill('bbb');
    await setSchedule('c');
    await page.getByText('Another operator has changed or removed this window meanwhile.').waitFor();
    assert.equal(await machines.inputValue(), 'bbb');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('button:focus', { hasText: 'Add a window' }).waitFor();
    await page.keyboard.press('Enter');
    await machines.fill('d 10.0.0.1 10.0.0.2');
    await page.getByLabel('Away from', { exact: true }).fill('0001-01-01T10:00');
    await page.getByRole('button', { name: 'Save the schedule' }).click();
    await page.getByText("'d 10.0.0.1 10.0.0.2' is no machine.").waitFor();
    await page.getByText('Expecting a time between the years 1678 and 2262.').waitFor();
    await machines.fill('d');
    await page.getByLabel('Away from', { exact: true }).fill('2001-01-01T10:00');
    await page.getByLabel('For', { exact: true }).fill('1 h');
    await page.getByRole('button', { name: 'Save the schedule' }).click();
    await page.getByText('This time is over.').waitFor();
    assert.deepEqual(await scheduled(), ['c', 'd']);
    assert.deepEqual(complaints, []);
  });

  test('events come live, are filtered, and stay while they are paused', async t => {
    const { page, cluster, go, complaints } = await scene(t);
    await go('/events');
    await page.getByRole('row', { name: /connected/ }).waitFor();
    const framework = await cluster.framework({ name: 'marathon' });
    await page.getByRole('row', { name: /framework added .* marathon/ }).waitFor();
    const agent_id = { value: await cluster.registered(cluster.agent) };
    for (const [call, state] of [
      [{ type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id } }, 'deactivated'],
      [{ type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id } }, 'active'],
    ] as const) {
      const headers = { 'Content-Type': 'application/json' };
      await fetch(`${cluster.master.origin}/api/v1`, { method: 'POST', headers, body: JSON.stringify(call) });
      await page
        .getByRole('row', { name: new RegExp(`agent updated ${agent_id.value} ${state} `) })
        .first()
        .waitFor();
    }
    await framework.run(shellTask('first', 'exit 3'));
    await framework.end('first');
    await page
      .getByRole('row', { name: /task updated first failed/ })
      .first()
      .waitFor();
    const { hostname } = (await (await fetch(`${cluster.agent.origin}/state`)).json()) as { hostname: string };
    const link = page.getByRole('row', { name: /task updated first failed/ }).getByRole('link', { name: hostname });
    assert.equal(await link.first().getAttribute('title'), agent_id.value);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText(/^Paused/).waitFor();
    await framework.run(shellTask('second', 'exit 3'));
    await framework.end('second');
    // Pages of one browser have their events from one worker, which has this one when another page shows it.
    const another = await page.context().newPage();
    await another.goto(`${cluster.master.origin}/#/events`);
    await another
      .getByRole('row', { name: /task updated second failed/ })
      .first()
      .waitFor();
    assert.equal(await page.getByRole('row', { name: / second / }).count(), 0);
    await page.getByRole('searchbox', { name: 'Filter events' }).fill('state:failed');
    await page.getByText(/^\d+ of \d+ events$/).waitFor();
    assert.equal(await page.getByRole('row', { name: / second / }).count(), 0);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page
      .getByRole('row', { name: /task updated second failed/ })
      .first()
      .waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('link', { name: 'second' }).first().click();
    await page.getByRole('heading', { name: 'second failed' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('the master tells its flags and version, and its log level is raised for a time', async t => {
    const { page, cluster, go, complaints } = await scene(t, { agents: [] });
    await go('/about');
    await page.getByText('The log level is 0.').waitFor();
    await page.getByRole('searchbox', { name: 'Find flags' }).fill('allocation_interval');
    await page.getByRole('row', { name: '--allocation_interval 50ms' }).waitFor();
    await page.getByRole('searchbox', { name: 'Find flags' }).fill('no-such-flag');
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await page.getByRole('row', { name: /^--work_dir/ }).waitFor();
    await page.getByLabel('Raise it to').selectOption('2');
    await page.getByRole('button', { name: 'Raise the log level' }).click();
    await page.getByText('The log level is 2: more than usual.').waitFor();
    const headers = { 'Content-Type': 'application/json' };
    const call = { method: 'POST', headers, body: '{"type":"GET_LOGGING_LEVEL"}' };
    const answer = await fetch(`${cluster.master.origin}/api/v1`, call);
    assert.deepEqual(await answer.json(), { type: 'GET_LOGGING_LEVEL', get_logging_level: { level: 2 } });
    assert.deepEqual(complaints, []);
  });

  test('a principal that may not change anything is told so before, and by the master when it tries', async t => {
    const directory = mkdtempSync(path.join(tmpdir(), 'operating-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const acls = path.join(directory, 'acls.json');
    const none = [{ principals: { type: 'ANY' }, level: { type: 'NONE' } }];
    const machines = [{ principals: { type: 'ANY' }, machines: { type: 'NONE' } }];
    writeFileSync(acls, JSON.stringify({ set_log_level: none, update_maintenance_schedules: machines }));
    const { page, go, complaints } = await scene(t, { master: { acls: `file://${acls}` }, agents: [] });
    const isDisabled = (name: string) =>
      eventually(`'${name}' is disabled`, () => page.getByRole('button', { name }).isDisabled());
    await go('/about');
    await isDisabled('Raise the log level');
    await page
      .getByText(/set_log_level/)
      .first()
      .waitFor();
    await go('/maintenance');
    await isDisabled('Add a window');
    await page
      .getByText(/update_maintenance_schedules/)
      .first()
      .waitFor();
    // The page of a master that does not tell beforehand.
    await page.route('**/ui/can', route => route.fulfill({ status: 404 }));
    await page.reload();
    await go('/about');
    await page.getByRole('button', { name: 'Raise the log level' }).click();
    await page
      .getByRole('alert')
      .getByText(/^You may not do this\./)
      .waitFor();
    await go('/maintenance');
    await page.getByRole('button', { name: 'Add a window' }).click();
    await page.getByLabel('Machines', { exact: true }).fill('web1 10.0.0.1');
    await page.getByLabel('Away from').fill('2030-01-01T10:00');
    await page.getByRole('button', { name: 'Save the schedule' }).click();
    await page
      .getByRole('alert')
      .getByText(/^You may not do this\./)
      .waitFor();
    assert.deepEqual(
      complaints.filter(text => !/40[34] \(/.test(text)),
      [],
    );
  });

  test('an agent shows its reservations, containers and maintenance', async t => {
    const { page, cluster, go, complaints } = await scene(t, {
      agents: [{ resources: 'cpus:3;cpus(web):1;mem:1024;disk:1024' }],
    });
    const id = await cluster.registered(cluster.agent);
    const framework = await cluster.framework();
    await framework.run(shellTask('runs', 'sleep 1000'));
    await framework.reaches('runs', 'TASK_RUNNING');
    await go(`/agents/${id}`);
    await page.getByRole('row', { name: /^web static 1/ }).waitFor();
    await page
      .getByRole('table', { name: 'Containers' })
      .getByRole('row', { name: / runs / })
      .waitFor();
    await page.getByText('not in the schedule').click();
    await page.getByRole('heading', { name: 'Maintenance' }).waitFor();
    await go(`/agents/${id}`);
    await cluster.agent.kill();
    await page.getByText('The containers cannot be read').waitFor();
    await page.getByRole('row', { name: /^web static 1/ }).waitFor();
    const unexpected = complaints.filter(text => !/50[234] \(/.test(text));
    assert.deepEqual(unexpected, []);
  });

  test('has no barriers that axe finds, in light and in dark', async t => {
    const { page, cluster, go } = await scene(t);
    const id = await cluster.registered(cluster.agent);
    await go('/events');
    await eventually('an event', async () => (await page.getByRole('row').count()) > 1);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const address of ['/maintenance', '/events', '/about', `/agents/${id}`]) {
        await go(address);
        assert.deepEqual(await barriers(page), [], `${address} in ${colorScheme}`);
      }
    }
  });
});
