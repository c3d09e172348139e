/** What a master and an agent believe of each other when one of them sends nonsense, over the connection it registered by. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { Libprocess, Pid } from '@meseta/process';
import { startLibprocess } from '@meseta/process/testing';
import {
  encode,
  MasterCall,
  PingSlaveMessage,
  PongSlaveMessage,
  RegisterSlaveMessage,
  SchedulerCall,
  SlaveRegisteredMessage,
} from '@meseta/protocol';
import { findMessageType } from '@meseta/protocol/testing';
import { eventually } from '@meseta/system/testing';
import {
  agentMessages,
  attack,
  calls,
  messages,
  random,
  rounds,
  schedulerMessages,
  toAgent,
} from './support/attack.ts';
import { Cluster } from './support/cluster.ts';
import { Daemon } from './support/daemon.ts';
import { checkViews, surprises } from './support/hostile-scene.ts';
import { HostileValues } from './support/hostile-values.ts';

/** Sends each message `rounds` times, with anything in it. */
function rave(libprocess: Libprocess, to: Pid, actor: string, names: readonly string[], values: HostileValues): void {
  for (const name of names.map(each => `mesos.internal.${each}`)) {
    const type = findMessageType(name);
    assert.ok(type, name);
    for (let round = 0; round < rounds; round++) libprocess.send(to, actor, name, values.bytes(type));
  }
}

test('an agent outlives what its master sends when that has gone mad', async t => {
  const directory = mkdtempSync(path.join(tmpdir(), 'mad-master-'));
  let agent: Daemon | undefined;
  t.after(async () => {
    await agent?.kill(); // first: it writes to the directory
    rmSync(directory, { recursive: true });
  });
  const { libprocess, port } = await startLibprocess(t);
  const to = Promise.withResolvers<Pid>();
  libprocess.install('master', RegisterSlaveMessage.fullName, from => to.resolve(from));
  let pongs = 0;
  libprocess.install('slave-observer(1)', PongSlaveMessage.fullName, () => void pongs++);
  const flags = {
    master: `127.0.0.1:${port}`,
    work_dir: path.join(directory, 'work'),
    runtime_dir: path.join(directory, 'run'),
    registration_backoff_factor: '10ms',
  };
  agent = await Daemon.start({ kind: 'agent', name: 'agent', directory, flags });
  const agentPid = await to.promise;
  const registered = encode(SlaveRegisteredMessage, { agent_id: { value: 'mad-S0' } });
  libprocess.send(agentPid, 'master', SlaveRegisteredMessage.fullName, registered);
  const values = new HostileValues(random, ['mad-S0']);
  const harmless = toAgent.filter(name => name !== 'ShutdownMessage');
  rave(libprocess, agentPid, 'master', harmless, values);
  rave(libprocess, agentPid, 'slave-observer(1)', ['PingSlaveMessage'], values);
  const before = pongs;
  const ping = encode(PingSlaveMessage, { connected: true });
  libprocess.send(agentPid, 'slave-observer(1)', PingSlaveMessage.fullName, ping);
  await eventually('an answer after all of it', () => pongs > before);
  assert.ok(agent.running || /The master said so/.test(agent.log), agent.log.slice(-3000));
  assert.deepEqual(surprises(agent), []);
  if (agent.running) await checkViews([agent]);
});

test('a master outlives what its agents and frameworks send when they have gone mad', async t => {
  const cluster = await Cluster.start(t, { agents: [] });
  const { master } = cluster;
  const { libprocess, port } = await startLibprocess(t);
  const masterPid: Pid = { id: 'master', ip: '127.0.0.1', port: master.port };
  let id = '';
  let answers = 0;
  libprocess.install('slave(1)', SlaveRegisteredMessage.fullName, (_, body) => {
    id = /[0-9a-f-]{36}-S\d+/.exec(body.toString('latin1'))?.[0] ?? '';
    answers++;
  });
  const agent = {
    hostname: '127.0.0.1',
    port,
    resources: [{ name: 'cpus', type: 'SCALAR' as const, scalar: { value: 1 } }],
  };
  const register = encode(RegisterSlaveMessage, { agent, version: '1.12.0' });
  libprocess.send(masterPid, 'slave(1)', RegisterSlaveMessage.fullName, register);
  await eventually('the registration', () => answers > 0);
  const framework = await cluster.framework();
  const values = new HostileValues(random, [id, framework.info.id?.value ?? '', 'stays']);
  rave(libprocess, masterPid, 'slave(1)', agentMessages, values);
  await attack(master, messages('master', schedulerMessages, values, `scheduler(1)@127.0.0.1:1`));
  for (const path of ['/api/v1', '/api/v1/scheduler']) {
    const type = path === '/api/v1' ? MasterCall : SchedulerCall;
    await attack(master, calls(type, path, values, { keep: each => each !== 'SUBSCRIBE' }));
  }
  assert.ok(master.running);
  assert.deepEqual(surprises(master), []);
  await checkViews([master]);
});
