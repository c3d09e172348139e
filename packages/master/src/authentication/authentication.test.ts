/** Authentication of v0 frameworks and agents, over real sockets, and those who attack it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { saslTypes } from '@meseta/process';
import {
  AuthenticateMessage,
  encode,
  FrameworkErrorMessage,
  type FrameworkInfo,
  FrameworkRegisteredMessage,
  type MessageType,
  RegisterFrameworkMessage,
  RegisterSlaveMessage,
  SlaveRegisteredMessage,
} from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import type { RunningMaster } from '../main.ts';
import { ask, startRunningMaster } from '../testing/running-master.ts';
import { scalar } from '../testing/simulated-agent.ts';
import { answer, TestPeer } from '../testing/test-peer.ts';

const directory = mkdtempSync(join(tmpdir(), 'authentication-'));
after(() => rmSync(directory, { recursive: true }));
const credentials = join(directory, 'credentials');
writeFileSync(credentials, 'fw1 s3cret-fw\nagent1 s3cret-agent\nother s3cret-other\n', { mode: 0o600 });

const info: FrameworkInfo = { user: 'root', name: 'driver' };
const agentMessage = (pid: string): RegisterSlaveMessage => ({
  agent: { hostname: 'vm', port: Number(pid.split(':')[1]), resources: [scalar('cpus', 1)] },
  version: '1.12.0',
  agent_capabilities: [{ type: 'MULTI_ROLE' }, { type: 'HIERARCHICAL_ROLE' }, { type: 'RESERVATION_REFINEMENT' }],
});

/** A master that lets only the authenticated in. */
const closed = (t: TestContext, ...argv: string[]) =>
  startRunningMaster(t, '--authenticate_frameworks', '--authenticate_agents', `--credentials=${credentials}`, ...argv);

async function metric(master: RunningMaster, name: string): Promise<number> {
  return JSON.parse((await ask(master, '/metrics/snapshot')).text)[`master/${name}`];
}

async function principals(master: RunningMaster): Promise<(string | undefined)[]> {
  const { frameworks } = JSON.parse((await ask(master, '/frameworks')).text);
  return frameworks.map(({ principal }: { principal?: string }) => principal);
}

/** Sends a message in the name of a process by a connection from another address of this machine. */
function forgeFrom<T>(
  t: TestContext,
  localAddress: string,
  { address }: RunningMaster,
  from: string,
  type: MessageType<T>,
  message: T,
): void {
  const [host = '', port] = address.split(':');
  const socket = connect({ host, port: Number(port), localAddress });
  t.after(() => socket.destroy());
  const body = encode(type, message);
  socket.write(`POST /master/${type.fullName} HTTP/1.1\r\nHost: ${address}\r\nLibprocess-From: ${from}\r\n`);
  socket.write(`Content-Length: ${body.length}\r\n\r\n`);
  socket.write(body);
  socket.resume();
}

/** The number of sessions that are open. */
const open = (master: RunningMaster) => metric(master, 'authentications/open');

