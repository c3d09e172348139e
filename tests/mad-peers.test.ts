/** What a master and its agent believe of each other when one of them sends nonsense. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MasterCall, SchedulerCall } from '@meseta/protocol';
import { agentMessages, attack, calls, messages, random, schedulerMessages, toAgent } from './support/attack.ts';
import { Cluster } from './support/cluster.ts';
import { Framework } from './support/framework.ts';
import { checkViews, surprises } from './support/hostile-scene.ts';
import { HostileValues } from './support/hostile-values.ts';

test('daemons outlive what the other one sends when it has gone mad', async t => {
  const cluster = await Cluster.start(t);
  const { master, agent } = cluster;
  const framework = new Framework(master.origin);
  t.after(() => framework.close());
  await framework.start();
  await framework.launch(await framework.roomyOffer(), [
    { task_id: { value: 'stays' }, command: { shell: true, value: 'sleep 1000' } },
  ]);
  await framework.reaches('stays', 'TASK_RUNNING');
  const known = [await cluster.registered(agent), framework.info.id?.value ?? '', 'stays'];
  const values = new HostileValues(random, known);
  const harmless = toAgent.filter(name => name !== 'ShutdownMessage');
  await attack(agent, messages('slave(1)', harmless, values, `master@${master.address}`));
  await attack(agent, messages('slave(1)', ['PingSlaveMessage'], values, `slave-observer(1)@${master.address}`));
  await attack(master, messages('master', agentMessages, values, `slave(1)@${agent.address}`));
  await attack(master, messages('master', schedulerMessages, values, `scheduler(1)@127.0.0.1:1`));
  for (const path of ['/api/v1', '/api/v1/scheduler']) {
    const type = path === '/api/v1' ? MasterCall : SchedulerCall;
    await attack(master, calls(type, path, values, { keep: each => each !== 'SUBSCRIBE' }));
  }
  assert.ok(master.running);
  assert.ok(
    agent.running || /Shutting down with everything that runs|The master said so/.test(agent.log),
    agent.log.slice(-3000),
  );
  assert.deepEqual([master, agent].flatMap(surprises), []);
  await checkViews(agent.running ? [master, agent] : [master]);
});
