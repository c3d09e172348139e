/** Users' own modules, in JavaScript and TypeScript: what they are asked and give; those that misbehave. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { shellTask } from './support/framework.ts';
import { RecordingCommands } from './support/recording-commands.ts';

const httpExecutor = fileURLToPath(new URL('../packages/agent/src/testing/http-executor.ts', import.meta.url));

test("users' modules that hang, exit and throw", async t => {
  const commands = new RecordingCommands(t, []);
  const file = path.join(commands.directory, 'modules.mjs');
  writeFileSync(
    file,
    `const hook = { kind: 'hook', create: () => ({
      slaveRunTaskLabelDecorator() { for (;;); },
      slaveExecutorEnvironmentDecorator() { process.exit(3); },
      slaveRemoveExecutorHook() { throw new Error('no good-bye'); },
      slaveTaskStatusDecorator() { return new Promise(() => {}); },
    }) };
    const isolator = { kind: 'isolator', create: () => ({
      prepare(id, config) {
        if (config.task_info?.name === 'unprepared') process.exit(1);
        if (config.task_info?.name === 'unbuilt') return { masked_paths: ['/proc/kcore'] };
      },
      isolate(id) { return new Promise(() => {}); },
      cleanup() { throw new Error('not clean'); },
    }) };
    export default { org_example_Hook: hook, org_example_Isolator: isolator };`,
  );
  // The isolator has to answer in time once it is there again.
  const modules = Object.entries({ org_example_Hook: '0.3', org_example_Isolator: '5' }).map(([name, value]) => ({
    name,
    parameters: [{ key: 'timeout', value }],
  }));
  writeFileSync(commands.modules, JSON.stringify({ libraries: [{ file, modules }] }));
  const flags = { modules: commands.modules, hooks: 'org_example_Hook', isolation: 'posix/cpu,org_example_Isolator' };
  const cluster = await Cluster.start(t, { agents: [{ ...flags }] });
  const framework = await cluster.framework();
  const ends = {
    unprepared: /^Failed to launch container: .*ended/,
    unbuilt:
      /^Failed to launch container: Isolators ask for what is not built yet: masked_paths. They may set environment,/,
    unisolated: /^Failed to launch container: Collect failed: /,
  };
  for (const [id, message] of Object.entries(ends)) {
    await framework.run(shellTask(id, 'true'));
    const status = await framework.end(id);
    assert.equal(status.reason, 'REASON_CONTAINER_LAUNCH_FAILED');
    assert.match(status.message ?? '', message);
    assert.equal((await fetch(`${cluster.agent.origin}/health`)).status, 200);
  }
  await eventually('what the hook threw', () => /no good-bye/.test(cluster.agent.log));
  await eventually('what the isolator threw', () => /not clean/.test(cluster.agent.log));
  assert.ok(cluster.agent.running);

  await cluster.agent.kill('SIGTERM');
  await eventually('its offers to go', () => framework.offers.size === 0);
  await cluster.agent.start({ isolation: 'posix/cpu' });
  await framework.run(shellTask('runs', 'true'));
  assert.equal((await framework.end('runs')).state, 'TASK_FINISHED');
  await framework.teardown();
});

test('an agent starts whatever becomes of its decorators, undecorated', async t => {
  const methods = ['slaveResourcesDecorator', 'slaveAttributesDecorator'] as const;
  const commands = new RecordingCommands(t, methods, { hook_slave_resources_decorator_timeout: '0.3' }, 'persistent');
  commands.answer({ slaveResourcesDecorator: 'sleep 600', slaveAttributesDecorator: 'kill -9 $PPID' });
  const file = path.join(commands.directory, 'modules.mjs');
  writeFileSync(
    file,
    `export default { org_example_Hook: { kind: 'hook', create: () => ({
      slaveResourcesDecorator() { process.exit(3); },
      slaveAttributesDecorator() { for (;;); },
    }) } };`,
  );
  const parameters = [{ key: 'timeout', value: '0.3' }];
  const ofUser = JSON.stringify({ libraries: [{ file, modules: [{ name: 'org_example_Hook', parameters }] }] });
  const cluster = await Cluster.start(t, {
    agents: [commands.hookFlags, { modules: ofUser, hooks: 'org_example_Hook' }],
  });
  for (const { log } of cluster.agents) {
    assert.match(log, /Agent resources decorator hook failed/);
    assert.match(log, /Agent attributes decorator hook failed/);
  }
});

/** Writes down every call; gives labels, variables and an address. */
const typescriptModule = (calls: string) => `
  import { appendFileSync } from 'node:fs';
  type Answer = object | undefined;
  const seen = (name: string, about: unknown, answer?: Answer): Answer => {
    appendFileSync('${calls}', JSON.stringify({ name, about }) + '\\n');
    return answer;
  };
  const label = (key: string) => ({ labels: [{ key, value: 'yes' }] });
  const variables = (name: string) => ({ variables: [{ name, value: 'yes' }] });
  const addresses = { network_infos: [{ ip_addresses: [{ ip_address: '192.0.2.7' }] }] };
  export default {
    org_example_Hook: { kind: 'hook', create: () => ({
      slaveRunTaskLabelDecorator: (task: { task_id: object }) => seen('labels', task.task_id, label('decorated')),
      slaveExecutorEnvironmentDecorator: (info: object) => seen('environment', info, variables('OF_HOOK')),
      slavePostFetchHook: (id: object, directory: string) => seen('post-fetch', directory),
      slaveTaskStatusDecorator: (id: object, status: { state: string }) => seen('status', status.state, { labels: label('told') }),
      slaveRemoveExecutorHook: (framework: object, info: object) => seen('removed', info),
    }) },
    org_example_Isolator: { kind: 'isolator', create: () => ({
      prepare: (id: object, config: object) => seen('prepare', config, { environment: variables('OF_ISOLATOR') }),
      isolate: (id: object, pid: number) => seen('isolate', pid),
      update: (id: object, resources: object, limits: object) => seen('update', { resources, limits }),
      status: () => addresses,
      usage: () => ({ timestamp: 1, net_rx_bytes: 42 }),
      cleanup: (id: object) => seen('cleanup', id),
    }) },
  };`;

