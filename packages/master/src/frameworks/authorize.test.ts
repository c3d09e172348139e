import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordingAccess } from '@meseta/daemon/testing';
import { eventually } from '@meseta/system/testing';
import { startSchedulingMaster } from '../testing/scheduling-master.ts';
import { SimulatedAgent } from '../testing/simulated-agent.ts';
import { TestScheduler } from '../testing/test-scheduler.ts';

for (const wait of [undefined, () => Promise.resolve()]) {
  const when = wait ? 'later' : 'at once';

  test(`a framework that may not register is told so ${when}`, async t => {
    const access = recordingAccess(wait ? { wait } : {});
    const { context, address } = await startSchedulingMaster(t, { access });
    access.refuse(action => action === 'REGISTER_FRAMEWORK');
    const scheduler = await TestScheduler.subscribe(t, address, { roles: ['web', 'db'] });
    const { error } = await scheduler.next('ERROR');
    assert.equal(error?.message, "Not authorized to use roles '{ db, web }'");
    await scheduler.end();
    assert.equal(context.cluster.frameworks.size, 0);
    assert.deepEqual(access.asked, ['realm mesos-master-scheduler', 'REGISTER_FRAMEWORK']);
  });

  test(`a framework that may not be what it wants to be stays what it is, ${when}`, async t => {
    const access = recordingAccess(wait ? { wait } : {});
    const { context, address } = await startSchedulingMaster(t, { access });
    const scheduler = await TestScheduler.start(t, address, { roles: ['web'] });
    const framework = context.cluster.frameworks.get(scheduler.frameworkId);
    assert.ok(framework);
    access.refuse(action => action === 'REGISTER_FRAMEWORK');
    const update_framework = { framework_info: { ...framework.info, roles: ['web', 'db'] } };
    const answer = await scheduler.call({ type: 'UPDATE_FRAMEWORK', update_framework });
    assert.equal(answer.status, 403);
    assert.deepEqual(framework.roles, ['web']);
  });

  test(`an agent that may not join is not answered, and joins when it may, ${when}`, async t => {
    const access = recordingAccess(wait ? { wait } : {});
    const { context, address } = await startSchedulingMaster(t, { access });
    access.refuse(action => action === 'REGISTER_AGENT');
    const agent = await SimulatedAgent.start({ master: address });
    t.after(() => agent.stop());
    const registered = agent.register();
    await eventually(
      () => 'the question',
      () => access.asked.includes('REGISTER_AGENT'),
    );
    assert.equal(context.cluster.agents.size, 0);
    access.refuse(() => false);
    void agent.register();
    await registered;
    assert.equal(context.cluster.agents.size, 1);
  });
}
