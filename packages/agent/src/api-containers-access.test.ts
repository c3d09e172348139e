/** Who may do what with containers launched by the API. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordingAccess } from '@meseta/daemon/testing';
import type { ContainerID } from '@meseta/protocol';
import { AgentCalls } from './testing/agent-calls.ts';
import { frameworkId } from './testing/scripted-master.ts';
import { bench, startAgentWith } from './testing/test-agent.ts';

test('authorization is asked about a container with its executor and framework, and decides what is shown', async t => {
  const at = await bench(t);
  const access = recordingAccess();
  const agent = await startAgentWith(at, access);
  at.onEnd(() => agent.shutdown());
  const calls = new AgentCalls(`http://127.0.0.1:${agent.port}`);
  at.onEnd(() => {
    access.refuse(() => false);
    return calls.endAll();
  });
  at.master.command('task', 'exec sleep 600');
  const { status } = await at.master.until('task', 'TASK_RUNNING');
  const parent = status.container_status?.container_id as ContainerID;
  const [nested, alone] = [{ value: 'nested', parent }, { value: 'alone' }];
  const below = { value: 'below', parent: alone };
  const command = { user: agent.context.agent.executors().next().value?.user ?? 'root' };

  const objects = new Map<string, unknown>();
  access.refuse((action, object) => {
    objects.set(action, object);
    return action !== 'VIEW_CONTAINER' && action !== 'VIEW_STANDALONE_CONTAINER' && action !== 'RUN_TASK';
  });
  for (const id of [nested, alone]) {
    const answers = [calls.launch(id, 'true', { command }), calls.wait(id), calls.kill(id), calls.remove(id)];
    for (const answer of answers) assert.equal((await answer).status, 403);
  }
  const executor = [...agent.context.agent.executors()][0];
  const { framework_info, ...launched } = objects.get('LAUNCH_NESTED_CONTAINER') as { framework_info: { id: object } };
  assert.deepEqual(framework_info.id, { value: frameworkId });
  const executor_info = executor?.info;
  assert.deepEqual(launched, { container_id: nested, executor_info, command_info: { value: 'true', ...command } });
  assert.deepEqual(objects.get('LAUNCH_STANDALONE_CONTAINER'), {
    ...{ container_id: alone, command_info: { value: 'true', ...command } },
  });
  for (const verb of ['WAIT', 'KILL', 'REMOVE']) {
    assert.deepEqual(objects.get(`${verb}_STANDALONE_CONTAINER`), { container_id: alone });
    assert.deepEqual(
      (objects.get(`${verb}_NESTED_CONTAINER`) as { executor_info: object }).executor_info,
      executor_info,
    );
  }

  access.refuse(() => false);
  for (const id of [nested, alone, below]) assert.equal((await calls.launch(id, 'exec sleep 600')).status, 200);
  const shown = async (hidden: string) => {
    access.refuse(action => action === hidden);
    const all = { show_nested: true, show_standalone: true };
    const { reply } = await calls.call({ type: 'GET_CONTAINERS', get_containers: all });
    return reply?.get_containers?.containers?.map(({ container_id }) => container_id);
  };
  assert.deepEqual(await shown(''), [parent, nested, alone, below]);
  assert.deepEqual(await shown('VIEW_CONTAINER'), [alone, below]);
  assert.deepEqual(await shown('VIEW_STANDALONE_CONTAINER'), [parent, nested]);
});