test('frameworks', async t => {
  const master = await closed(t);

  await t.test('without authentication are refused as in Mesos', async t => {
    const driver = await TestPeer.start(t, master.address);
    driver.send(RegisterFrameworkMessage, { framework: info });
    const { message } = await driver.next(FrameworkErrorMessage);
    assert.equal(message.message, `Framework at ${driver.pid} is not authenticated`);
  });

  await t.test('register as what they have proven', async t => {
    const driver = await TestPeer.start(t, master.address);
    assert.equal(await driver.authenticate('fw1', 's3cret-fw'), 'completed');
    driver.send(RegisterFrameworkMessage, { framework: info });
    await driver.next(FrameworkRegisteredMessage);
    assert.deepEqual(await principals(master), ['fw1']);
  });

  await t.test('do not register as another principal', async t => {
    const driver = await TestPeer.start(t, master.address);
    assert.equal(await driver.authenticate('fw1', 's3cret-fw'), 'completed');
    driver.send(RegisterFrameworkMessage, { framework: { ...info, principal: 'other' } });
    const { message } = await driver.next(FrameworkErrorMessage);
    assert.equal(message.message, "Framework principal 'other' does not match authenticated principal 'fw1'");
    driver.send(RegisterFrameworkMessage, { framework: { ...info, principal: 'fw1' } });
    await driver.next(FrameworkRegisteredMessage);
  });

  for (const [principal, secret] of [
    ['fw1', 'wrong'],
    ['nobody', 's3cret-fw'],
    ['fw1', 's3cret-other'],
  ] as const) {
    await t.test(`${principal} with ${secret} fails`, async t => {
      const driver = await TestPeer.start(t, master.address);
      assert.equal(await driver.authenticate(principal, secret), 'failed');
      driver.send(RegisterFrameworkMessage, { framework: info });
      await driver.next(FrameworkErrorMessage);
    });
  }

  await t.test('a registration during the authentication waits for it', async t => {
    const driver = await TestPeer.start(t, master.address);
    const { actor, session, challenge } = await driver.challenge();
    driver.send(RegisterFrameworkMessage, { framework: info });
    driver.send(RegisterFrameworkMessage, { framework: info }); // as drivers repeat it
    driver.say(answer(challenge, 'fw1', 's3cret-fw'), { from: actor, to: session });
    await driver.next(FrameworkRegisteredMessage);
    assert.equal(driver.has(FrameworkErrorMessage), false);
  });

  await t.test('a new authentication takes the place of the old one, whose answer is void', async t => {
    const driver = await TestPeer.start(t, master.address);
    const old = await driver.challenge();
    const next = await driver.challenge();
    driver.say(answer(old.challenge, 'fw1', 's3cret-fw'), { from: old.actor, to: old.session });
    driver.say(answer(next.challenge, 'fw1', 's3cret-fw'), { from: next.actor, to: next.session });
    assert.equal(await driver.verdict(next.actor), 'completed');
    assert.equal(driver.has(saslTypes.failed), false);
  });

  await t.test('whose driver has gone are forgotten: the address proves nothing', async t => {
    const driver = await TestPeer.start(t, master.address);
    await driver.authenticate('fw1', 's3cret-fw');
    driver.send(RegisterFrameworkMessage, { framework: info });
    await driver.next(FrameworkRegisteredMessage);
    const connected = () => metric(master, 'frameworks_connected');
    const before = await connected();
    await driver.end();
    await eventually('the loss', async () => (await connected()) < before);
    const successor = await TestPeer.start(t, master.address, { port: driver.port });
    successor.send(RegisterFrameworkMessage, { framework: info });
    const { message } = await successor.next(FrameworkErrorMessage);
    assert.equal(message.message, `Framework at ${driver.pid} is not authenticated`);
  });
});

test('agents without authentication are ignored, and register when they have it', async t => {
  const master = await closed(t);
  const agent = await TestPeer.start(t, master.address, { actor: 'slave(1)' });
  agent.send(RegisterSlaveMessage, agentMessage(agent.pid));
  await eventually('the message', async () => (await metric(master, 'messages_register_slave')) === 1);
  assert.equal(await agent.authenticate('agent1', 'wrong'), 'failed');
  agent.send(RegisterSlaveMessage, agentMessage(agent.pid));
  await eventually('the message', async () => (await metric(master, 'messages_register_slave')) === 2);
  assert.equal(agent.has(SlaveRegisteredMessage), false);
  assert.equal(await agent.authenticate('agent1', 's3cret-agent'), 'completed');
  agent.send(RegisterSlaveMessage, agentMessage(agent.pid));
  await agent.next(SlaveRegisteredMessage);
  assert.equal(await metric(master, 'authentications/completed'), 1);
  assert.equal(await metric(master, 'authentications/failed'), 1);
  assert.equal(await metric(master, 'messages_authenticate'), 2);
});

