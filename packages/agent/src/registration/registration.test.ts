/** An agent and its master: losing each other, finding each other, and strangers in between. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseFlags } from '@meseta/flags';
import { HttpServer, Libprocess, type Pid, parsePid, Router } from '@meseta/process';
import {
  encode,
  PingSlaveMessage,
  PongSlaveMessage,
  RegisterSlaveMessage,
  ReregisterSlaveMessage,
  RunTaskMessage,
  ShutdownMessage,
  UpdateSlaveMessage,
} from '@meseta/protocol';
import { eventually, FakeClock } from '@meseta/system/testing';
import { createLogger } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import { agentFlags } from '../flags.ts';
import { startAgent } from '../main.ts';
import { agentId, ScriptedMaster } from '../testing/scripted-master.ts';
import { agentArguments, bench, startTestAgent } from '../testing/test-agent.ts';
import { backoffMs } from './backoff.ts';
import { MasterAddressError, parseMaster } from './detector.ts';

test('waits a random time, longer with every try, at most a minute', () => {
  const waits = [0, 1, 2, 6, 40].map(tries => backoffMs(1000, tries, 0.5));
  assert.deepEqual(waits, [500, 1000, 2000, 30_000, 30_000]);
});

const addresses: [text: string, expected: { host: string; port: number } | undefined][] = [
  ['10.0.0.1:5051', { host: '10.0.0.1', port: 5051 }],
  ['master.example', { host: 'master.example', port: 5050 }],
  ['master@10.0.0.1:5050', { host: '10.0.0.1', port: 5050 }],
  ['[::1]:5050\n', { host: '::1', port: 5050 }],
  ['10.0.0.1:0', undefined],
  ['10.0.0.1:99999', undefined],
  ['10.0.0.5:5050,10.0.0.6:5050', undefined],
  ['a/b', undefined],
  ['', undefined],
];
for (const [text, expected] of addresses) {
  test(`the master's address ${JSON.stringify(text)}`, () => {
    if (expected) assert.deepEqual(parseMaster(text), expected);
    else assert.throws(() => parseMaster(text), MasterAddressError);
  });
}

test('registration', async t => {
  const at = await bench(t);
  const { master } = at;
  const agent = await startTestAgent(at);
  at.onEnd(() => agent.shutdown());
  const { agent: state, metrics } = agent.context;

  await t.test('says what Mesos says', async () => {
    const { agent: info, ...message } = await master.untilReceived(RegisterSlaveMessage);
    assert.equal(message.version, '1.12.0');
    assert.deepEqual(
      { ...info, port: 0 },
      {
        hostname: '127.0.0.1',
        port: 0,
        checkpoint: true,
        resources: [
          { name: 'cpus', type: 'SCALAR', scalar: { value: 4 }, role: '*' },
          { name: 'mem', type: 'SCALAR', scalar: { value: 4096 }, role: '*' },
          { name: 'disk', type: 'SCALAR', scalar: { value: 4096 }, role: '*' },
          { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 31000, end: 31100 }] }, role: '*' },
        ],
      },
    );
    const update = await master.untilReceived(UpdateSlaveMessage);
    assert.deepEqual(update, {
      agent_id: { value: agentId },
      update_oversubscribed_resources: false,
      operations: {},
      resource_version_uuid: message.resource_version_uuid,
      resource_providers: {},
    });
  });

  await t.test('strangers are not believed', async () => {
    const server = new HttpServer({ handler: new Router().handle });
    await server.listen('127.0.0.1', 0);
    const stranger = new Libprocess(server);
    const to = parsePid(agent.pid) as Pid;
    stranger.send(to, 'master', ShutdownMessage.fullName, encode(ShutdownMessage, {}));
    stranger.send(to, 'master', RunTaskMessage.fullName, Buffer.from('nonsense'));
    await eventually(
      () => 'two dropped messages',
      () => metrics.counter('slave/dropped_messages').value === 2,
    );
    assert.equal(state.state, 'RUNNING');
    stranger.close();
    await server.close(0);
  });

  await t.test('a master that does not see the agent is registered with again', async () => {
    master.sendAs('slave-observer(1)', PingSlaveMessage, { connected: true });
    master.sendAs('slave-observer(1)', PingSlaveMessage, { connected: false });
    const { agent: info } = await master.untilReceived(ReregisterSlaveMessage);
    assert.equal(info.id?.value, agentId);
    await eventually(
      () => 'the agent to be registered',
      () => state.state === 'RUNNING',
    );
  });

  await t.test('a master that went away is found again', async () => {
    await master.restart();
    await master.untilReceived(ReregisterSlaveMessage, 2);
    await eventually(
      () => 'the agent to be registered',
      () => state.state === 'RUNNING',
    );
  });
});

test('--registration_backoff_factor is how long the tries to register are apart', async t => {
  const at = await bench(t);
  at.master.registers = false;
  const clock = new FakeClock(); // whose random numbers are 0.5
  const { flags } = parseFlags(agentFlags, agentArguments(at, ['--registration_backoff_factor=20secs']));
  const agent = await startAgent({ flags, log: at.log, clock });
  at.onEnd(() => agent.stop());
  const tries = () => at.master.received.filter(({ name }) => name === RegisterSlaveMessage.fullName).length;
  const before = clock.now();
  for (const [done, earliestMs] of [10_000, 30_000].entries()) {
    await eventually(`try ${done + 1}`, () => {
      if (tries() > done) return true;
      clock.advance(500);
      return false;
    });
    assert.ok(clock.now() - before >= earliestMs);
  }
});

test('a master that pings no more is registered with again', async t => {
  const at = await bench(t);
  const { master } = at;
  const clock = new FakeClock();
  const { flags } = parseFlags(agentFlags, agentArguments(at));
  const agent = await startAgent({ flags, log: silentLogger(), clock });
  at.onEnd(() => agent.stop());
  const { agent: state } = agent.context;
  const untilState = (wanted: string) =>
    eventually(wanted, () => {
      if (state.state === wanted) return true;
      clock.advance(10);
      return false;
    });
  await untilState('RUNNING');
  clock.advance(59_000); // the scripted master says 60 s
  master.sendAs('slave-observer(1)', PingSlaveMessage, { connected: true });
  await master.untilReceived(PongSlaveMessage);
  clock.advance(59_000);
  assert.equal(state.state, 'RUNNING');
  clock.advance(2000);
  assert.equal(state.state, 'DISCONNECTED');
  await untilState('RUNNING');
  await master.untilReceived(ReregisterSlaveMessage);
});

test('a launch that arrives while the agent registers anew is dropped: the master has a list without it', async t => {
  const at = await bench(t);
  const { master } = at;
  const agent = await startTestAgent(at);
  at.onEnd(() => agent.shutdown());
  const { agent: state, metrics } = agent.context;
  master.reregisters = false;
  master.sendAs('slave-observer(1)', PingSlaveMessage, { connected: false });
  await master.untilReceived(ReregisterSlaveMessage);
  assert.equal(state.state, 'DISCONNECTED');
  master.command('late', 'true');
  master.runGroup([{ id: 'late too', command: { value: 'true' } }]);
  await eventually('both to be dropped', () => metrics.counter('slave/dropped_messages').value === 2);
  master.reregisters = true;
  await eventually('the agent to be registered', () => state.state === 'RUNNING');
  master.command('next', 'true');
  await master.until('next', 'TASK_FINISHED');
  assert.deepEqual([master.states('late'), master.states('late too')], [[], []]);
});

test('a file that names the master is read again when the master is lost', async t => {
  const at = await bench(t);
  const file = join(at.directory, 'master');
  await writeFile(file, `${at.master.address}\n`);
  const agent = await startTestAgent(at, `--master=file://${file}`);
  at.onEnd(() => agent.shutdown());
  const other = await ScriptedMaster.start();
  t.after(() => other.close());
  await writeFile(file, other.address);
  await at.master.close();
  const { agent: info } = await other.untilReceived(ReregisterSlaveMessage);
  assert.equal(info.id?.value, agentId);
  await eventually(
    () => 'the agent to be registered',
    () => agent.context.agent.state === 'RUNNING',
  );
  assert.equal(agent.context.agent.master, `master@${other.address}`);
});

test('says why it cannot register, each reason once, and when it can', async t => {
  const at = await bench(t);
  const file = join(at.directory, 'master');
  await writeFile(file, 'no.such.host.invalid:5050');
  const web = createServer((_, response) => {
    response.writeHead(403, { Connection: 'close' }).end('This is private\n');
  });
  await once(web.listen(0, '127.0.0.1'), 'listening');
  t.after(() => web.close());
  const lines: string[] = [];
  const stderr = { write: (line: string) => void lines.push(line) };
  const { flags } = parseFlags(agentFlags, agentArguments(at, [`--master=file://${file}`]));
  const agent = await startAgent({ flags, log: createLogger({ program: 'test', stderr }, 'agent') });
  at.onEnd(() => agent.stop());
  const says = (pattern: RegExp) =>
    eventually(
      () => `a line like ${pattern} in ${lines.join('')}`,
      () => lines.some(line => pattern.test(line)),
    );
  await says(/^W.*Cannot register with the master: .*no\.such\.host\.invalid.* \(E\w+\): check/);
  const { port } = web.address() as AddressInfo;
  await writeFile(file, `127.0.0.1:${port}`);
  await says(/^W.*Cannot register with the master: 127\.0\.0\.1:\d+ refuses us \(403: This is private\)/);
  await writeFile(file, '127.0.0.1:1');
  await says(/^W.*Cannot register with the master: connection refused by 127\.0\.0\.1:1 \(ECONNREFUSED\): check/);
  await writeFile(file, at.master.address);
  await agent.registered;
  await says(/^I.*The master answers now/);
  const problems = lines.filter(line => line.includes('Cannot register'));
  assert.equal(
    new Set(problems.map(line => line.slice(line.indexOf('Cannot'), line.indexOf('tries=')))).size,
    problems.length,
  );
});
