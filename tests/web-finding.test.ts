/** Finding things in the web UI: facets, groups, the palette, and keys. */
import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { barriers, buildWebUi, needsChromium, sharedBrowser } from './support/browser.ts';
import { Cluster } from './support/cluster.ts';
import { shellTask } from './support/framework.ts';

const open = sharedBrowser();
const labels = (...texts: string[]) => ({
  labels: {
    labels: texts.map(text => {
      const [key = '', value] = text.split('=');
      return { key, ...(value !== undefined && { value }) };
    }),
  },
});

describe('finding things in the web UI', needsChromium, () => {
  before(buildWebUi);

  async function scene(t: TestContext) {
    const cluster = await Cluster.start(t, { agents: [{ attributes: 'rack:a' }] });
    const framework = await cluster.framework({ name: 'marathon' });
    await framework.run(shellTask('web-1', 'sleep 1000', labels('team=web')));
    await framework.run(shellTask('web-2', 'sleep 1000', labels('team=web', 'note=two words')));
    await framework.run(shellTask('batch', 'exit 3', labels('team=data')));
    for (const id of ['web-1', 'web-2']) await framework.reaches(id, 'TASK_RUNNING');
    await framework.end('batch');
    const opened = await open();
    t.after(() => opened.page.context().close());
    const go = async (address: string) => {
      await opened.page.goto(`${cluster.master.origin}/#${address}`);
      await opened.page.getByRole('heading', { level: 1 }).waitFor();
    };
    return { ...opened, cluster, framework, go };
  }

  test('facets count what there is, and choose by the address', async t => {
    const { page, go, complaints } = await scene(t);
    await go('/tasks');
    await page.getByRole('checkbox', { name: 'State: running, 2' }).waitFor();
    await page.getByRole('checkbox', { name: 'Label: team=web, 2' }).check();
    await page.getByText('2 of 3 tasks').waitFor();
    await page.getByRole('checkbox', { name: 'State: failed, 0' }).waitFor({ state: 'detached' });
    await page.getByRole('checkbox', { name: 'Label: team=data, 1' }).check();
    await page.getByText('3 tasks', { exact: true }).waitFor();
    assert.match(decodeURIComponent(page.url()), /filter=label:=team=web,team=data$/);
    await page.reload();
    await page.getByRole('checkbox', { name: 'Label: team=data, 1' }).waitFor();
    assert.ok(await page.getByRole('checkbox', { name: 'Label: team=web, 2' }).isChecked());
    await page.getByRole('checkbox', { name: 'Label: team=web, 2' }).uncheck();
    await page.getByText('1 of 3 tasks').waitFor();
    await page.getByRole('row', { name: /^batch / }).waitFor();
    await page.getByRole('checkbox', { name: 'Label: team=data, 1' }).uncheck();
    await page.getByRole('checkbox', { name: 'Label: note=two words, 1' }).check();
    await page.getByRole('row', { name: /^web-2 / }).waitFor();
    await page.getByText('1 of 3 tasks').waitFor();
    await go('/agents');
    await page.getByRole('checkbox', { name: 'Attribute: rack=a, 1' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('rows are grouped by a column, and groups opened, in the address', async t => {
    const { page, framework, go, complaints } = await scene(t);
    await go('/tasks');
    await page.getByRole('checkbox', { name: 'State: running, 2' }).waitFor(); // what comes late moves the table
    await page.getByRole('combobox', { name: 'Group by' }).selectOption('state');
    await page.getByRole('button', { name: 'running 2' }).click();
    await page.getByRole('row', { name: /^web-1 / }).waitFor();
    assert.equal(await page.getByRole('row', { name: /^batch / }).count(), 0);
    assert.match(decodeURIComponent(page.url()), /group=state&open=\["TASK_RUNNING"\]/);
    await page.reload();
    await page.getByRole('row', { name: /^web-2 / }).waitFor();
    await framework.run(shellTask('web-3', 'sleep 1000'));
    await page.getByRole('button', { name: 'running 3' }).waitFor();
    await page.getByRole('row', { name: /^web-3 / }).waitFor();
    await page.getByRole('button', { name: 'running 3' }).click();
    await page.getByRole('row', { name: /^web-3 / }).waitFor({ state: 'detached' });
    assert.equal(await page.getByRole('table').getAttribute('aria-rowcount'), '3');
    assert.deepEqual(complaints, []);
  });

  test('an order that is chosen while the filter waits for another letter is kept', async t => {
    const { page, go, complaints } = await scene(t);
    await go('/tasks');
    await page.getByRole('row', { name: /^batch / }).waitFor();
    // In one turn of the page: no user is that fast, but a busy page is that slow.
    await page.evaluate(`{
      const input = document.querySelector('main input[type=search]');
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, 'web');
      input.dispatchEvent(new InputEvent('input', { bubbles: true }));
      document.querySelector('[role=columnheader] button').click();
    }`);
    await page.getByText('2 of 3 tasks').waitFor();
    assert.match(decodeURIComponent(page.url()), /filter=web.*sort=|sort=.*filter=web/);
    assert.equal(await page.getByRole('searchbox', { name: 'Filter tasks' }).inputValue(), 'web');
    assert.deepEqual(complaints, []);
  });

  test('what an address asks for and there is not is marked, and the rest is shown', async t => {
    const { page, go, complaints } = await scene(t);
    await go('/tasks?sort=size&desc=maybe&group=colour&open=x&filter=rack:a');
    await page.getByText('3 tasks', { exact: true }).waitFor();
    for (const part of ['sort=size', 'desc=maybe', 'group=colour', 'open=x', 'rack:a'])
      await page
        .getByRole('listitem')
        .filter({ hasText: `${part} is left out.` })
        .waitFor();
    for (const [address, ...parts] of [
      ['/roles?sort=size&group=colour', 'sort=size', 'group=colour'],
      ['/offers?sort=agent', 'sort=agent'],
      ['/metrics?window=2h&sort=size', 'window=2h', 'sort=size'],
      ['/events?sort=size', 'sort=size'],
    ] as const) {
      await go(address);
      for (const part of parts)
        await page
          .getByRole('listitem')
          .filter({ hasText: `${part} is left out.` })
          .waitFor();
    }
    assert.deepEqual(complaints, []);
  });

  test('the palette finds tasks, agents, frameworks, roles and pages by keys alone', async t => {
    const { page, framework, go, complaints } = await scene(t);
    const field = page.getByRole('combobox', { name: /^Find agents/ });
    const find = async (typed: string, option: RegExp) => {
      await page.keyboard.press('Control+k');
      await field.waitFor();
      await page.keyboard.type(typed);
      await page.getByRole('option', { name: option, selected: true }).waitFor();
      await page.keyboard.press('Enter');
      await field.waitFor({ state: 'detached' });
    };
    await go('/');
    await find('web2', /^task web-2/);
    await page.getByRole('heading', { name: 'web-2 running' }).waitFor();
    await find('marath', /^framework marathon/);
    await page.getByRole('heading', { name: 'marathon active' }).waitFor();
    await find('127.0.0.1', /^agent 127\.0\.0\.1/);
    await page.getByRole('heading', { name: '127.0.0.1 active' }).waitFor();
    await find('maint', /^page Maintenance/);
    await page.getByRole('heading', { name: 'Maintenance' }).waitFor();
    const role = framework.info.roles?.[0] ?? '*';
    await find(role, new RegExp(`^role ${role.replace('*', '\\*')}`));
    await page.getByText('3 tasks', { exact: true }).waitFor();
    await page.keyboard.press('Control+k');
    await field.waitFor();
    await page.keyboard.type('no-such-thing');
    await page.getByText("Nothing is called 'no-such-thing'.").waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.deepEqual(complaints, []);
  });

  test('pages and tables are used by keys alone', async t => {
    const { page, go, complaints } = await scene(t);
    await go('/');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).getByText('list the keys').waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.keyboard.press('t');
    await page.getByRole('heading', { name: 'Tasks' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('web');
    await page.getByText('2 of 3 tasks').waitFor();
    await page.getByRole('group', { name: 'Tasks, scrollable' }).focus();
    const focused = () => page.evaluate(`document.activeElement?.getAttribute('data-index')`);
    for (const [key, row] of [
      ['ArrowDown', '0'],
      ['j', '1'],
      ['j', '1'],
      ['Home', '0'],
      ['End', '1'],
    ] as const) {
      await page.keyboard.press(key);
      await eventually(`row ${row} after ${key}`, async () => (await focused()) === row);
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /^web-\d running/ }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('keys go on where the focus and the table were: on a page that comes, when one goes back, after scrolling', async t => {
    const { page, go, complaints } = await scene(t);
    const table = page.getByRole('group', { name: 'Metrics, scrollable' });
    const focused = async () => Number(await page.evaluate(`document.activeElement?.getAttribute('data-index') ?? -1`));
    await go('/metrics');
    await table.focus();
    await page.keyboard.press('End');
    await eventually('the last row', async () => (await focused()) > 100);
    const last = await focused();
    for (const [key, title] of [
      ['t', 'Tasks'],
      ['b', 'About this master'],
    ] as const) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await page.locator('h1:focus', { hasText: title }).waitFor();
    }
    await page.goBack();
    await page.locator('h1:focus', { hasText: 'Tasks' }).waitFor();
    await page.goBack();
    await eventually('the last row again', async () => (await focused()) === last);
    // The row that has the focus is scrolled away.
    await table.hover();
    await page.mouse.wheel(0, -100_000);
    await page.locator('.table-scroller:focus').waitFor();
    await page.mouse.wheel(0, 2000);
    await eventually('the table scrolled', async () => (await table.evaluate(each => each.scrollTop)) === 2000);
    await page.keyboard.press('ArrowDown');
    await eventually('the first row in sight', async () => (await focused()) === Math.ceil(2000 / 36));
    // For those who hear the table, or go through it by Tab.
    await eventually('the elements in the order of the rows', async () => {
      const elements = "[...document.querySelectorAll('.table-scroller [data-index]')]";
      const indexes = (await page.evaluate(`${elements}.map(each => Number(each.dataset.index))`)) as number[];
      return indexes.length > 10 && indexes.every((index, at) => index === (indexes[0] as number) + at);
    });
    const box = page.locator('[data-index]:focus').getByRole('checkbox');
    for (const key of ['Space', 'Enter']) {
      const wasChecked = await box.isChecked();
      await page.keyboard.press(key);
      await eventually(`${key} to tick it`, async () => (await box.isChecked()) !== wasChecked);
    }
    assert.deepEqual(complaints, []);
  });

  test('hostile names are found, counted and grouped as text', async t => {
    const { page, framework, go, complaints } = await scene(t);
    const hostile = '<img src=x onerror=alert(1)>"\'&';
    await framework.run(shellTask('odd', 'sleep 1000', { name: hostile, ...labels(`k=${hostile}`) }));
    await go('/tasks?group=label');
    const value = `k=${hostile.split('=')[0]}=`.slice(0, 8);
    await page.getByRole('checkbox', { name: new RegExp(`^Label: ${value}`) }).check();
    await page.getByText('1 of 4 tasks').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /^Find agents/ }).waitFor();
    await page.keyboard.type('<img');
    await page.getByRole('option', { name: /odd/ }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('has no barriers that axe finds, in light and in dark', async t => {
    const { page, go } = await scene(t);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const address of ['/tasks?filter=state:=running', '/tasks?group=label&open=["team=web"]', '/agents']) {
        await go(address);
        await page.getByRole('complementary').waitFor();
        assert.deepEqual(await barriers(page), [], `${address} in ${colorScheme}`);
      }
    }
  });
});
