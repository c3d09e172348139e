import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordingAccess } from '@meseta/daemon/testing';
import { KillTaskMessage, type TaskInfo } from '@meseta/protocol';
import { frameworkId } from '../testing/scripted-master.ts';
import { bench, startAgentWith } from '../testing/test-agent.ts';

test('the agent asks again whether a task may run: one that may not is an error, others run', async t => {
  const at = await bench(t);
  const access = recordingAccess();
  const agent = await startAgentWith(at, access);
  at.onEnd(() => agent.shutdown());
  access.refuse((action, object) => {
    const { task_info } = object as { task_info?: TaskInfo };
    return action === 'RUN_TASK' && task_info?.task_id.value === 'refused';
  });
  at.master.command('refused', 'true', { command: { value: 'true', user: 'root' } });
  const { status } = await at.master.until('refused', 'TASK_ERROR');
  assert.equal(status.reason, 'REASON_TASK_UNAUTHORIZED');
  assert.equal(status.message, "Not authorized to launch as user 'root'");
  assert.deepEqual([...agent.context.agent.executors()], []);
  at.master.command('allowed', 'true');
  await at.master.until('allowed', 'TASK_FINISHED');
  assert.deepEqual(access.asked, ['RUN_TASK', 'RUN_TASK']);
});

test('a kill does not overtake the task it is about, however long the answer takes', async t => {
  const at = await bench(t);
  const gate = Promise.withResolvers<void>();
  const agent = await startAgentWith(at, recordingAccess({ wait: () => gate.promise }));
  at.onEnd(() => agent.shutdown());
  at.master.command('killed', 'sleep 600');
  at.master.send(KillTaskMessage, { framework_id: { value: frameworkId }, task_id: { value: 'killed' } });
  at.master.command('last', 'true');
  gate.resolve();
  await at.master.until('last', 'TASK_FINISHED');
  await at.master.until('killed', 'TASK_KILLED');
});
