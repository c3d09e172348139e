/** Messages of the libprocess protocol that a program of the same user sends in the name of a master or an agent. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import {
  encode,
  KillTaskMessage,
  type MessageType,
  ReregisterSlaveMessage,
  ShutdownMessage,
  UnregisterSlaveMessage,
} from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import type { Daemon } from './support/daemon.ts';
import { render, statusOf } from './support/raw-http.ts';

/** As libprocess writes it, and as an HTTP client that goes through the HTTP server. */
async function forge<T>(to: Daemon, actor: string, from: string, type: MessageType<T>, message: T): Promise<void> {
  const path = `/${actor}/${type.fullName}`;
  const body = encode(type, message);
  const keep = { Connection: 'Keep-Alive', 'User-Agent': `libprocess/${from}` };
  await statusOf(to.port, render({ path, headers: keep, body }));
  await statusOf(to.port, render({ path, headers: { 'Libprocess-From': from, Accept: '*/*' }, body }));
}

test('another connection than that of the registration speaks for nobody', async t => {
  const cluster = await Cluster.start(t);
  const { master, agent } = cluster;
  const agentId = { value: await cluster.registered(agent) };
  const framework = await cluster.framework();
  await framework.run({ task_id: { value: 'stays' }, command: { shell: true, value: 'sleep 1000' } });
  await framework.reaches('stays', 'TASK_RUNNING');
  const logged = (daemon: Daemon, from: string) =>
    eventually('a line in the log', () => daemon.log.includes(`in the name of ${from}`));

  const theMaster = `master@${master.address}`;
  await forge(agent, 'slave(1)', theMaster, ShutdownMessage, { message: 'forged' });
  const framework_id = framework.info.id ?? { value: '' };
  await forge(agent, 'slave(1)', theMaster, KillTaskMessage, { framework_id, task_id: { value: 'stays' } });
  await logged(agent, theMaster);
  const theAgent = `slave(1)@${agent.address}`;
  await forge(master, 'master', theAgent, UnregisterSlaveMessage, { agent_id: agentId });
  await logged(master, theAgent);

  await framework.run({ task_id: { value: 'after' } });
  await framework.reaches('after', 'TASK_FINISHED');
  assert.deepEqual(framework.statesOf('stays').at(-1), 'TASK_RUNNING');
  assert.equal(await cluster.registered(agent), agentId.value);
});

test('nobody takes the place of an agent that is connected', async t => {
  const cluster = await Cluster.start(t);
  const { master, agent } = cluster;
  const id = await cluster.registered(agent);
  const thief = createServer(socket => socket.resume()).listen(0, '127.0.0.1');
  t.after(() => thief.close());
  await once(thief, 'listening');
  const { port } = thief.address() as AddressInfo;
  const [{ hostname, pid }] = (await cluster.get('/slaves')).slaves;
  const from = `slave(1)@127.0.0.1:${port}`;
  await forge(master, 'master', from, ReregisterSlaveMessage, {
    agent: { id: { value: id }, hostname, port, resources: [] },
    version: '1.12.0',
    agent_capabilities: [{ type: 'MULTI_ROLE' }, { type: 'HIERARCHICAL_ROLE' }, { type: 'RESERVATION_REFINEMENT' }],
  });
  await eventually('a line in the log', () => /registered one is still connected.*agent_id=/.test(master.log));
  const { slaves } = await cluster.get('/slaves');
  assert.deepEqual(
    slaves.map((each: { pid: string }) => each.pid),
    [pid],
  );
});
