/** The page of roles in a real browser, on real daemons. */
import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { done, newsOf, opened, running, startActions } from './support/action-scene.ts';
import { barriers, buildWebUi, needsChromium, sharedBrowser } from './support/browser.ts';
import type { Cluster, ClusterOptions } from './support/cluster.ts';

const open = sharedBrowser();
const start = (t: TestContext, options?: ClusterOptions) => startActions(t, open, options);

interface Role {
  readonly name: string;
  readonly weight: number;
  readonly quota: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const roleOf = async (cluster: Cluster, name: string): Promise<Role | undefined> =>
  ((await cluster.get('/roles')).roles as Role[]).find(role => role.name === name);

describe('roles in the web UI', needsChromium, () => {
  before(buildWebUi);

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

    await page
      .getByRole('group', { name: /another role/i })
      .getByRole('button', { name: 'Quota' })
      .click();
    dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Role' }).fill('*');
    await field(/^Limit/, 'CPUs').fill('1');
    await page.keyboard.press('Enter');
    await dialog.getByText('The role * cannot have a quota.').waitFor();
    assert.equal(await dialog.getByRole('textbox', { name: 'Role' }).getAttribute('aria-invalid'), 'true');
    await page.keyboard.press('Escape');

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

  test('roles that cannot be read are said to be old, and are read again', async t => {
    const { cluster, page, go } = await start(t);
    let asked = 0;
    await page.route('**/roles', route => {
      asked++;
      return route.fulfill({ status: 503, body: 'The master is recovering' });
    });
    await go('/roles');
    await page.getByText('The roles cannot be read', { exact: true }).waitFor();
    await page.getByText('The master is recovering').waitFor();
    const before = asked;
    await page.getByRole('button', { name: 'Try again' }).click();
    await eventually('another attempt', () => asked > before);
    await page.unroute('**/roles');
    await page.getByText('A role is here when a framework subscribes to it').waitFor();
    const framework = await cluster.framework({ roles: ['web'] });
    await eventually('its role', () => framework.isConnected);
    await page.getByRole('row', { name: /^web/ }).waitFor();
    await cluster.master.kill();
    await page.getByText(/The roles cannot be read, what is shown is from (\S+ )?\d\d:\d\d:\d\d/).waitFor();
    await page.getByRole('row', { name: /^web/ }).waitFor();
    await cluster.master.start();
    await page.getByText(/The roles cannot be read/).waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /^web/ }).waitFor();
  });

  test('there are no barriers that axe finds, in light and in dark', async t => {
    const { cluster, page, go, problems } = await start(t);
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
      await page.keyboard.press('Escape');
    }
    assert.deepEqual(problems(), []);
  });
});
