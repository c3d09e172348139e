/**
 * A conversation of Apache Mesos 1.12's master and agent with a scheduler and an executor on mesos-go, recorded on the
 * wire. Once Meseta's master takes the place of the recorded one, once its agent: what it says has to be the same.
 */

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Meseta } from '../support/meseta.ts';
import { Names, RecordedPeer } from './recorded-peer.ts';

const masterId = '92bdf4f8-d910-4a69-9bcf-080a7260ee7f';

test('master', async t => {
  const log = /pid=master@127.0.0.1:(\d+) id=(\S+)/;
  const master = new Meseta([
    'master',
    '--ip=127.0.0.1',
    '--port=0',
    '--no-hostname_lookup',
    '--registry=in_memory',
    '--agent_ping_timeout=2secs',
    '--max_agent_ping_timeouts=5',
  ]);
  const names = new Names();
  const agent = await RecordedPeer.start(names, { port: 15051, sends: '48340-15050', hears: '58496-15051' });
  const scheduler = await RecordedPeer.start(names, { port: 41605, sends: '45682-15050', hears: '59266-41605' });
  t.after(async () => {
    master.child.kill('SIGTERM');
    await Promise.all([master.finished, agent.stop(), scheduler.stop()]);
  });
  await master.says(log);
  const [, port = '', id = ''] = log.exec(master.stderr) ?? [];
  names.add(15050, port);
  names.add(masterId, id);

  agent.plays('RegisterSlaveMessage');
  await agent.hears('SlaveRegisteredMessage');
  await agent.hears('PingSlaveMessage');
  agent.plays('PongSlaveMessage');
  agent.plays('UpdateSlaveMessage');
  scheduler.plays('RegisterFrameworkMessage');
  await scheduler.hears('FrameworkRegisteredMessage');
  await scheduler.hears('ResourceOffersMessage');
  scheduler.plays('LaunchTasksMessage');
  await agent.hears('RunTaskMessage');
  await agent.hears('RunTaskMessage');

  // Task 2 runs and ends, then task 1: as recorded, they came to the executor's goroutines in that order.
  const update = async () => {
    agent.plays('StatusUpdateMessage');
    await scheduler.hears('StatusUpdateMessage');
    scheduler.plays('StatusUpdateAcknowledgementMessage');
    await agent.hears('StatusUpdateAcknowledgementMessage');
  };
  await update();
  await update();
  scheduler.plays('ReviveOffersMessage');
  await scheduler.hears('ResourceOffersMessage');
  await update();
  scheduler.plays('LaunchTasksMessage'); // of nothing: declines
  await update();
  scheduler.plays('ReviveOffersMessage');
  await scheduler.hears('ResourceOffersMessage');
  scheduler.plays('UnregisterFrameworkMessage');
  await agent.hears('ShutdownFrameworkMessage');
  agent.plays('ExitedExecutorMessage');
  await Promise.all([agent.answered(), scheduler.answered()]);
  assert.deepEqual([...agent.unexpected, ...scheduler.unexpected], []);
});

test('agent', async t => {
  const directory = mkdtempSync(path.join(tmpdir(), 'recorded-'));
  const names = new Names();
  const volatile = ['container_id', 'executor_pid', 'resource_version_uuid', 'command', 'user'];
  const master = await RecordedPeer.start(names, { port: 15050, sends: '58496-15051', hears: '48340-15050', volatile });
  const executor = await RecordedPeer.start(names, {
    port: 41397,
    sends: '58542-15051',
    hears: '40216-41397',
    volatile,
  });
  const agent = new Meseta([
    'agent',
    `--master=127.0.0.1:${master.port}`,
    `--work_dir=${directory}/work`,
    `--runtime_dir=${directory}/run`,
    '--ip=127.0.0.1',
    '--port=0',
    '--no-hostname_lookup',
    '--resources=cpus:4;mem:4096;disk:4096;ports:[31000-31100]',
    '--registration_backoff_factor=1ms',
  ]);
  t.after(async () => {
    agent.child.kill('SIGUSR1');
    await Promise.all([agent.finished, master.stop(), executor.stop()]);
    rmSync(directory, { recursive: true });
  });
  names.add(15051, await master.portOf('RegisterSlaveMessage'));

  await master.hears('RegisterSlaveMessage');
  master.plays('PingSlaveMessage');
  await master.hears('PongSlaveMessage');
  master.plays('SlaveRegisteredMessage');
  await master.hears('UpdateSlaveMessage');
  for (const _ of ['1', '2']) {
    master.plays('RunTaskMessage', message => {
      delete message.resource_version_uuids; // the recorded agent's
      message.framework.user = userInfo().username;
      message.task.executor.command = {
        value: `cd ${directory}; touch started; until [ -e end ]; do sleep 0.01; done`,
      };
    });
  }
  await eventually('launch', () => existsSync(`${directory}/started`)); // no executor registers earlier
  executor.plays('RegisterExecutorMessage');
  await executor.hears('ExecutorRegisteredMessage');
  await executor.hears('RunTaskMessage');
  await executor.hears('RunTaskMessage');
  // Two tasks, two updates each.
  for (let update = 0; update < 4; update++) {
    executor.plays('StatusUpdateMessage');
    await executor.hears('StatusUpdateAcknowledgementMessage');
    await master.hears('StatusUpdateMessage');
    master.plays('StatusUpdateAcknowledgementMessage');
  }
  master.plays('ShutdownFrameworkMessage');
  await executor.hears('ShutdownExecutorMessage');
  writeFileSync(`${directory}/end`, '');
  await master.hears('ExitedExecutorMessage');
  await Promise.all([master.answered(), executor.answered()]);
  const unexpected = [...master.unexpected, ...executor.unexpected];
  // The agent tries to register until it has its answer.
  assert.deepEqual(
    unexpected.filter(name => name !== 'RegisterSlaveMessage'),
    [],
  );
});

