import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, FakeClock } from '@meseta/system/testing';
import { SimulatedAgent } from '../testing/simulated-agent.ts';
import { startCore } from '../testing/start-core.ts';
import { markAgentGone } from './index.ts';

test('agents that are gone too long, or too many, are forgotten', async t => {
  const clock = new FakeClock();
  const argv = ['--registry_gc_interval=1mins', '--registry_max_agent_age=10mins', '--registry_max_agent_count=2'];
  const master = await startCore({ clock, argv });
  t.after(() => master.close());
  const { cluster, registrar } = master.context;
  const goneAgent = async () => {
    const agent = await SimulatedAgent.start({ master: master.address });
    t.after(() => agent.stop());
    const id = await agent.register();
    assert.equal(await markAgentGone(master.context, id), 'done');
    return id;
  };
  const forgotten = (left: number) => eventually('agents are forgotten', () => cluster.goneAgents.size <= left);
  const remembered = () => [...registrar.registry.gone.entries()].map(([id]) => id);
  const ids = [await goneAgent()];
  clock.advance(5000);
  ids.push(await goneAgent(), await goneAgent());
  assert.deepEqual(remembered(), ids);
  clock.advance(60_000);
  await forgotten(2);
  assert.deepEqual(remembered(), ids.slice(1), 'the oldest is one too many');
  assert.deepEqual([...cluster.goneAgents.keys()], ids.slice(1));
  clock.advance(11 * 60_000);
  await forgotten(0);
  assert.deepEqual(remembered(), []);
});