test('a master that asks for nothing takes both kinds', async t => {
  const master = await startRunningMaster(t, `--credentials=${credentials}`);
  const plain = await TestPeer.start(t, master.address);
  plain.send(RegisterFrameworkMessage, { framework: { ...info, principal: 'anything' } });
  await plain.next(FrameworkRegisteredMessage);
  const proven = await TestPeer.start(t, master.address);
  await proven.authenticate('fw1', 's3cret-fw');
  proven.send(RegisterFrameworkMessage, { framework: { ...info, principal: 'other' } });
  assert.match((await proven.next(FrameworkErrorMessage)).message.message, /does not match authenticated principal/);
});

test('a master without credentials refuses every answer', async t => {
  const master = await startRunningMaster(t);
  const driver = await TestPeer.start(t, master.address);
  assert.equal(await driver.authenticate('fw1', 's3cret-fw'), 'failed');
});

test('attacks', async t => {
  const master = await closed(t, '--authentication_v0_timeout=10mins');
  const dropped = () => metric(master, 'dropped_messages');

  await t.test('an answer is good for its own challenge only', async t => {
    const driver = await TestPeer.start(t, master.address);
    const first = await driver.challenge();
    const recorded = answer(first.challenge, 'fw1', 's3cret-fw');
    driver.say(recorded, { from: first.actor, to: first.session });
    assert.equal(await driver.verdict(first.actor), 'completed');
    const second = await driver.challenge();
    assert.notEqual(second.challenge, first.challenge);
    driver.say(recorded, { from: second.actor, to: second.session });
    assert.equal(await driver.verdict(second.actor), 'failed');
  });

  await t.test('steps out of order end the session', async t => {
    const driver = await TestPeer.start(t, master.address);
    const { actor, session } = await driver.begin();
    driver.say(answer('eA==', 'fw1', 's3cret-fw'), { from: actor, to: session });
    const { message } = await driver.next(saslTypes.error, actor);
    assert.equal(message.error, "Unexpected authentication 'step' received");
    driver.say({ kind: 'start', body: { mechanism: 'CRAM-MD5' } }, { from: actor, to: session });
    await eventually('no session', async () => (await open(master)) === 0);
  });

  await t.test('a mechanism that is not offered', async t => {
    const driver = await TestPeer.start(t, master.address);
    const { actor, session } = await driver.begin();
    driver.say({ kind: 'start', body: { mechanism: 'ANONYMOUS' } }, { from: actor, to: session });
    const { message } = await driver.next(saslTypes.error, actor);
    assert.match(message.error ?? '', /no mechanism 'ANONYMOUS'; allowed: CRAM-MD5/);
  });

  await t.test(
    "another process does not answer in a session, nor end it, nor hold the other's registration",
    async t => {
      const driver = await TestPeer.start(t, master.address);
      const other = await TestPeer.start(t, master.address);
      const { actor, session, challenge } = await driver.challenge();
      const before = await dropped();
      const theirs = other.authenticatee();
      other.say(answer(challenge, 'fw1', 'wrong'), { from: theirs, to: session });
      await eventually('a dropped message', async () => (await dropped()) === before + 1);
      // A request in its name, which does not come from its address, does not take the place of its own.
      const refused = await metric(master, 'authentications/refused');
      other.say({ kind: 'authenticate', body: { pid: driver.pid } }, { from: theirs });
      await eventually('a refusal', async () => (await metric(master, 'authentications/refused')) === refused + 1);
      driver.say(answer(challenge, 'fw1', 's3cret-fw'), { from: actor, to: session });
      assert.equal(await driver.verdict(actor), 'completed');
    },
  );

  await t.test('nobody replaces the principal of a process that is registered', async t => {
    const driver = await TestPeer.start(t, master.address);
    await driver.authenticate('fw1', 's3cret-fw');
    driver.send(RegisterFrameworkMessage, { framework: info });
    await driver.next(FrameworkRegisteredMessage);
    const other = await TestPeer.start(t, master.address);
    assert.equal(await other.authenticate('other', 's3cret-other', driver.pid), 'error');
    assert.equal(await other.authenticate('other', 'wrong', driver.pid), 'failed');
    driver.send(RegisterFrameworkMessage, { framework: { ...info, principal: 'fw1' } });
    await driver.next(FrameworkRegisteredMessage);
  });

  await t.test('messages from another IP address in the name of a process change nothing for it', async t => {
    const driver = await TestPeer.start(t, master.address);
    const forge = <T>(address: string, type: MessageType<T>, message: T) =>
      forgeFrom(t, address, master, driver.pid, type, message);
    const { actor, session, challenge } = await driver.challenge();
    forge('127.0.0.2', AuthenticateMessage, { pid: driver.pid });
    await eventually('a session of its own', async () => (await open(master)) === 2);
    driver.say(answer(challenge, 'fw1', 's3cret-fw'), { from: actor, to: session });
    assert.equal(await driver.verdict(actor), 'completed');
    const before = await dropped();
    forge('127.0.0.3', RegisterFrameworkMessage, { framework: info });
    await eventually('a dropped message', async () => (await dropped()) === before + 1);
    driver.send(RegisterFrameworkMessage, { framework: info });
    await driver.next(FrameworkRegisteredMessage);
    assert.equal(driver.has(FrameworkErrorMessage), false);
  });

  await t.test('what names no process, or one elsewhere, is dropped', async t => {
    const driver = await TestPeer.start(t, master.address);
    await eventually('the end of the sessions before', async () => (await open(master)) === 0);
    for (const pid of ['', 'scheduler(1)', 'scheduler(1)@10.1.2.3:5051', 'x'.repeat(1_000_000)]) {
      const before = await dropped();
      driver.say({ kind: 'authenticate', body: { pid } }, { from: driver.authenticatee() });
      await eventually('a dropped message', async () => (await dropped()) === before + 1);
    }
    assert.equal(await open(master), 0);
  });

  await t.test('giant answers', async t => {
    const driver = await TestPeer.start(t, master.address);
    const { actor, session } = await driver.challenge();
    const data = Buffer.alloc(4 * 1024 * 1024, 'a').toString('base64');
    driver.say({ kind: 'step', body: { data } }, { from: actor, to: session });
    assert.match((await driver.next(saslTypes.error, actor)).message.error ?? '', /^Not an answer of CRAM-MD5/);
  });
});