/** The secrets of the recorded cluster. */
const secrets = { agent1: 's3cret-agent', fw1: 's3cret-fw' };

/** What mesos-go and Cyrus SASL would answer to a challenge; both in base64. */
function answer(principal: keyof typeof secrets, challenge: string): string {
  const hmac = createHmac('md5', secrets[principal]).update(Buffer.from(challenge, 'base64'));
  return Buffer.from(`${principal} ${hmac.digest('hex')}`).toString('base64');
}

test('master that asks for authentication', async t => {
  const directory = mkdtempSync(path.join(tmpdir(), 'recorded-'));
  const file = path.join(directory, 'credentials');
  const credentials = Object.entries(secrets).map(([principal, secret]) => ({ principal, secret }));
  writeFileSync(file, JSON.stringify({ credentials }), { mode: 0o600 });
  const log = /pid=master@127.0.0.1:(\d+) id=(\S+)/;
  const master = new Meseta([
    'master',
    '--ip=127.0.0.1',
    '--port=0',
    '--no-hostname_lookup',
    '--registry=in_memory',
    '--agent_ping_timeout=2secs',
    '--max_agent_ping_timeouts=5',
    '--authenticate_agents',
    '--authenticate_frameworks',
    `--credentials=${file}`,
  ]);
  const names = new Names();
  const authenticates = { authenticates: true, volatile: ['data'] };
  const agent = await RecordedPeer.start(names, {
    ...{ port: 15051, sends: '48340-15050', hears: '58496-15051' },
    ...authenticates,
  });
  // mesos-go authenticates from an address of its own.
  const authenticatee = await RecordedPeer.start(names, {
    ...{ port: 36557, sends: '45674-15050', hears: '35584-36557' },
    ...authenticates,
  });
  const scheduler = await RecordedPeer.start(names, { port: 41605, sends: '45682-15050', hears: '59266-41605' });
  t.after(async () => {
    master.child.kill('SIGTERM');
    await Promise.all([master.finished, agent.stop(), authenticatee.stop(), scheduler.stop()]);
    rmSync(directory, { recursive: true });
  });
  await master.says(log);
  const [, port = '', id = ''] = log.exec(master.stderr) ?? [];
  names.add(15050, port);
  names.add(masterId, id);

  const authenticate = async (peer: RecordedPeer, principal: keyof typeof secrets) => {
    peer.plays('AuthenticateMessage');
    await peer.hears('AuthenticationMechanismsMessage');
    peer.plays('AuthenticationStartMessage');
    const { data } = await peer.hears('AuthenticationStepMessage');
    peer.plays('AuthenticationStepMessage', message => {
      message.data = answer(principal, data);
    });
    await peer.hears('AuthenticationCompletedMessage');
  };
  await authenticate(agent, 'agent1');
  agent.plays('RegisterSlaveMessage');
  await agent.hears('SlaveRegisteredMessage');
  await authenticate(authenticatee, 'fw1');
  scheduler.plays('RegisterFrameworkMessage');
  await scheduler.hears('FrameworkRegisteredMessage');
  await Promise.all([agent.answered(), authenticatee.answered(), scheduler.answered()]);
});

test('agent with a credential', async t => {
  const directory = mkdtempSync(path.join(tmpdir(), 'recorded-'));
  const file = path.join(directory, 'credential');
  writeFileSync(file, JSON.stringify({ principal: 'agent1', secret: secrets.agent1 }), { mode: 0o600 });
  const names = new Names();
  const volatile = ['resource_version_uuid'];
  const master = await RecordedPeer.start(names, {
    ...{ port: 15050, sends: '58496-15051', hears: '48340-15050', volatile },
    authenticates: true,
  });
  const agent = new Meseta([
    'agent',
    `--master=127.0.0.1:${master.port}`,
    `--work_dir=${directory}/work`,
    `--runtime_dir=${directory}/run`,
    '--ip=127.0.0.1',
    '--port=0',
    '--no-hostname_lookup',
    '--resources=cpus:4;mem:4096;disk:4096;ports:[31000-31100]',
    '--registration_backoff_factor=1ms',
    `--credential=${file}`,
  ]);
  t.after(async () => {
    agent.child.kill('SIGUSR1');
    await Promise.all([agent.finished, master.stop()]);
    rmSync(directory, { recursive: true });
  });
  names.add(15051, await master.portOf('AuthenticateMessage'));

  await master.hears('AuthenticateMessage');
  assert.deepEqual(master.unexpected, []); // it does not register before
  master.plays('AuthenticationMechanismsMessage');
  await master.hears('AuthenticationStartMessage');
  master.plays('AuthenticationStepMessage');
  await master.hears('AuthenticationStepMessage'); // with the recorded answer to the recorded challenge
  master.plays('AuthenticationCompletedMessage');
  await master.hears('RegisterSlaveMessage');
  master.plays('SlaveRegisteredMessage');
  await master.hears('UpdateSlaveMessage');
  await master.answered();
});
