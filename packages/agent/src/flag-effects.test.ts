/** What flags of an agent change, as its master and its tasks see it. Flags with a part of their own have tests there. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseFlags } from '@meseta/flags';
import { type AgentInfo, RegisterSlaveMessage, type TaskInfo } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import { eventually, needs } from '@meseta/system/testing';
import { agentFlags } from './flags.ts';
import { startAgent } from './main.ts';
import type { RunningAgent } from './running-agent.ts';
import { frameworkId } from './testing/scripted-master.ts';
import { agentArguments, type Bench, bench, startTestAgent } from './testing/test-agent.ts';
import { TestCgroups } from './testing/test-cgroups.ts';

async function started(
  t: TestContext,
  ...flags: string[]
): Promise<{ readonly at: Bench; readonly agent: RunningAgent }> {
  const at = await bench(t);
  const agent = await startTestAgent(at, ...flags);
  at.onEnd(() => agent.shutdown());
  return { at, agent };
}

const descriptions: { name: string; flags: string[]; says: (info: AgentInfo) => unknown; expected: unknown }[] = [
  {
    name: '--hostname',
    flags: ['--hostname=agent.example.org'],
    says: ({ hostname }) => hostname,
    expected: 'agent.example.org',
  },
  {
    name: '--default_role is that of resources without one, and of those that are found',
    flags: ['--default_role=web', '--resources=cpus:2;mem:64;disk(*):32'],
    says: ({ resources }) => {
      const all = Resources.of(resources);
      return [all.reserved('web').scalar('cpus'), all.reserved('web').ranges('ports'), String(all.unreserved())];
    },
    expected: [2, [{ begin: 31000, end: 32000 }], 'disk:32'],
  },
  {
    name: '--attributes of every type',
    flags: ['--attributes=rack:r1:a;level:2.5;zones:[1-3,7-7];rack:r2'],
    says: ({ attributes }) => attributes,
    expected: [
      { name: 'rack', type: 'TEXT', text: { value: 'r1:a' } },
      { name: 'level', type: 'SCALAR', scalar: { value: 2.5 } },
      {
        name: 'zones',
        type: 'RANGES',
        ranges: {
          range: [
            { begin: 1, end: 3 },
            { begin: 7, end: 7 },
          ],
        },
      },
      { name: 'rack', type: 'TEXT', text: { value: 'r2' } },
    ],
  },
  {
    name: '--domain',
    flags: ['--domain={"fault_domain":{"region":{"name":"r"},"zone":{"name":"z"}}}'],
    says: ({ domain }) => domain,
    expected: { fault_domain: { region: { name: 'r' }, zone: { name: 'z' } } },
  },
];
for (const { name, flags, says, expected } of descriptions) {
  test(name, async t => {
    const { at } = await started(t, ...flags);
    assert.deepEqual(says((await at.master.untilReceived(RegisterSlaveMessage)).agent), expected);
  });
}

test('--ip is where the agent listens, and its name without a look-up', async t => {
  const { at, agent } = await started(t, '--ip=127.0.0.2', '--no-hostname_lookup');
  assert.equal((await at.master.untilReceived(RegisterSlaveMessage)).agent.hostname, '127.0.0.2');
  assert.ok((await fetch(`http://127.0.0.2:${agent.port}/health`)).ok);
  await assert.rejects(fetch(`http://127.0.0.1:${agent.port}/health`));
});

test('--advertise_ip and --advertise_port are where the master is to reach the agent', async t => {
  const at = await bench(t);
  const argv = agentArguments(at, ['--advertise_ip=192.0.2.7', '--advertise_port=7777']);
  const agent = await startAgent({ flags: parseFlags(agentFlags, argv).flags, log: at.log });
  at.onEnd(() => agent.stop());
  const { agent: info } = await at.master.untilReceived(RegisterSlaveMessage);
  assert.deepEqual([info.hostname, info.port], ['192.0.2.7', 7777]);
});

test('--resources in JSON, with a disk of its own and reservations', async t => {
  const at = await bench(t);
  const root = join(at.directory, 'disk');
  const scalar = (name: string, value: number, more: object = {}) => ({
    ...{ name, type: 'SCALAR', scalar: { value } },
    ...more,
  });
  const file = join(at.directory, 'resources.json');
  const disk = { source: { type: 'PATH', path: { root } } };
  const given = [scalar('cpus', 3), scalar('cpus', 1, { role: 'web' }), scalar('mem', 64), scalar('disk', 9, { disk })];
  await writeFile(file, JSON.stringify(given));
  const agent = await startTestAgent(at, `--resources=file://${file}`);
  at.onEnd(() => agent.shutdown());
  const { resources = [] } = (await at.master.untilReceived(RegisterSlaveMessage)).agent;
  const all = Resources.of(resources);
  assert.deepEqual(
    [all.unreserved().scalar('cpus'), all.reserved('web').scalar('cpus'), all.scalar('mem')],
    [3, 1, 64],
  );
  assert.deepEqual(resources.find(({ name }) => name === 'disk')?.disk, disk);
});

test('--agent_features leaves a capability out', async t => {
  const required = ['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT', 'RESOURCE_PROVIDER'];
  const more = ['AGENT_OPERATION_FEEDBACK', 'AGENT_DRAINING', 'TASK_RESOURCE_LIMITS'];
  const capabilities = [...required, ...more].map(type => ({ type }));
  const { at, agent } = await started(t, `--agent_features=${JSON.stringify({ capabilities })}`);
  assert.deepEqual((await at.master.untilReceived(RegisterSlaveMessage)).agent_capabilities, capabilities);
  const answer = await fetch(`http://127.0.0.1:${agent.port}/state`);
  const shown = (await answer.json()) as { readonly capabilities: readonly string[] };
  assert.deepEqual(shown.capabilities, [...required, ...more]);
});

test('--ip6_discovery_command: the address is in the status of tasks', async t => {
  const { at } = await started(t, '--ip6_discovery_command=echo 2001:db8::7');
  at.master.command('task', 'true');
  const { status } = await at.master.until('task', 'TASK_FINISHED');
  assert.deepEqual(status.container_status?.network_infos?.[0]?.ip_addresses, [
    { protocol: 'IPv4', ip_address: '127.0.0.1' },
    { protocol: 'IPv6', ip_address: '2001:db8::7' },
  ]);
});

test('--ip6_discovery_command that prints another address ends the start', async t => {
  const at = await bench(t);
  await assert.rejects(startTestAgent(at, '--ip6_discovery_command=echo 10.0.0.1'), {
    code: 'ADDRESS_UNKNOWN',
    message: "The command of --ip6_discovery_command printed no IPv6 address: '10.0.0.1'",
  });
});

/** Runs a task and returns what it wrote. */
async function outputOf({ directory, master }: Bench, task: Partial<TaskInfo>): Promise<string> {
  master.run({ id: 'task', ...task });
  await master.until('task', 'TASK_FINISHED');
  const run = ['work/slaves/latest/frameworks', frameworkId, 'executors/task/runs/latest/stdout'];
  return readFile(join(directory, ...run), 'utf8');
}

