import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { UpdateFrameworkMessage } from '@meseta/protocol';
import { startSchedulingMaster } from '../testing/scheduling-master.ts';
import { shortSlices } from '../testing/short-slices.ts';
import { broadcast } from './broadcast.ts';

test('a message goes to all agents, with turns of the event loop in between, but not to those removed meanwhile', async t => {
  const { context, agent } = await startSchedulingMaster(t);
  for (let count = 0; count < 3; count++) await agent();
  const [first, second, third] = [...context.cluster.agents.values()];
  assert.ok(first && second && third);
  const sent: string[] = [];
  const recording: typeof context = { ...context, sendToAgent: ({ id }) => void sent.push(id) };
  const restore = shortSlices(t);
  broadcast(recording, UpdateFrameworkMessage, { framework_id: { value: 'f' }, pid: '' });
  assert.deepEqual(sent, [first.id]);
  context.cluster.removeAgent(second);
  for (let turn = 0; turn < 4; turn++) await nextTurn();
  restore();
  assert.deepEqual(sent, [first.id, third.id]);
});
