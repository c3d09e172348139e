/** A built-in framework leaves the roles in which it does nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, RunTaskMessage, StatusUpdateMessage } from '@meseta/protocol';
import { eventually, FakeClock } from '@meseta/system/testing';
import { startSchedulingMaster } from '../testing/scheduling-master.ts';
import { update } from '../testing/tasks-of-agents.ts';
import { idleRoleMs } from './run-framework.ts';
import { RunFrameworks } from './run-frameworks.ts';
import { readRunRequest } from './run-request.ts';

const request = (role: string) => readRunRequest({ command: 'true', role }, 'nobody');

test('a role is left some time after its last task waited or ran in it, and not before', async t => {
  const clock = new FakeClock();
  const master = await startSchedulingMaster(t, { clock });
  const { cluster } = master.context;
  const frameworks = new RunFrameworks(master.context);
  t.after(() => frameworks.close());
  const own = frameworks.of('ops');
  const roles = () => own.framework?.roles;
  const [waits = ''] = own.run(request('waits'));
  const [runs = ''] = own.run(request('runs'));
  clock.advance(idleRoleMs);
  assert.deepEqual(roles(), ['waits', 'runs']);

  const agent = await master.agent();
  const agentId = agent.id ?? '';
  master.grantAll(own.id, agentId, 'runs');
  assert.equal(decode(RunTaskMessage, (await agent.next('RunTaskMessage')).body).task.task_id.value, runs);
  own.cancel(waits, 'enough');
  clock.advance(idleRoleMs - 1);
  assert.deepEqual(roles(), ['waits', 'runs']);
  clock.advance(1);
  assert.deepEqual(roles(), ['runs']);

  const finished = update(agentId, runs, 'TASK_FINISHED', 'AAAAAAAAAAAAAAAAAAAAAA==', 'TASK_FINISHED');
  agent.send(StatusUpdateMessage, { ...finished, update: { ...finished.update, framework_id: { value: own.id } } });
  await eventually('the end of the task', () => own.framework?.tasks.size === 0);
  assert.deepEqual(roles(), ['runs']);
  clock.advance(idleRoleMs);
  assert.deepEqual(roles(), []);
  assert.equal(cluster.frameworks.get(own.id), own.framework);

  const [again = ''] = own.run(request('runs'));
  assert.deepEqual(roles(), ['runs']);
  master.grantAll(own.id, agentId, 'runs');
  assert.equal(decode(RunTaskMessage, (await agent.next('RunTaskMessage')).body).task.task_id.value, again);
});
