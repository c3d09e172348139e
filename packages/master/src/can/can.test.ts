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
  const denied = await startMasterWith(
    t,
    denying('CREATE_VOLUME', 'RESIZE_VOLUME', 'DESTROY_VOLUME', 'UNRESERVE_RESOURCES'),
  );
  const { id: agent_id } = await registerAgent(t, denied, { resources });
  for (const action of ['create_volume', 'resize_volume', 'destroy_volume', 'unreserve']) {
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

test('a task that waits can be killed, by whom its own user allows', async t => {
  const isMine = (task: object | undefined) => (task as { command?: { user?: string } })?.command?.user === 'mine';
  const authorize: typeof openAccess.authorize = (_principal, action, object) =>
    action !== 'KILL_TASK' || isMine((object as { task?: object }).task);
  const master = await startMasterWith(t, { ...openAccess, authorize });
  const reasonsOf: (string | undefined)[] = [];
  for (const user of ['mine', 'other']) {
    const body = JSON.stringify({ command: 'true', user });
    const { framework_id, task_ids } = JSON.parse((await ask(master, '/tasks/run', { method: 'POST', body })).text);
    reasonsOf.push(await reasonOf(master, { action: 'kill_task', framework_id, task_id: task_ids[0] }));
  }
  assert.equal(reasonsOf[0], undefined);
  assert.match(reasonsOf[1] ?? '', /denies KILL_TASK/);
});

test('a body is refused that is larger than the most checks', async t => {
  const master = await startMasterWith(t, {});
  const answer = async (checks: number, id: string) => {
    const all = Array.from({ length: checks }, () => ({ action: 'teardown', framework_id: id }));
    const { status } = await ask(master, '/ui/can', { method: 'POST', body: JSON.stringify({ checks: all }) });
    return status;
  };
  assert.equal(await answer(1000, 'x'.repeat(900)), 200);
  assert.equal(await answer(1001, 'x'), 400);
  assert.equal(await answer(10, 'x'.repeat(110_000)), 413);
});
