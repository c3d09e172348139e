import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { parseFlags } from '@meseta/flags';
import { HttpClient } from '@meseta/process';
import { type AgentInfo, RecordDecoder, type SchedulerCall, type SchedulerEvent } from '@meseta/protocol';
import { freePort } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { masterFlags, masterRules } from './flags.ts';
import { type RunningMaster, startMaster } from './main.ts';
import { SimulatedAgent } from './testing/simulated-agent.ts';

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'master-'));
  cleanups.push(() => rm(directory, { recursive: true }));
  return directory;
}

async function masterOf(...argv: string[]): Promise<RunningMaster> {
  const flags = parseFlags(
    masterFlags,
    ['--ip=127.0.0.1', '--port=0', '--no-hostname_lookup', ...argv],
    {},
    masterRules,
  );
  const master = await startMaster({ flags, log: silentLogger() });
  cleanups.push(() => master.stop());
  return master;
}

async function agentOf(master: string, hostname = 'localhost'): Promise<SimulatedAgent> {
  const agent = await SimulatedAgent.start({ master, hostname });
  cleanups.push(() => agent.stop());
  return agent;
}

/** Subscribes a framework; its events come from the iterator. */
async function subscribe(master: string): Promise<AsyncIterator<SchedulerEvent>> {
  const client = new HttpClient(`http://${master}`);
  cleanups.push(() => client.close());
  const call: SchedulerCall = { type: 'SUBSCRIBE', subscribe: { framework_info: { user: 'root', name: 'test' } } };
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  const response = await client.request('POST', '/api/v1/scheduler', { headers, body: JSON.stringify(call) });
  assert.equal(response.status, 200);
  return events(response.body);
}

async function* events(body: AsyncIterable<Buffer>): AsyncGenerator<SchedulerEvent> {
  const decoder = new RecordDecoder();
  for await (const piece of body) {
    for (const record of decoder.push(piece)) yield JSON.parse(Buffer.from(record).toString()) as SchedulerEvent;
  }
}

async function next(stream: AsyncIterator<SchedulerEvent>, type: SchedulerEvent['type']): Promise<SchedulerEvent> {
  for (;;) {
    const { done, value } = await stream.next();
    assert.ok(!done, `the stream ended before ${type}`);
    if (value.type === type) return value;
  }
}

test('a framework is offered what agents bring, and hears when they leave', async () => {
  const master = await masterOf('--registry=in_memory');
  const stream = await subscribe(master.address);
  await next(stream, 'SUBSCRIBED');
  const agent = await agentOf(master.address);
  const id = await agent.register();
  const { offers } = await next(stream, 'OFFERS');
  assert.deepEqual(
    offers?.offers?.map(offer => [offer.agent_id.value, offer.hostname]),
    [[id, 'localhost']],
  );
  agent.breakConnections();
  const { rescind } = await next(stream, 'RESCIND');
  assert.deepEqual(rescind?.offer_id, offers?.offers?.[0]?.id);
});

test('only hosts on the whitelist are offered', async () => {
  const directory = await temporary();
  const whitelist = join(directory, 'whitelist');
  await writeFile(whitelist, 'yes\n');
  const master = await masterOf('--registry=in_memory', `--whitelist=${whitelist}`, '--allocation_interval=20ms');
  const [no, yes] = [await agentOf(master.address, 'no'), await agentOf(master.address, 'yes')];
  await no.register();
  await yes.register();
  const stream = await subscribe(master.address);
  const { offers } = await next(stream, 'OFFERS');
  assert.deepEqual(
    offers?.offers?.map(offer => offer.hostname),
    ['yes'],
  );
});

test('a store has one master', async () => {
  const directory = await temporary();
  await masterOf(`--work_dir=${directory}`);
  await assert.rejects(masterOf(`--work_dir=${directory}`), { code: 'STORAGE_LOCKED' });
});

test('a master without a registry refuses to begin one when told not to', async () => {
  const directory = await temporary();
  await assert.rejects(masterOf(`--work_dir=${directory}`, '--no-log_auto_initialize'), /no registry/);
  await (await masterOf(`--work_dir=${directory}`)).stop();
  await masterOf(`--work_dir=${directory}`, '--no-log_auto_initialize');
});

test('a master that is killed has stored every agent it answered', async () => {
  const directory = await temporary();
  const script = join(import.meta.dirname, 'testing/master-process.ts');
  const start = async (port: string): Promise<{ child: ChildProcess; address: string }> => {
    const argv = ['--ip=127.0.0.1', `--port=${port}`, '--no-hostname_lookup', `--work_dir=${directory}`];
    const child = fork(script, argv, { execArgv: ['--disable-warning=ExperimentalWarning'] });
    cleanups.push(() => kill(child));
    const [address] = (await once(child, 'message')) as [string];
    return { child, address };
  };
  const first = await start(String(await freePort()));
  const agents = await Promise.all(Array.from({ length: 40 }, () => agentOf(first.address)));
  // It dies while some are answered, some are being stored, and some are on their way.
  const answered = new Map<string, SimulatedAgent>();
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  for (const agent of agents) {
    agent
      .register()
      .then(id => answered.set(id, agent))
      .finally(() => answered.size === 10 && resolve());
  }
  await enough;
  await kill(first.child);
  const second = await start(first.address.slice(first.address.lastIndexOf(':') + 1));
  const ids = [...answered.keys()];
  assert.equal(new Set(ids).size, ids.length);
  const registry = new HttpClient(`http://${second.address}`);
  cleanups.push(() => registry.close());
  const back = await Promise.all([...answered.values()].map(agent => agent.reregister()));
  assert.deepEqual(back.map(({ agent_id }) => agent_id.value).sort(), ids.sort());
  const { slaves } = (await registry.get('/registrar(1)/registry')) as { slaves: { slaves: { info: AgentInfo }[] } };
  const stored = new Set(slaves.slaves.map(({ info }) => info.id?.value));
  assert.deepEqual(
    ids.filter(id => !stored.has(id)),
    [],
  );
  const snapshot = (await registry.get('/metrics/snapshot')) as Record<string, number>;
  assert.equal(snapshot['master/slave_reregistrations'], ids.length);
  assert.equal(snapshot['master/slave_registrations'] ?? 0, 0);
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