test("a custom executor has what a user's TypeScript modules give it", async t => {
  const commands = new RecordingCommands(t, []);
  const [file, log] = ['modules.ts', 'calls.log'].map(name => path.join(commands.directory, name)) as [string, string];
  writeFileSync(file, typescriptModule(log));
  const modules = ['org_example_Hook', 'org_example_Isolator'].map(name => ({ name }));
  writeFileSync(commands.modules, JSON.stringify({ libraries: [{ file, modules }] }));
  const flags = {
    modules: `file://${commands.modules}`,
    hooks: 'org_example_Hook',
    isolation: 'posix/cpu,org_example_Isolator',
  };
  const cluster = await Cluster.start(t, { agents: [flags] });
  const framework = await cluster.framework();
  const calls = (name: string) =>
    readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
      .filter(call => name === '' || call.name === name);

  const value = `env > variables; exec '${process.execPath}' --disable-warning=ExperimentalWarning '${httpExecutor}'`;
  const executor = { executor_id: { value: 'custom' }, command: { value } };
  const of = (id: string) => ({ task_id: { value: id }, executor });
  await framework.run(of('first'));
  const { labels, container_status } = await framework.reaches('first', 'TASK_RUNNING');
  assert.deepEqual(labels?.labels, [{ key: 'told', value: 'yes' }]);
  assert.equal(container_status?.network_infos?.[0]?.ip_addresses?.[0]?.ip_address, '192.0.2.7');
  assert.ok(container_status?.container_id && container_status.executor_pid);
  const [directory] = calls('post-fetch').map(({ about }) => about);
  const variables = readFileSync(path.join(directory, 'variables'), 'utf8');
  assert.match(variables, /^OF_HOOK=yes$/m);
  assert.match(variables, /^OF_ISOLATOR=yes$/m);
  const view = async (endpoint: string) => JSON.parse(await (await fetch(`${cluster.agent.origin}${endpoint}`)).text());
  const state = await view('/state');
  assert.deepEqual(state.frameworks[0].executors[0].tasks[0].labels, [{ key: 'decorated', value: 'yes' }]);
  const [{ statistics }] = await view('/monitor/statistics');
  assert.equal(statistics.net_rx_bytes, 42);

  await framework.run(of('second'));
  await framework.reaches('second', 'TASK_RUNNING');
  const memory = () =>
    calls('update').map(
      ({ about }) => about.resources.find(({ name }: { name: string }) => name === 'mem').scalar.value,
    );
  await eventually('both updates', () => memory().length >= 2);
  assert.deepEqual(memory(), [32, 64]);
  await cluster.agent.kill();
  await cluster.agent.start();
  await eventually('the update after the restart', () => memory().length === 3);
  assert.equal(memory().at(-1), 64);
  await framework.call({ type: 'KILL', kill: { task_id: { value: 'second' } } });
  await framework.reaches('second', 'TASK_KILLED');
  await eventually('the update after the end of a task', () => memory().at(-1) === 32);
  await framework.teardown();
  await eventually('the end of the executor', () => calls('removed').length === 1);
  const story = calls('').map(({ name }) => name);
  const once = story.filter(name => name !== 'status' && name !== 'update' && name !== 'labels');
  assert.deepEqual(once, ['environment', 'prepare', 'post-fetch', 'isolate', 'cleanup', 'removed']);
  assert.equal(calls('labels').length, 2);
});

test('names that nobody knows, or that come twice, keep daemons from starting', async t => {
  const commands = new RecordingCommands(t, []);
  const cluster = await Cluster.start(t);
  await cluster.agent.kill('SIGTERM');
  for (const [flag, message] of [
    [{ isolation: 'posix/cpu,org_example_None' }, /Unknown or unsupported isolator 'org_example_None'/],
    [{ isolation: 'posix/cpu,posix/mem,posix/cpu' }, /Isolator 'posix\/cpu' is given twice in --isolation/],
    [{ hooks: 'org_example_None', modules: commands.modules }, /No hook module named 'org_example_None' available/],
    [{ modules: '{"libraries":[{"file":"/opt/libexample.so"}]}' }, /native modules .* cannot be loaded/],
  ] as const) {
    cluster.agent.spawn(flag);
    assert.equal(await cluster.agent.ended, 'code 1');
    assert.match(cluster.agent.log, message);
  }
});
