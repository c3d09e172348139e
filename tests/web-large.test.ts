/** Things in the web UI that have more of something than fits: in a real browser, on real daemons. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { startActions } from './support/action-scene.ts';
import { barriers, buildWebUi, needsChromium, sharedBrowser } from './support/browser.ts';
import { executorTask } from './support/executor-task.ts';

const open = sharedBrowser();

describe('what does not fit', needsChromium, () => {
  before(buildWebUi);

  test('a task with hundreds of labels and statuses shows some, and the others on demand', async t => {
    const { cluster, page, go, problems } = await startActions(t, open);
    const framework = await cluster.framework();
    const labels = Array.from({ length: 200 }, (_, index) => ({ key: `key-${index}`, value: 'x'.repeat(300) }));
    const task = executorTask(framework, 'restless', 'restless-executor.mjs');
    await framework.run({ ...task, name: 'n'.repeat(300), labels: { labels } });
    await framework.reaches('restless', 'TASK_STARTING');
    await go(`/tasks/${framework.info.id?.value}/restless`);
    await page.getByText('change 100', { exact: true }).waitFor();
    const listed = (name: string) => page.getByRole('list', { name }).getByRole('listitem').count();
    assert.equal(await listed('Labels'), 20);
    assert.equal(await listed('Statuses'), 30);
    assert.deepEqual(await barriers(page), []);
    await page.getByRole('button', { name: 'Show the other 180 labels' }).click();
    assert.equal(await listed('Labels'), 200);
    await page.getByRole('button', { name: /^Show the \d+ statuses before these$/ }).click();
    await page.getByRole('button', { name: /statuses before these/ }).waitFor({ state: 'detached' });
    assert.ok((await listed('Statuses')) > 30);
    await page.setViewportSize({ width: 1000, height: 900 });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), 0);
    assert.deepEqual(problems(), []);
  });
});