// Only here sessions end by time: a busy machine may take as long for what others do in theirs.
test('a session that goes silent, or whose client dies, ends', async t => {
  const master = await closed(t, '--authentication_v0_timeout=4secs');
  const silent = await TestPeer.start(t, master.address);
  await silent.challenge();
  silent.send(RegisterFrameworkMessage, { framework: info }); // waits, and is given up
  await eventually('the end of the session', async () => (await open(master)) === 0);
  const dying = await TestPeer.start(t, master.address);
  await dying.challenge();
  await dying.end();
  await eventually('the end of the session', async () => (await open(master)) === 0);
  assert.equal(silent.has(FrameworkErrorMessage), false);
});

test('a flood of requests is bounded, and over with its connection', async t => {
  const master = await closed(t, '--authentication_v0_timeout=10mins'); // none of them ends before all have come
  const flooding = await TestPeer.start(t, master.address);
  const actor = flooding.authenticatee();
  const at = flooding.pid.slice(flooding.pid.indexOf('@'));
  for (let n = 0; n < 6000; n++) {
    flooding.say({ kind: 'authenticate', body: { pid: `scheduler(${n})${at}` } }, { from: actor });
  }
  await eventually('refusals', async () => (await metric(master, 'authentications/refused')) >= 1000);
  assert.equal(await open(master), 5000);
  await flooding.end();
  await eventually('the end of all sessions', async () => (await open(master)) === 0);
  const driver = await TestPeer.start(t, master.address);
  assert.equal(await driver.authenticate('fw1', 's3cret-fw'), 'completed');
});

