/** What pages show after a cluster has changed in many ways: the same as a page that is opened then, and as the master's other views. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { eventually } from '@meseta/system/testing';
import type { Page } from 'playwright-core';
import { buildWebUi, needsChromium, sharedBrowser } from './support/browser.ts';
import { Cluster } from './support/cluster.ts';
import { shellTask } from './support/framework.ts';

const open = sharedBrowser();
const idle = 'exec sleep 1000';

/** The rows of the table of a page that is there already, as people read them. */
async function rowsOf(page: Page, title: string): Promise<string[]> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: title, exact: true }).click();
  const table = page.getByRole('table', { name: title });
  await table.waitFor();
  const rows = await table.getByRole('row').allInnerTexts();
  return rows.map(row => row.replace(/\s+/g, ' ').trim()).sort();
}

async function shownBy(page: Page) {
  const counted: string[] = [];
  for (const title of ['Agents', 'Frameworks', 'Tasks']) counted.push(...(await rowsOf(page, title)));
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Overview', exact: true }).click();
  for (const panel of ['Resources', 'Agents', 'Frameworks', 'Tasks']) {
    counted.push(`${panel}: ${await page.getByRole('region', { name: panel, exact: true }).textContent()}`);
  }
  return counted;
}

describe('pages tell the truth', needsChromium, () => {
  before(buildWebUi);

  test('after tasks, groups and reservations have come and gone, and a master', async t => {
    const cluster = await Cluster.start(t, { agents: [{}, {}] });
    const { master } = cluster;
    const { page } = await open();
    t.after(() => page.context().close());
    await page.goto(`${master.origin}/#/agents`);
    await page.getByText('2 agents', { exact: true }).waitFor();

    const web = await cluster.framework({ name: 'web', roles: ['web'] });
    const batch = await cluster.framework({ name: 'batch', roles: ['batch'] });
    await web.run(shellTask('same id é%', 'exit 3'));
    await web.end('same id é%');
    await batch.run(shellTask('same id é%', 'exit 0'), shellTask('again', 'exit 0'));
    await Promise.all([batch.end('same id é%'), batch.end('again')]);
    await batch.runGroup('pod', shellTask('first', idle), shellTask('second', 'exit 0'));
    await batch.reaches('first', 'TASK_RUNNING');
    await batch.end('second').catch(() => undefined);
    await web.runGroup('short', shellTask('ends', 'exit 0'));
    await web.end('ends');
    // A later task may have the id of one that has ended.
    batch.updates.length = 0;
    await batch.run(shellTask('again', idle));
    await batch.reaches('again', 'TASK_RUNNING');

    const agrees = async (when: string) => {
      const fresh = await open();
      try {
        await fresh.page.goto(master.origin);
        await fresh.page.getByRole('link', { name: /running tasks/ }).waitFor();
        let [followed, begun]: string[][] = [];
        const what = () =>
          `the same on both pages ${when}: ${followed?.filter(each => !begun?.includes(each)).join('; ')}`;
        await eventually(what, async () => {
          [followed, begun] = [await shownBy(page), await shownBy(fresh.page)];
          return isDeepStrictEqual(followed, begun);
        });
      } finally {
        await fresh.page.context().close();
      }
      const { slaves, frameworks } = await cluster.get('/state');
      const agents = await rowsOf(page, 'Agents');
      for (const { hostname, pid, used_resources: used } of slaves) {
        const row = agents.find(each => each.includes(pid.split('@')[1]));
        assert.ok(row?.includes(`${used.cpus} / 4 `), `${hostname} uses ${used.cpus}: ${row}`);
      }
      const rows = await rowsOf(page, 'Frameworks');
      for (const { name, used_resources: used, tasks } of frameworks) {
        const row = rows.find(each => each.startsWith(`${name} `));
        const shown = `${tasks.length} ${used.cpus} ${used.mem} MB`;
        assert.ok(row?.includes(shown), `${name} has ${shown}: ${row}`);
      }
    };
    await agrees('at first');

    await master.kill();
    await master.start();
    for (const agent of cluster.agents) await cluster.registered(agent);
    for (const framework of [web, batch]) await framework.connected();
    await agrees('under another master');
    const tasks = await rowsOf(page, 'Tasks');
    assert.ok(
      tasks.some(row => /^same id é% .*failed/.test(row)),
      `the past is there: ${tasks}`,
    );
    assert.ok(
      tasks.some(row => /^again .*running/.test(row)),
      `the later task is shown: ${tasks}`,
    );
  });
});
