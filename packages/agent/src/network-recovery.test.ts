/** Networks and agents that are killed: the next agent finds all that is attached, and detaches it once. */
import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findMarkedProcesses } from '@meseta/system';
import { eventually, testInOwnNetwork } from '@meseta/system/testing';
import { attaching, NetworkBench, networkPackages, run } from './testing/networks.ts';
import { kill, spawnAgent, startTestAgent } from './testing/test-agent.ts';

const test = testInOwnNetwork(import.meta.url, networkPackages);

test('an agent that is killed finds the networks of running containers again, and detaches them when they end', async t => {
  const bench = await NetworkBench.withPlugin(t, attaching('[ $CNI_COMMAND = DEL ] || { echo broken >&2; exit 1; }'));
  await bench.writeBridge('web', 1);
  const first = spawnAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => kill(first, 'SIGKILL'));
  await bench.at.master.untilAgent();
  bench.command('task', 'sleep 1000', [{ name: 'net', labels: { labels: [{ key: 'k' }] } }, { name: 'web' }]);
  const before = await bench.addresses('task');
  assert.deepEqual(before.slice(0, 2), ['192.0.2.7', '2001:db8::7']);
  await kill(first, 'SIGKILL');
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  await eventually('the check', async () => (await bench.calls()).includes('CHECK'));
  const [executor] = agent.context.agent.executors();
  const status = await agent.context.containerizer.status(executor?.container ?? assert.fail());
  assert.deepEqual(
    status.network_infos?.map(({ name, labels }) => ({ name, labels })),
    [
      { name: 'net', labels: { labels: [{ key: 'k' }] } },
      { name: 'web', labels: undefined },
    ],
  );
  bench.kill('task');
  const { status: end } = await bench.at.master.until('task', 'TASK_KILLED');
  assert.equal(end.state, 'TASK_KILLED');
  await bench.untilNothingIsLeft();
  assert.deepEqual(await bench.calls(), ['ADD', 'CHECK', 'DEL']);
});

test('an agent that is killed during ADD leaves nothing that the next one does not end', async t => {
  const bench = await NetworkBench.withPlugin(t, '[ $CNI_COMMAND = DEL ] && exit; setsid sleep 1000 & sleep 1000');
  await bench.writeBridge('web', 1);
  const first = spawnAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => kill(first, 'SIGKILL'));
  await bench.at.master.untilAgent();
  bench.command('task', 'touch $MESOS_SANDBOX/ran', [{ name: 'web' }, { name: 'net' }]);
  await eventually('the call', async () => (await bench.calls()).includes('ADD'));
  await kill(first, 'SIGKILL');
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  await bench.untilNothingIsLeft();
  assert.deepEqual(await bench.calls(), ['ADD', 'DEL']);
  assert.deepEqual(await bench.pluginProcesses(), []);
  const files = await readdir(join(bench.at.directory, 'work'), { recursive: true });
  assert.deepEqual(
    files.filter(path => path.endsWith('/ran')),
    [],
  );
});

test('containers are detached after a restart of the machine, when their records persist', async t => {
  const bench = await NetworkBench.withPlugin(t, attaching('[ -z "$CNI_NETNS" ]'));
  await bench.writeBridge('web', 1);
  const flags = bench.flags('--network_cni_root_dir_persist');
  const first = spawnAgent(bench.at, ...flags);
  bench.at.onEnd(() => kill(first, 'SIGKILL'));
  await bench.at.master.untilAgent();
  bench.command('task', 'exec sleep 1000', [{ name: 'net' }, { name: 'web' }]);
  await bench.addresses('task');
  await kill(first, 'SIGKILL');
  // What a restart does: no process, no mount, nothing below /run.
  const { status } = await bench.at.master.until('task', 'TASK_RUNNING');
  const id = status.container_status?.container_id?.value ?? '';
  const records = join(bench.at.directory, 'work/isolators/network/cni');
  await run('umount', join(records, id, 'ns'));
  process.kill(Number(status.container_status?.executor_pid), 'SIGKILL');
  await eventually('the end of shims', async () => {
    const marks = {
      marker: { name: 'MESETA_CONTAINER_ID', value: id },
      first: { pid: 0, start: 0 },
      ownsSession: false,
    };
    return (await findMarkedProcesses(marks)).length === 0;
  });
  await rm(join(bench.at.directory, 'run'), { recursive: true });
  const agent = await startTestAgent(bench.at, ...flags);
  bench.at.onEnd(() => agent.shutdown());
  await eventually('no record', async () => (await readdir(records)).length === 0);
  await bench.untilNothingIsLeft();
  assert.deepEqual(await bench.calls(), ['ADD', 'DEL']);
});

test('a container that cannot be detached is detached by the next agent', async t => {
  const bench = await NetworkBench.withPlugin(t, attaching('echo no >&2; exit 1'));
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.stop());
  assert.equal(await bench.output('task', 'echo done', [{ name: 'net' }]), 'done\n');
  await eventually('the call', async () => (await bench.calls()).includes('DEL'));
  await agent.stop();
  assert.equal((await readdir(bench.records)).length, 1);
  await bench.writePlugin('fake', 'true');
  // The configuration of the time of ADD counts.
  await writeFile(join(bench.configs, 'net.conf'), JSON.stringify({ name: 'other', type: 'fake' }));
  const next = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => next.shutdown());
  await bench.untilNothingIsLeft();
  assert.deepEqual(await bench.calls(), ['ADD', 'DEL', 'DEL']);
});

test('an agent ends although a container cannot be detached', async t => {
  const bench = await NetworkBench.withPlugin(t, attaching('echo no >&2; exit 1'));
  const agent = await startTestAgent(bench.at, ...bench.flags());
  bench.at.onEnd(() => agent.shutdown());
  bench.command('task', 'sleep 1000', [{ name: 'net' }]);
  await bench.addresses('task');
  await agent.shutdown();
  assert.deepEqual(await bench.calls(), ['ADD', 'DEL']);
  assert.equal((await readdir(bench.records)).length, 1);
});