test('who guesses gets slower', async t => {
  const master = await closed(t);
  const guesser = await TestPeer.start(t, master.address);
  for (let guess = 0; guess < 6; guess++) assert.equal(await guesser.authenticate('fw1', `guess ${guess}`), 'failed');
  assert.equal(await metric(master, 'authentications/failing_addresses'), 1);
  // Many guesses at once wait for each other, and those that would wait too long are not looked at.
  const guesses = await Promise.all(
    Array.from({ length: 60 }, async (_, n) => {
      const pid = guesser.pid.replace('(1)', `(${n + 2})`);
      const { actor, session, challenge } = await guesser.challenge(pid);
      guesser.say(answer(challenge, 'fw1', 'guess'), { from: actor, to: session });
      return actor;
    }),
  );
  assert.equal(guesses.length, 60);
  await eventually(
    'guesses that are not looked at',
    async () => (await metric(master, 'authentications/discarded')) > 0,
  );
  assert.ok((await metric(master, 'authentications/failed')) < 30);
});

test('secrets from a module', async t => {
  const file = join(directory, 'secrets.mjs');
  writeFileSync(
    file,
    `export default { secrets: { kind: 'authenticator', create: ({ fw1 }) => ({
       async secretOf(principal) {
         if (principal === 'broken') throw new Error('the store is away');
         if (principal === 'odd') return 5;
         return { fw1 }[principal];
       },
     }) }, hook: { kind: 'hook', create: () => ({}) } };`,
  );
  const module = (name: string) => [
    `--modules=${JSON.stringify({ libraries: [{ file, modules: [{ name, parameters: [{ key: 'fw1', value: 's3cret' }] }] }] })}`,
    `--authenticators=${name}`,
    '--authenticate_frameworks',
  ];
  const master = await startRunningMaster(t, ...module('secrets'));
  const driver = await TestPeer.start(t, master.address);
  assert.equal(await driver.authenticate('fw1', 's3cret'), 'completed');
  assert.equal(await driver.authenticate('fw1', 'wrong'), 'failed');
  assert.equal(await driver.authenticate('nobody', 's3cret'), 'failed');
  for (const principal of ['broken', 'odd']) assert.equal(await driver.authenticate(principal, 's3cret'), 'error');

  await assert.rejects(startRunningMaster(t, ...module('hook')), { name: 'ModuleError' });
  await assert.rejects(
    startRunningMaster(t, '--authenticators=none'),
    /No authenticator module named 'none' available, which --authenticators asks for/,
  );
});

test('ACLs see what an agent has proven', async t => {
  const acls = {
    register_agents: [
      { principals: { values: ['agent1'] }, agents: { type: 'ANY' } },
      { principals: { type: 'ANY' }, agents: { type: 'NONE' } },
    ],
  };
  const master = await startRunningMaster(t, `--credentials=${credentials}`, `--acls=${JSON.stringify(acls)}`);
  const agent = await TestPeer.start(t, master.address, { actor: 'slave(1)' });
  const registers = async (number: number) => {
    agent.send(RegisterSlaveMessage, agentMessage(agent.pid));
    await eventually('the message', async () => (await metric(master, 'messages_register_slave')) === number);
  };
  await registers(1);
  assert.equal(await agent.authenticate('other', 's3cret-other'), 'completed');
  await registers(2);
  assert.equal(agent.has(SlaveRegisteredMessage), false);
  assert.equal(await agent.authenticate('agent1', 's3cret-agent'), 'completed');
  await registers(3);
  await agent.next(SlaveRegisteredMessage);
});