test('time-outs of recovery and shutdown are in the environment of executors', async t => {
  const { at } = await started(t, '--recovery_timeout=5mins', '--executor_shutdown_grace_period=7secs');
  const output = await outputOf(at, {
    command: { value: 'echo $MESOS_RECOVERY_TIMEOUT $MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD' },
  });
  assert.equal(output, '5mins 7secs\n');
});

test('--hadoop_home is where files in HDFS are fetched with', async t => {
  const at = await bench(t);
  const bin = join(at.directory, 'hadoop', 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'hadoop'), '#!/bin/sh\necho "$1 $2 $3" >"$4"\n', { mode: 0o755 });
  const agent = await startTestAgent(at, `--hadoop_home=${join(at.directory, 'hadoop')}`, '--no-switch_user');
  at.onEnd(() => agent.shutdown());
  const output = await outputOf(at, { command: { value: 'cat data', uris: [{ value: 'hdfs://h/data' }] } });
  assert.equal(output, 'fs -copyToLocal hdfs://h/data\n');
});

test('--frameworks_home is where relative paths of files are below', async t => {
  const at = await bench(t);
  await writeFile(join(at.directory, 'data'), 'at home\n', { mode: 0o644 });
  const agent = await startTestAgent(at, `--frameworks_home=${at.directory}`, '--no-switch_user');
  at.onEnd(() => agent.shutdown());
  const output = await outputOf(at, { command: { value: 'cat data', uris: [{ value: 'data' }] } });
  assert.equal(output, 'at home\n');
});

