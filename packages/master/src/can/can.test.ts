/** What `/ui/can` tells of things to those who may do nothing with them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Action, openAccess } from '@meseta/daemon';
import type { Resource } from '@meseta/protocol';
import type { RunningMaster } from '../main.ts';
import { ask, registerAgent, startMasterWith } from '../testing/running-master.ts';

const denying = (...denied: Action[]): typeof openAccess => ({
  ...openAccess,
  authorize: (_principal, action) => !denied.includes(action),
});

async function reasonOf(master: RunningMaster, check: object): Promise<string | undefined> {
  const { status, text } = await ask(master, '/ui/can', {
    method: 'POST',
    body: JSON.stringify({ checks: [check] }),
  });
  assert.equal(status, 200, text);
  return JSON.parse(text).answers[0].reason;
}

test('who may do nothing with resources of a role does not learn whether there are any', async t => {
  const disk = (role?: string): Resource => ({
    ...{ name: 'disk', type: 'SCALAR', scalar: { value: 100 } },
    ...(role !== undefined && { reservations: [{ type: 'STATIC', role }] }),
  });
  const resources = [disk(), disk('has')];
  const denied = await startMasterWith(t, denying('CREATE_VOLUME', 'DESTROY_VOLUME', 'UNRESERVE_RESOURCES'));
  const { id: agent_id } = await registerAgent(t, denied, { resources });
  for (const action of ['create_volume', 'destroy_volume', 'unreserve']) {
    const [has, hasNot] = [
      await reasonOf(denied, { action, agent_id, role: 'has' }),
      await reasonOf(denied, { action, agent_id, role: 'none' }),
    ];
    assert.match(has ?? '', /denies/);
    assert.equal(hasNot, has, action);
  }
  const open = await startMasterWith(t, {});
  const { id } = await registerAgent(t, open, { resources });
  const create = { action: 'create_volume', agent_id: id };
  assert.equal(await reasonOf(open, { ...create, role: 'has' }), undefined);
  assert.equal(await reasonOf(open, { ...create, role: 'none' }), `Agent ${id} has no reserved disk for role 'none'`);
});

test('who may open no terminal does not learn whether there is such a framework', async t => {
  const check = { action: 'exec', framework_id: 'none', task_id: 'none' };
  const denied = await startMasterWith(t, denying('ATTACH_CONTAINER_INPUT'));
  assert.match((await reasonOf(denied, check)) ?? '', /denies ATTACH_CONTAINER_INPUT/);
  const open = await startMasterWith(t, {});
  assert.equal(await reasonOf(open, check), "Framework 'none' has no task 'none'");
});
