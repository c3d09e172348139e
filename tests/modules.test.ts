/** Hooks and isolators over the whole life of containers, agents and masters; modules that misbehave. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '@meseta/process/testing';
import type { FrameworkInfo, TaskInfo } from '@meseta/protocol';
import { Cluster } from './support/cluster.ts';
import { Framework } from './support/framework.ts';
import { filesBelow, RecordingCommands } from './support/recording-commands.ts';

const httpExecutor = fileURLToPath(new URL('../packages/agent/src/testing/http-executor.ts', import.meta.url));

const task = (id: string, value: string, more: Partial<TaskInfo> = {}): Partial<TaskInfo> => ({
  task_id: { value: id },
  command: { shell: true, value },
  ...more,
});

async function subscribe(t: TestContext, cluster: Cluster, info: Partial<FrameworkInfo> = {}): Promise<Framework> {
  const framework = await new Framework(cluster.master.origin, info).start();
  t.after(() => framework.close());
  return framework;
}

async function run(framework: Framework, ...tasks: Partial<TaskInfo>[]): Promise<void> {
  await framework.launch(await framework.offer(), tasks);
}

const end = (framework: Framework, id: string) => framework.reaches(id, 'TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED');

const limitation = (message: string) =>
  `echo '{"resources":[{"name":"mem","type":"SCALAR","scalar":{"value":1}}],` +
  `"message":"${message}","reason":"REASON_CONTAINER_LIMITATION_MEMORY"}' > "$2"`;

test('containers that run into a limit later on', async t => {
  const commands = new RecordingCommands(t, ['watch', 'cleanup', 'slaveRemoveExecutorHook', 'slavePostFetchHook'], {
    isolator_watch_frequence: '0.1',
  });
  const cluster = await Cluster.start(t, { agents: [commands.flags] });
  const framework = await subscribe(t, cluster);

  await t.test('a command task', async () => {
    await run(framework, task('limited', 'sleep 600'));
    await framework.reaches('limited', 'TASK_RUNNING');
    assert.equal((await commands.called('slavePostFetchHook')).input.directory.includes('limited'), true);
    commands.answer({ watch: limitation('too much') });
    const status = await end(framework, 'limited');
    const { state, reason, message, source } = status;
    assert.deepEqual(
      { state, reason, message, source },
      {
        state: 'TASK_FAILED',
        reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
        message: 'too much',
        source: 'SOURCE_AGENT',
      },
    );
    assert.equal(status.limitation?.resources?.[0]?.name, 'mem');
    const methods = commands.methods('limited');
    assert.deepEqual(methods.slice(-2), ['cleanup', 'slaveRemoveExecutorHook']);
  });

  await t.test('a custom executor', async () => {
    commands.clear();
    commands.answer({});
    const executor = { executor_id: { value: 'custom' }, command: { shell: true, value: 'sleep 600' } };
    const { command: _, ...custom } = task('of-custom', '');
    await run(framework, { ...custom, executor });
    const { input } = await commands.called('watch', 'custom', 2);
    assert.equal(input.container_config.executor_info.executor_id.value, 'custom');
    assert.equal(
      input.container_config.resources.find(({ name }: { name: string }) => name === 'mem').scalar.value,
      32,
    );
    commands.answer({ watch: limitation('far too much') });
    const { reason, message } = await end(framework, 'of-custom');
    assert.deepEqual({ reason, message }, { reason: 'REASON_CONTAINER_LIMITATION_MEMORY', message: 'far too much' });
    assert.deepEqual(commands.methods('custom').slice(-2), ['cleanup', 'slaveRemoveExecutorHook']);
  });
  await framework.teardown();
});

test('an agent that is killed and started again', async t => {
  const methods = ['prepare', 'watch', 'cleanup', 'recover', 'slaveRemoveExecutorHook'] as const;
  const commands = new RecordingCommands(t, methods, { isolator_watch_frequence: '0.1' });
  const cluster = await Cluster.start(t, { agents: [commands.flags] });
  const framework = await subscribe(t, cluster);
  const contexts = path.join(cluster.directory, 'agent-1-run/isolators');

  await t.test('goes on with what runs, and cleans up after what does not', async () => {
    await run(framework, task('stays', 'sleep 600'), task('goes', 'sleep 600'), task('limited', 'sleep 600'));
    for (const id of ['stays', 'goes', 'limited']) await framework.reaches(id, 'TASK_RUNNING');
    await commands.called('watch', 'goes');
    const goes = (await commands.called('prepare', '"goes"')).input;
    await cluster.agent.kill();
    process.kill(Number(pidOf(goes.container_config.directory)), 'SIGKILL');
    commands.clear();
    commands.answer({ watch: `grep -q '"limited"' "$1" && ${limitation('at last')}; true` });
    await cluster.agent.start();
    assert.equal((await end(framework, 'goes')).state, 'TASK_FAILED');
    assert.equal((await end(framework, 'limited')).message, 'at last');
    for (const id of ['goes', 'limited']) {
      await commands.called('slaveRemoveExecutorHook', `"${id}"`);
      assert.equal(commands.methods(`"${id}"`).filter(method => method === 'cleanup').length, 1);
    }
    await commands.called('watch', '"stays"', 2);
    assert.equal((await commands.called('recover')).input.container_states.length, 3);
    const killed = { task_id: { value: 'stays' } };
    await framework.call({ type: 'KILL', kill: killed });
    await framework.reaches('stays', 'TASK_KILLED');
    await commands.called('slaveRemoveExecutorHook', '"stays"');
    await eventually('contexts that are gone', () => filesBelow(contexts).length === 0);
  });

  await t.test('keeps what modules put into the environment of tasks, for their checks', async () => {
    commands.clear();
    commands.answer({ prepare: `echo '{"environment":{"variables":[{"name":"FROM","value":"prepare"}]}}' > "$2"` });
    const checked = { command: { value: `exit $(test "$FROM" = prepare -a ! -f ${commands.directory}/ill; echo $?)` } };
    await run(
      framework,
      task('checked', 'sleep 600', {
        check: { type: 'COMMAND', delay_seconds: 0, interval_seconds: 0.1, command: checked },
      }),
    );
    const codes = () => framework.statusesOf('checked').map(({ check_status }) => check_status?.command?.exit_code);
    await eventually(
      () => `exit code 0; there are ${codes()}`,
      () => codes().at(-1) === 0,
    );
    await cluster.agent.kill();
    await cluster.agent.start();
    writeFileSync(path.join(commands.directory, 'ill'), '');
    await eventually(
      () => `exit code 1; there are ${codes()}`,
      () => codes().at(-1) === 1,
    );
    const before = codes().length;
    rmSync(path.join(commands.directory, 'ill'));
    await eventually(
      () => `exit code 0 again; there are ${codes()}`,
      () => codes().length > before && codes().at(-1) === 0,
    );
    await framework.call({ type: 'KILL', kill: { task_id: { value: 'checked' } } });
    await framework.reaches('checked', 'TASK_KILLED');
  });

  await t.test('ends and cleans up after what belongs to nobody', async () => {
    commands.clear();
    commands.answer({});
    const fleeting = await subscribe(t, cluster, { checkpoint: false, name: 'fleeting' });
    await run(fleeting, task('orphan', 'sleep 600'));
    await fleeting.reaches('orphan', 'TASK_RUNNING');
    const { container_id, container_config } = (await commands.called('prepare', '"orphan"')).input;
    await cluster.agent.kill();
    await cluster.agent.start();
    assert.deepEqual((await commands.called('recover')).input.orphans, [container_id]);
    await commands.called('cleanup', container_id.value);
    assert.throws(() => pidOf(container_config.directory), /Nothing runs/);
    await eventually('contexts that are gone', () => filesBelow(contexts).length === 0);
    await fleeting.teardown();
  });

  await t.test('cleans up after a launch it was killed in', async () => {
    commands.clear();
    commands.answer({ prepare: 'exec sleep 600' });
    await run(framework, task('caught', 'sleep 600'));
    await commands.called('prepare');
    await cluster.agent.kill();
    await cluster.agent.start();
    assert.equal((await end(framework, 'caught')).state, 'TASK_FAILED');
    await commands.called('slaveRemoveExecutorHook', '"caught"');
    await commands.called('cleanup', '"caught"');
    await eventually('contexts that are gone', () => filesBelow(contexts).length === 0);
  });

  await framework.teardown();
});

test('an agent that is stopped cleans up after what does not outlive it', async t => {
  const commands = new RecordingCommands(t, ['prepare', 'cleanup', 'slaveRemoveExecutorHook']);
  const cluster = await Cluster.start(t, { agents: [commands.flags] });
  const framework = await subscribe(t, cluster, { checkpoint: false });
  await run(framework, task('fleeting', 'sleep 600'));
  await framework.reaches('fleeting', 'TASK_RUNNING');
  await cluster.agent.kill('SIGTERM');
  assert.deepEqual(commands.methods('"fleeting"'), ['prepare', 'cleanup', 'slaveRemoveExecutorHook']);
  assert.deepEqual(filesBelow(path.join(cluster.directory, 'agent-1-run/isolators')), []);
  await framework.teardown();
});

/** The first process of the container with that sandbox. */
function pidOf(sandbox: string): string {
  const pid = readdirSync('/proc').find(name => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === sandbox;
    } catch {
      return false;
    }
  });
  if (pid === undefined) throw new Error(`Nothing runs in ${sandbox}`);
  return pid;
}