test('--default_container_info is the container of executors that name none', async t => {
  const source = { type: 'SANDBOX_PATH', sandbox_path: { type: 'SELF', path: 'own' } };
  const container = { type: 'MESOS', volumes: [{ container_path: 'seen', mode: 'RW', source }] };
  const { at } = await started(
    t,
    `--default_container_info=${JSON.stringify(container)}`,
    '--isolation=posix/cpu,posix/mem,volume/sandbox_path',
  );
  const output = await outputOf(at, { command: { value: 'echo shared >seen/file; cat own/file' } });
  assert.equal(output, 'shared\n');
});

test('--max_completed_executors_per_framework limits what is remembered', async t => {
  const { at, agent } = await started(t, '--max_completed_executors_per_framework=1');
  at.master.command('stays', 'exec sleep 600');
  for (const id of ['one', 'two']) {
    at.master.command(id, 'true');
    await at.master.until(id, 'TASK_FINISHED');
  }
  const framework = () => agent.context.agent.frameworks.get(frameworkId);
  const remembered = () => [...(framework()?.completedExecutors ?? [])].map(({ id }) => id);
  await eventually('the last one alone', () => remembered().join() === 'two');
});

const isRoot = needs.root('the linux launcher makes namespaces');

const namespaces: { flag: string; isolator: string; task: Partial<TaskInfo>; message: RegExp }[] = [
  {
    flag: '--disallow_sharing_agent_pid_namespace',
    isolator: 'namespaces/pid',
    task: { container: { type: 'MESOS', linux_info: { share_pid_namespace: true } } },
    message: /Sharing the pid namespace of the agent is not allowed here/,
  },
  {
    flag: '--disallow_sharing_agent_ipc_namespace',
    isolator: 'namespaces/ipc',
    task: { container: { type: 'MESOS', linux_info: { ipc_mode: 'SHARE_PARENT' } } },
    message: /Sharing the IPC namespace of the agent is not allowed here/,
  },
];
for (const { flag, isolator, task, message } of namespaces) {
  test(`${flag} refuses tasks that ask for it`, isRoot, async t => {
    const at = await bench(t);
    const isolation = `filesystem/linux,${isolator}`;
    const agent = await startTestAgent(at, ...new TestCgroups(at).flags(isolation), '--launcher=linux', flag);
    at.onEnd(() => agent.shutdown());
    at.master.run({ id: 'shares', command: { value: 'true' }, ...task });
    assert.match((await at.master.until('shares', 'TASK_FAILED')).status.message ?? '', message);
    at.master.command('own', 'true');
    await at.master.until('own', 'TASK_FINISHED');
  });
}

test('--host_path_volume_force_creation makes missing directories, below those that it names only', isRoot, async t => {
  const at = await bench(t);
  await chmod(at.directory, 0o755);
  const [allowed, other] = [join(at.directory, 'allowed'), join(at.directory, 'other')];
  const flags = new TestCgroups(at).flags('filesystem/linux,volume/host_path');
  const agent = await startTestAgent(at, ...flags, '--launcher=linux', `--host_path_volume_force_creation=${allowed}`);
  at.onEnd(() => agent.shutdown());
  const task = (host_path: string): Partial<TaskInfo> => ({
    command: { value: 'echo kept >data/file' },
    container: { type: 'MESOS', volumes: [{ host_path, container_path: 'data', mode: 'RW' }] },
  });
  at.master.run({ id: 'made', ...task(join(allowed, 'new')) });
  await at.master.until('made', 'TASK_FINISHED');
  assert.equal(await readFile(join(allowed, 'new', 'file'), 'utf8'), 'kept\n');
  at.master.run({ id: 'refused', ...task(other) });
  assert.match((await at.master.until('refused', 'TASK_FAILED')).status.message ?? '', /does not exist on the agent/);
});
