import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CommandInfo, ContainerConfig } from '@meseta/protocol';
import { createSandbox } from '../sandbox.ts';
import { MesosContainerizer } from './containerizer.ts';
import { eventually, Harness, id } from './launchers/harness.ts';
import { containerPath } from './paths.ts';

async function setUp(context: TestContext) {
  const harness = await Harness.make(context);
  const { runtimeDirectory, directory } = harness;
  await createSandbox(directory);
  const containerizer = () => new MesosContainerizer({ launcher: harness.launcher(), runtimeDirectory });
  const config = (command: CommandInfo, more: Partial<ContainerConfig> = {}) => ({
    config: { directory, command_info: command, ...more },
    environment: { MESOS_DIRECTORY: directory, GREETING: 'agent' },
  });
  return { harness, containerizer, config };
}

const commands: { name: string; command: CommandInfo; output: string }[] = [
  {
    name: 'shell',
    command: { value: 'echo $0 $GREETING $PATH' },
    output: 'sh agent /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n',
  },
  {
    name: 'argv',
    command: { shell: false, value: 'sh', arguments: ['zero', '-c', 'echo $0 "$1"', 'one', 'a b'] },
    output: 'one a b\n',
  },
  { name: 'no argv', command: { shell: false, value: '/bin/pwd' }, output: '' },
  {
    name: "the command's environment wins",
    command: { value: 'echo $GREETING', environment: { variables: [{ name: 'GREETING', value: 'command' }] } },
    output: 'command\n',
  },
];
for (const { name, command, output } of commands) {
  test(`runs a command: ${name}`, async context => {
    const { harness, containerizer, config } = await setUp(context);
    const mesos = containerizer();
    assert.equal(await mesos.launch(id('c'), config(command)), 'launched');
    assert.deepEqual(await mesos.wait(id('c')), { exit: { kind: 'exited', code: 0 } });
    assert.equal(await harness.stdout(), output || `${harness.directory}\n`);
    await mesos.remove(id('c'));
  });
}

test('leaves containers for other containerizers alone, and refuses what it cannot do', async context => {
  const { containerizer, config } = await setUp(context);
  const mesos = containerizer();
  assert.equal(
    await mesos.launch(id('c'), config({ value: 'true' }, { container_info: { type: 'DOCKER' } })),
    'not-supported',
  );
  await assert.rejects(mesos.launch(id('c'), config({ value: 'true' }, { rootfs: '/' })), { code: 'INVALID' });
  const rlimit_info = { rlimits: [{ type: 'RLMT_CORE' as const, hard: 0, soft: 0 }] };
  const limited = config({ value: 'true' }, { container_info: { type: 'MESOS', rlimit_info } });
  await assert.rejects(mesos.launch(id('c'), limited), { code: 'INVALID', message: /rlimit_info/ });
  const secret = { variables: [{ name: 'TOKEN', type: 'SECRET' as const }] };
  await assert.rejects(mesos.launch(id('c'), config({ value: 'true', environment: secret })), {
    code: 'INVALID',
    message: /TOKEN/,
  });
});

test('reports usage, limits and status', async context => {
  const { containerizer, config } = await setUp(context);
  const mesos = containerizer();
  const scalar = (name: string, value: number) => ({ name, type: 'SCALAR' as const, scalar: { value } });
  const resources = [scalar('cpus', 0.1), scalar('cpus', 0.5), scalar('mem', 96)];
  await mesos.launch(id('c'), config({ value: 'exec sleep 1000' }, { resources }));
  await eventually('memory the kernel has counted', async () => (await mesos.usage(id('c')))?.mem_rss_bytes);
  const usage = (await mesos.usage(id('c')))!;
  const { timestamp, mem_rss_bytes, cpus_user_time_secs, cpus_system_time_secs, ...rest } = usage;
  assert.ok(timestamp > 1e9 && mem_rss_bytes! > 0 && cpus_user_time_secs! >= 0 && cpus_system_time_secs! >= 0);
  const [mem_limit_bytes, mem_soft_limit_bytes] = [100663296, 100663296];
  assert.deepEqual(rest, { processes: 1, threads: 1, cpus_soft_limit: 0.6, mem_limit_bytes, mem_soft_limit_bytes });
  await mesos.update(id('c'), { resources, limits: { cpus: 2, mem: Number.POSITIVE_INFINITY } });
  const updated = (await mesos.usage(id('c')))!;
  assert.deepEqual([updated.cpus_limit, updated.mem_limit_bytes], [2, undefined]);
  assert.equal(typeof (await mesos.status(id('c')))?.executor_pid, 'number');
  await mesos.remove(id('c'));
  assert.deepEqual([await mesos.usage(id('c')), await mesos.status(id('c'))], [undefined, undefined]);
});

test('recovery keeps the known and removes the others', async context => {
  const { harness, containerizer, config } = await setUp(context);
  const first = containerizer();
  for (const name of ['known', 'orphan']) await first.launch(id(name), config({ value: 'sleep 1000 & wait' }));
  await mkdir(containerPath(harness.runtimeDirectory, id('orphan')), { recursive: true });
  await first.close();
  const second = containerizer();
  const recovery = await second.recover([id('known'), id('never-launched')]);
  assert.deepEqual([[...recovery.containers.keys()], recovery.orphans], [[id('known')], [id('orphan')]]);
  await eventually(
    'the orphan to go',
    async () => (await readdir(join(harness.runtimeDirectory, 'launcher'))).join() === id('known'),
  );
  await eventually(
    'its directory to go',
    async () => (await readdir(join(harness.runtimeDirectory, 'containers'))).length === 0,
  );
  await eventually('the known', async () => (await second.usage(id('known')))?.processes === 2);
  await second.remove(id('known'));
});