test('a task that is killed while hooks and isolators are asked', async t => {
  const commands = new RecordingCommands(t, ['slaveRunTaskLabelDecorator', 'prepare', 'cleanup']);
  const cluster = await Cluster.start(t, { agents: [commands.flags] });
  const framework = await subscribe(t, cluster);
  for (const method of ['slaveRunTaskLabelDecorator', 'prepare'] as const) {
    const id = `killed-in-${method}`;
    const go = path.join(commands.directory, `go-${method}`);
    commands.answer({ [method]: `until [ -f ${go} ]; do sleep 0.02; done` });
    await run(framework, task(id, `touch ${commands.directory}/has-run`));
    await commands.called(method, id);
    await framework.call({ type: 'KILL', kill: { task_id: { value: id } } });
    await eventually('the kill', () => /Killing task.*killed-in-/.test(cluster.agent.log));
    writeFileSync(go, '');
    const { state, reason } = await end(framework, id);
    assert.deepEqual({ state, reason }, { state: 'TASK_KILLED', reason: 'REASON_TASK_KILLED_DURING_LAUNCH' });
  }
  assert.equal(existsSync(path.join(commands.directory, 'has-run')), false);
  await framework.teardown();
});

test('what hooks make of the agent and of statuses', async t => {
  const methods = ['slaveResourcesDecorator', 'slaveAttributesDecorator', 'slaveTaskStatusDecorator'] as const;
  const commands = new RecordingCommands(t, methods);
  commands.answer({
    slaveResourcesDecorator: `echo '{"resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":3}},
      {"name":"mem","type":"SCALAR","scalar":{"value":512}},{"name":"tea","type":"SCALAR","scalar":{"value":7}}]}' > "$2"`,
    slaveAttributesDecorator: `echo '{"attributes":[{"name":"rack","type":"TEXT","text":{"value":"r9"}}]}' > "$2"`,
    slaveTaskStatusDecorator: `echo '{"labels":{"labels":[{"key":"seen","value":"yes"}]}}' > "$2"`,
  });
  const cluster = await Cluster.start(t, { agents: [commands.hookFlags] });
  const [slave] = (await cluster.get('/slaves')).slaves;
  assert.equal(slave.resources.tea, 7);
  assert.equal(slave.resources.cpus, 3);
  assert.deepEqual(slave.attributes, { rack: 'r9' });
  const framework = await subscribe(t, cluster);
  await run(framework, task('seen', 'true'));
  await end(framework, 'seen');
  assert.deepEqual(framework.statesOf('seen'), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED']);
  for (const { labels } of framework.statusesOf('seen'))
    assert.deepEqual(labels?.labels, [{ key: 'seen', value: 'yes' }]);
  const state = await (await fetch(`${cluster.agent.origin}/state`)).json();
  assert.match(JSON.stringify(state), /"labels":\[\{"key":"seen","value":"yes"\}\]/);
  await framework.teardown();
});

test('hooks of the master', async t => {
  const methods = [
    'masterLaunchTaskLabelDecorator',
    'masterLaunchTaskResourceDecorator',
    'masterSlaveLostHook',
  ] as const;
  const commands = new RecordingCommands(t, methods);
  const go = path.join(commands.directory, 'go');
  commands.answer({
    masterLaunchTaskLabelDecorator: `echo '{"labels":[{"key":"by","value":"master"}]}' > "$2"
      ! grep -q '"late"' "$1" || until [ -f ${go} ]; do sleep 0.02; done`,
    masterLaunchTaskResourceDecorator: `echo '{"resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":0.5}},
      {"name":"mem","type":"SCALAR","scalar":{"value":64}}]}' > "$2"`,
  });
  const cluster = await Cluster.start(t, { master: commands.hookFlags });
  const framework = await subscribe(t, cluster);
  await run(framework, task('early', 'sleep 600'));
  await framework.reaches('early', 'TASK_RUNNING');
  for (const origin of [cluster.master.origin, cluster.agent.origin]) {
    const text = await (await fetch(`${origin}/state`)).text();
    assert.match(text, /"labels":\[\{"key":"by","value":"master"\}\]/);
    assert.match(text, /"cpus":0.5/);
  }
  const { input } = await commands.called('masterLaunchTaskResourceDecorator');
  assert.equal(input.slave_resources[0].name, 'cpus');

  await run(framework, task('late', 'sleep 600'));
  await commands.called('masterLaunchTaskLabelDecorator', '"late"');
  await framework.call({ type: 'KILL', kill: { task_id: { value: 'late' } } });
  assert.equal((await fetch(`${cluster.master.origin}/health`)).status, 200);
  writeFileSync(go, '');
  assert.equal((await end(framework, 'late')).state, 'TASK_KILLED');
  assert.equal(framework.statesOf('late').includes('TASK_GONE'), false);

  const { agent_id } = await framework.reaches('early', 'TASK_RUNNING');
  const body = JSON.stringify({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id } });
  await fetch(`${cluster.master.origin}/api/v1`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  });
  const { input: lost } = await commands.called('masterSlaveLostHook');
  assert.equal(lost.slave_info.id.value, agent_id?.value);
  await framework.teardown();
});

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
        if (config.task_info?.name === 'unbuilt') return { rlimits: { rlimits: [{ type: 'RLMT_CORE', hard: 0, soft: 0 }] } };
      },
      isolate(id) { return new Promise(() => {}); },
      cleanup() { throw new Error('not clean'); },
    }) };
    export default { org_example_Hook: hook, org_example_Isolator: isolator };`,
  );
  const parameters = [{ key: 'timeout', value: '0.3' }];
  const modules = ['org_example_Hook', 'org_example_Isolator'].map(name => ({ name, parameters }));
  writeFileSync(commands.modules, JSON.stringify({ libraries: [{ file, modules }] }));
  const flags = { modules: commands.modules, hooks: 'org_example_Hook', isolation: 'posix/cpu,org_example_Isolator' };
  const cluster = await Cluster.start(t, { agents: [{ ...flags }] });
  const framework = await subscribe(t, cluster);
  const ends = {
    unprepared: /^Failed to launch container: .*ended/,
    unbuilt: /^Failed to launch container: Isolators ask for what is not built yet: rlimits. They may set environment,/,
    unisolated: /^Failed to launch container: Collect failed: /,
  };
  for (const [id, message] of Object.entries(ends)) {
    await run(framework, task(id, 'true'));
    const status = await end(framework, id);
    assert.equal(status.reason, 'REASON_CONTAINER_LAUNCH_FAILED');
    assert.match(status.message ?? '', message);
    assert.equal((await fetch(`${cluster.agent.origin}/health`)).status, 200);
  }
  await eventually('what the hook threw', () => /no good-bye/.test(cluster.agent.log));
  assert.match(cluster.agent.log, /not clean/);
  assert.ok(cluster.agent.running);

  await cluster.agent.kill('SIGTERM');
  await cluster.agent.start({ isolation: 'posix/cpu' });
  await run(framework, task('runs', 'true'));
  assert.equal((await end(framework, 'runs')).state, 'TASK_FINISHED');
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
  const framework = await subscribe(t, cluster);
  const calls = (name: string) =>
    readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
      .filter(call => name === '' || call.name === name);

  const value = `env > variables; exec '${process.execPath}' --disable-warning=ExperimentalWarning '${httpExecutor}'`;
  const executor = { executor_id: { value: 'custom' }, command: { value } };
  const of = (id: string) => ({ task_id: { value: id }, executor });
  await run(framework, of('first'));
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

  await run(framework, of('second'));
  await framework.reaches('second', 'TASK_RUNNING');
  const memory = () =>
    calls('update').map(
      ({ about }) => about.resources.find(({ name }: { name: string }) => name === 'mem').scalar.value,
    );
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
