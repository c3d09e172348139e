/** The web UI while agents do not answer, are unreachable, or gone: in a real browser, on real daemons. */
import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import { newsOf, opened, running, startActions } from './support/action-scene.ts';
import { barriers, buildWebUi, needsChromium, sharedBrowser } from './support/browser.ts';
import { soonUnreachable } from './support/cluster.ts';
import type { Flags } from './support/daemon.ts';

const open = sharedBrowser();

describe('agents that are away', needsChromium, () => {
  before(buildWebUi);

  async function scene(t: TestContext, master: Flags) {
    const agents = [{ hostname: 'near.example' }, { hostname: 'far.example' }];
    const started = await startActions(t, open, { master, agents });
    const { cluster, page } = started;
    const framework = await running(cluster, 'task');
    const [status] = framework.statusesOf('task');
    const agentId = status?.agent_id?.value ?? '';
    const { slaves } = await cluster.get('/slaves');
    const { hostname, pid } = slaves.find(({ id }: { id: string }) => id === agentId);
    const agent = cluster.agents.find(({ port }) => pid.endsWith(`:${port}`));
    assert.ok(agent);
    t.after(() => agent.kill('SIGCONT'));
    const said = (text: string | RegExp) => page.getByRole('main').getByText(text).first().waitFor();
    return { ...started, framework, agentId, hostname, agent, task: `/tasks/${framework.info.id?.value}/task`, said };
  }

  test('an agent that does not answer is named on each tab, and the rest is shown', async t => {
    const { page, go, agent, agentId, task, said } = await scene(t, {});
    await go(task);
    await page
      .getByRole('img', { name: 'CPUs in use' })
      .or(page.getByText(/Lines begin with/))
      .first()
      .waitFor();
    await agent.kill('SIGSTOP');
    for (const address of [task, `${task}?tab=files`, `/agents/${agentId}?tab=log`, `/agents/${agentId}`]) {
      await page.goto('about:blank');
      await go(address);
      await said('The agent has not answered yet.');
    }
    await said('The agent has not sent its numbers yet.');
    await said('unreserved');
    await agent.kill('SIGCONT');
    await page.getByRole('region', { name: 'Executors and containers' }).getByRole('cell', { name: 'task' }).waitFor();
  });

  test('an unreachable agent is listed, has a page, and is marked gone there', async t => {
    const { page, go, agent, agentId, hostname, task, said, cluster, problems } = await scene(t, soonUnreachable);
    await go(`/agents/${agentId}`);
    await page.getByRole('heading', { level: 1, name: `${hostname} active` }).waitFor();
    await agent.kill('SIGSTOP');
    // The page that is open becomes another one by itself.
    await page.getByRole('heading', { level: 1, name: `${hostname} unreachable` }).waitFor();
    await said('The agent is unreachable');
    await said(`${hostname}:${agent.port}`);
    await page.getByRole('row', { name: /task .*unreachable/ }).waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await barriers(page), [], colorScheme);
    }

    await go('/');
    await page.getByRole('link', { name: '1 agent away' }).click();
    await page.getByRole('table', { name: 'Agents that are away' }).getByRole('link', { name: hostname }).waitFor();
    await page.getByText('1 agent', { exact: true }).waitFor();

    await go('/');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /^Find agents/ }).fill(hostname);
    await page.getByRole('option', { name: `agent ${hostname} unreachable` }).click();
    await page.getByRole('heading', { level: 1, name: `${hostname} unreachable` }).waitFor();

    await go(task);
    await said('The agent cannot be reached');
    await go(`${task}?tab=files`);
    await said('The agent cannot be reached');
    await go(`${task}?tab=terminal`);
    await said(/is unreachable: a terminal needs it/);
    assert.equal(await page.getByRole('button', { name: 'Open' }).getAttribute('aria-disabled'), 'true');

    await go(`/agents/${agentId}`);
    const dialog = await opened(page, 'Mark gone');
    await dialog.getByRole('textbox').fill(agentId);
    await dialog.getByRole('button', { name: 'Mark gone' }).click();
    await dialog.waitFor({ state: 'detached' });
    await newsOf(page).getByText(`Agent ${hostname} is gone.`).waitFor();
    await page.getByRole('heading', { level: 1, name: `${agentId} gone` }).waitFor();
    await said('The agent is gone');
    await go('/agents');
    await page.getByText('1 agent', { exact: true }).waitFor();
    await page.getByRole('table', { name: 'Agents that are away' }).waitFor({ state: 'detached' });
    assert.deepEqual((await cluster.get('/ui/away-agents')).agents, []);
    await go('/agents/none');
    await page.getByRole('heading', { name: "There is no agent 'none'" }).waitFor();
    assert.deepEqual(problems(), []);
  });

  test('an agent that has not come back to a new master is listed', async t => {
    const { page, go, agent, agentId, hostname, said, cluster } = await scene(t, {});
    await agent.kill('SIGSTOP');
    await cluster.master.kill();
    await cluster.master.start();
    await go(`/agents/${agentId}`);
    await page.getByRole('heading', { level: 1, name: `${hostname} recovered` }).waitFor();
    await said('--agent_reregister_timeout');
    await agent.kill('SIGCONT');
    await page.getByRole('heading', { level: 1, name: `${hostname} active` }).waitFor();
  });
});
