/** The command line of a user whose machine does not reach the agents: they are on a network that only the master is on, too. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { CutNetwork, eventually, needs, type Place, testInOwnNetwork } from '@meseta/system/testing';
import { Daemon, type Flags } from './support/daemon.ts';
import { type Finished, Meseta } from './support/meseta.ts';
import { endProcesses } from './support/processes.ts';

const test = testInOwnNetwork(import.meta.url, needs.program('iptables', 'the Debian package iptables'));

/** Of the network's bridge, on which the test itself is. */
const user: Place = { ip: '10.77.0.1', enter: [] };

interface Scene {
  readonly directory: string;
  readonly agent: Daemon;
  start(...argv: string[]): Meseta;
  run(...argv: string[]): Promise<Finished>;
}

/** A master and an agent that the user does not reach: what is sent there is lost without a sign. */
async function start(t: TestContext, master: Flags = {}): Promise<Scene> {
  const directory = mkdtempSync(path.join(tmpdir(), 'apart-'));
  t.after(async () => {
    await endProcesses(directory);
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  const network = await CutNetwork.make();
  const places = { master: await network.place('master'), agent: await network.place('agent') };
  const leader = await Daemon.start({
    ...{ kind: 'master', name: 'master', directory, place: places.master },
    flags: { work_dir: path.join(directory, 'master'), allocation_interval: '50ms', ...master },
  });
  const agent = await Daemon.start({
    ...{ kind: 'agent', name: 'agent', directory, place: places.agent },
    flags: {
      work_dir: path.join(directory, 'agent'),
      runtime_dir: path.join(directory, 'run'),
      master: leader.address,
      resources: 'cpus:4;mem:4096;disk:4096',
      registration_backoff_factor: '50ms',
      executor_reregistration_timeout: '15secs',
    },
  });
  await eventually('a registered agent', async () => /"active":true/.test((await leader.ask('/slaves')).text));
  await network.cut([[user, places.agent]]);
  const env = { MESETA_MASTER: leader.address };
  const begin = (...argv: string[]) => new Meseta(argv, { env });
  return { directory, agent, start: begin, run: (...argv) => begin(...argv).finished };
}

function assertDone({ code, stdout, stderr }: Finished): string {
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

test('output, files, use and metrics are read through the master', async t => {
  const { directory, run, start: begin } = await start(t);
  const command = 'mkdir sub; seq 20000 > sub/numbers; echo done; sleep 1000';
  const running = begin('run', '--name', 'far', command);
  await running.says(/^done$/m); // what it writes comes here, too
  assert.equal(assertDone(await run('task', 'logs', 'far')), 'done\n');
  assert.match(assertDone(await run('files', 'ls', 'far')), /sub/);
  assert.match(assertDone(await run('files', 'cat', 'far', 'sub/numbers')), /\n20000\n$/);
  assertDone(await run('files', 'get', 'far', 'sub', '--output', path.join(directory, 'copy')));
  assert.match(readFileSync(path.join(directory, 'copy/numbers'), 'utf8'), /^1\n2\n/);
  const [inspected] = JSON.parse(assertDone(await run('task', 'inspect', 'far')));
  assert.match(inspected.live_container.container_id.value, /^[\w-]+$/);
  assert.match(inspected.agent, /^http:\/\/10\.77\.0\.\d+:/, 'its own address, not that of the way to it');
  const [use] = JSON.parse(assertDone(await run('task', 'stats', '--no-stream', '--json', 'far')));
  assert.ok(JSON.stringify(use).includes('far'), JSON.stringify(use));
  assert.match(assertDone(await run('metrics', 'slave/tasks_running', '--agent', '10.77.0.3')), /\b1\n/);

  const refused = await run('logging', 'level', '1', '--agent', '10.77.0.3');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /The master does not pass SET_LOGGING_LEVEL on to agents.*CALL_NOT_PROXIED/s);
  assertDone(await run('task', 'kill', 'far'));
  await running.finished;
});

test('output is followed through the master over a restart of the agent', async t => {
  const { agent, run, start: begin, directory } = await start(t);
  const flag = path.join(directory, 'go');
  const command = `echo before; until [ -e ${flag} ]; do sleep 0.05; done; echo after`;
  assertDone(await run('run', '--detach', '--name', 'far', command));
  const following = begin('task', 'logs', '--follow', 'far');
  await following.says(/^before$/m);
  await agent.kill();
  agent.spawn();
  assertDone(await run('run', '--name', 'near', `touch ${flag}`));
  assert.equal(assertDone(await following.finished), 'before\nafter\n');
});

test('a master that passes nothing on: the agent is named that cannot be reached', async t => {
  const { run } = await start(t, { agent_proxy: false });
  const { code, stderr } = await run('metrics', '--agent', '10.77.0.3');
  assert.equal(code, 1);
  assert.match(stderr, /10\.77\.0\.3:\d+: no answer in time/);
});
