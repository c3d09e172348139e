/** Files of tasks in the web UI: directories, and the view of one file, in a real browser, on real daemons. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { before, describe, type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { barriers, buildWebUi, needsChromium, sharedBrowser } from './support/browser.ts';
import { Cluster, type ClusterOptions } from './support/cluster.ts';
import { shellTask } from './support/framework.ts';

const open = sharedBrowser();
const hostile = '<img src=x onerror=alert(1)> "\'&?#%';

describe('files of tasks', needsChromium, () => {
  before(buildWebUi);

  async function scene(t: TestContext, line: string, options: ClusterOptions = {}) {
    const cluster = await Cluster.start(t, options);
    const framework = await cluster.framework();
    await framework.run(shellTask('task', `${line}; sleep 1000`));
    const { agent_id } = await framework.reaches('task', 'TASK_RUNNING');
    const opened = await open({ viewport: { width: 1300, height: 900 } });
    const { page } = opened;
    t.after(() => page.context().close());
    const task = `/tasks/${framework.info.id?.value}/task`;
    const go = (address: string) => page.goto(`${cluster.master.origin}/#${address}`);
    return { ...opened, cluster, framework, task, go, agentId: agent_id?.value ?? '' };
  }

  test('lists directories, in the address, and opens and downloads what is in them', async t => {
    const make = `mkdir -p dir/inner empty; echo hello > dir/inner/a.txt; seq 3 > dir/b10; seq 30 > dir/b9; echo x > dir/'${hostile.replaceAll("'", "'\\''")}'; head -c 300000 /dev/urandom > dir/binary; echo made`;
    const { page, task, go, complaints } = await scene(t, make);
    await go(task);
    await page.getByRole('log').getByText('made').waitFor();
    await page.getByRole('link', { name: 'Files' }).click();
    await page.getByRole('button', { name: 'stdout' }).waitFor();
    await page.getByRole('button', { name: 'dir/' }).click();
    await page.waitForURL(/tab=files&path=dir$/);
    const names = () => page.getByRole('row').getByRole('cell').getByRole('button').allTextContents();
    await eventually('the names', async () => (await names()).join('|') === `inner/|${hostile}|b9|b10|binary`);
    await page.getByRole('button', { name: 'Size' }).click();
    await eventually('by size', async () => (await names()).at(-1) === 'binary');
    await page.getByRole('row', { name: /^b9 1 kB .* -rw/ }).waitFor();
    await page.getByRole('button', { name: hostile }).click();
    await page.getByRole('log', { name: hostile }).getByText('x', { exact: true }).waitFor();
    await page.getByRole('navigation', { name: 'Directory' }).getByRole('button', { name: 'dir' }).click();
    await page.getByRole('button', { name: 'binary' }).click();
    await page.getByRole('log', { name: 'binary' }).waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    const stored = await (await download).path();
    assert.equal(readFileSync(stored).length, 300_000);
    await page.goBack();
    await page.getByRole('button', { name: 'inner/' }).click();
    await page.getByRole('button', { name: 'a.txt' }).click();
    await page.getByRole('log').getByText('hello').waitFor();
    await page.reload();
    await page.getByRole('log').getByText('hello').waitFor();
    await page.getByRole('navigation', { name: 'Directory' }).getByRole('button', { name: 'sandbox' }).click();
    await page.getByRole('button', { name: 'empty/' }).click();
    await page.getByText('The directory is empty').waitFor();
    assert.deepEqual(complaints, []);
  });

  test('opens a file of 10 GB at its end', async t => {
    // Only its end takes space on disk.
    const make = "truncate -s 10G large.log; printf '\\nthe last line\\n' >> large.log; echo made";
    const { page, task, go, complaints } = await scene(t, make);
    await go(task);
    await page.getByRole('log').getByText('made').waitFor();
    await page.getByRole('link', { name: 'Files' }).click();
    await page.getByRole('button', { name: 'large.log' }).click();
    await page.getByRole('log', { name: 'large.log' }).getByText('the last line', { exact: true }).waitFor();
    await page.getByText(/^10 GB/).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('finds what links of others name', async t => {
    const { page, task, go, agentId, cluster, complaints } = await scene(
      t,
      'mkdir dir; echo hello > dir/a.txt; echo made',
    );
    await go(task);
    await page.getByRole('log').getByText('made').waitFor();
    const [framework] = /[^/]+(?=\/task$)/.exec(task) ?? [];
    const executor = `/agents/${agentId}/frameworks/${framework}/executors/task`;
    const sandbox = path.join(
      cluster.directory,
      `agent-1/slaves/${agentId}/frameworks/${framework}/executors/task/runs/latest`,
    );
    for (const address of [
      `${executor}/browse`,
      `${executor}/browse?path=${encodeURIComponent(sandbox)}`,
      `/slaves/${agentId}/browse?path=${encodeURIComponent(sandbox)}`,
    ]) {
      await go(address);
      await page.getByRole('button', { name: 'dir/' }).click();
      await page.getByRole('button', { name: 'a.txt' }).click();
      await page.getByRole('log').getByText('hello').waitFor();
    }
    await go(`${task}?tab=files&at=x`);
    await page.getByText("'x' is no place in a file").waitFor();
    assert.deepEqual(complaints, []);
  });

  test('says that the agent is away, and that the sandbox is gone', async t => {
    const { page, task, go, cluster } = await scene(t, 'mkdir dir; echo made');
    await go(`${task}?tab=files`);
    await page.getByRole('button', { name: 'dir/' }).waitFor();
    await cluster.agent.kill();
    await page.getByRole('button', { name: 'Read it again' }).click();
    await page.getByRole('alert').getByText('The agent cannot be reached').waitFor();
    await page.getByRole('button', { name: 'dir/' }).waitFor();
    await cluster.agent.start();
    await cluster.registered(cluster.agent);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    rmSync(path.join(cluster.directory, 'agent-1/slaves'), { recursive: true });
    await page.getByRole('button', { name: 'Read it again' }).click();
    await page.getByRole('alert').getByText('The sandbox is not there').waitFor();
  });

  test('says whether a file or the whole sandbox is not there, and which of the two the task did', async t => {
    const { page, task, go, framework } = await scene(t, 'mkdir dir; echo made', { agents: [{ gc_delay: '1secs' }] });
    const said = (words: string) => page.getByRole('alert').getByText(words).waitFor();
    await go(`${task}?tab=files&path=dir&file=none.txt`);
    await said('The sandbox has no such file');
    await said('The task has not written it yet');
    assert.equal(await page.getByRole('link', { name: 'Download' }).count(), 0);
    assert.equal(await page.getByRole('searchbox').count(), 0);
    await go(`${task}?tab=files&path=none`);
    await said('The sandbox has no such directory');
    await go(`${task}?tab=files&path=/etc`);
    await said('The agent shows no such directory');
    await go(task);
    await page.getByRole('log').getByText('made').waitFor();
    await framework.call({ type: 'KILL', kill: { task_id: { value: 'task' } } });
    await framework.end('task');
    const again = page.getByRole('button', { name: 'Try again' });
    for (const address of [`${task}?tab=files`, task, `${task}?file=stderr`]) {
      await go(address);
      await eventually('the end of the sandbox', async () => {
        await again.click({ timeout: 1000 }).catch(() => undefined);
        const text = (await page.getByRole('main').textContent()) ?? '';
        if (!text.includes('The sandbox was garbage-collected')) await page.reload();
        return text.includes('The sandbox was garbage-collected') && text.includes('--gc_delay');
      });
    }
    await page.getByRole('heading', { name: 'task killed' }).waitFor();
  });

  test('says of the log of an agent that it writes none, and which flag changes that', async t => {
    const { page, go, agentId, cluster } = await scene(t, 'true');
    await go(`/agents/${agentId}?tab=log`);
    await page.getByRole('alert').getByText('This agent writes no log file').waitFor();
    await page.getByText('--log_dir=DIRECTORY').waitFor();
    assert.doesNotMatch((await page.getByRole('main').textContent()) ?? '', /garbage-collected|sandbox/);
    const logs = path.join(cluster.directory, 'logs');
    const agent = await cluster.addAgent({ log_dir: logs });
    const id = await cluster.registered(agent);
    await go(`/agents/${id}?tab=log`);
    await page.getByRole('log').getByText('Starting an agent').waitFor();
    rmSync(logs, { recursive: true });
    await page.reload();
    await page.getByRole('alert').getByText('The log file is not there').waitFor();
    await page.getByText(`--log_dir=${logs}`).waitFor();
  });

  test('says why files may not be read, in their place', async t => {
    const acls = JSON.stringify({ access_sandboxes: [{ principals: { type: 'ANY' }, users: { type: 'NONE' } }] });
    const { page, task, go } = await scene(t, 'echo made', { master: { acls } });
    for (const address of [task, `${task}?tab=files`]) {
      await go(address);
      await page.getByText('The files of this task cannot be read').waitFor();
      await page.getByText(/'access_sandboxes' of the master's --acls does not allow it/).waitFor();
      await page.getByRole('heading', { name: 'task running' }).waitFor();
    }
  });

  test('finds a text in the whole file, and links to its lines', async t => {
    const { page, task, go, complaints } = await scene(
      t,
      "seq -f 'line %.0f of the file' 200000; echo 'the needle is here'; seq -f 'line %.0f after it' 50000; echo made",
    );
    await go(task);
    const log = page.getByRole('log', { name: 'stdout of task' });
    await log.getByText('made', { exact: true }).waitFor();
    const find = page.getByRole('searchbox', { name: 'Find in the whole file' });
    await find.fill('NEEDLE');
    await find.press('Enter');
    await page.getByText('line 1 of 1').waitFor();
    await log.getByText('the needle is here').waitFor();
    assert.equal(await log.locator('[aria-current]').textContent(), 'the needle is here');
    await page.waitForURL(/at=\d+$/);
    await page.reload();
    await log.getByText('the needle is here').waitFor();
    assert.equal(await log.locator('[aria-current]').textContent(), 'the needle is here');
    // Later and earlier lines come as one scrolls.
    await log.evaluate(element => element.scrollBy(0, 400));
    await log.getByText('line 10 after it', { exact: true }).waitFor();
    await find.fill('line 19999');
    await find.press('Enter');
    await page.getByText('line 12 of 12').waitFor();
    await page.getByRole('button', { name: 'Previous' }).click();
    await page.getByText('line 11 of 12').waitFor();
    await log.getByText('line 199999 of the file').waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('line 12 of 12').waitFor();
    await find.fill('nothing like this');
    await find.press('Enter');
    await page.getByText('no line contains it').waitFor();
    await page.getByRole('button', { name: 'Go to the beginning' }).click();
    await log.getByText('line 1 of the file', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Link to the first line that is seen' }).click();
    await page.waitForURL(/at=0$/);
    await page.getByRole('button', { name: 'Go to the end and follow' }).click();
    await log.getByText('made', { exact: true }).waitFor();
    await log.getByText('line 50000 after it').hover();
    await log
      .locator('.log-line', { hasText: 'line 50000 after it' })
      .getByRole('button', { name: 'Link to this line' })
      .click();
    await log.locator('[aria-current]', { hasText: 'line 50000 after it' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('has no barriers that axe finds, in light and in dark', async t => {
    const { page, task, go } = await scene(t, 'mkdir dir; seq 1000; echo made');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const [address, name] of [
        [`${task}?tab=files`, 'dir/'],
        [`${task}?tab=files&file=stdout&at=20`, 'Pause|follow'],
      ] as const) {
        await go(address);
        await page.getByRole('button', { name: new RegExp(name) }).waitFor();
        assert.deepEqual(await barriers(page), [], `${address} in ${colorScheme}`);
      }
    }
  });
});
