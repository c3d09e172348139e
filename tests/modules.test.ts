/** Hooks and isolators, as commands, over the whole life of containers, agents and masters. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { filesBelow } from './support/files-below.ts';
import { shellTask } from './support/framework.ts';
import { RecordingCommands } from './support/recording-commands.ts';

const limitation = (message: string) =>
  `echo '{"resources":[{"name":"mem","type":"SCALAR","scalar":{"value":1}}],` +
  `"message":"${message}","reason":"REASON_CONTAINER_LIMITATION_MEMORY"}' > "$2"`;

test('containers that run into a limit later on', async t => {
  const commands = new RecordingCommands(t, ['watch', 'cleanup', 'slaveRemoveExecutorHook', 'slavePostFetchHook'], {
    isolator_watch_frequence: '0.1',
  });
  const cluster = await Cluster.start(t, { agents: [commands.flags] });
  const framework = await cluster.framework();

  await t.test('a command task', async () => {
    await framework.run(shellTask('limited', 'sleep 600'));
    await framework.reaches('limited', 'TASK_RUNNING');
    assert.equal((await commands.called('slavePostFetchHook')).input.directory.includes('limited'), true);
    commands.answer({ watch: limitation('too much') });
    const status = await framework.end('limited');
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
    await commands.called('slaveRemoveExecutorHook', 'limited');
    assert.deepEqual(commands.methods('limited').slice(-2), ['cleanup', 'slaveRemoveExecutorHook']);
  });

  await t.test('a custom executor', async () => {
    commands.clear();
    commands.answer({});
    const executor = { executor_id: { value: 'custom' }, command: { shell: true, value: 'sleep 600' } };
    const { command: _, ...custom } = shellTask('of-custom', '');
    await framework.run({ ...custom, executor });
    const { input } = await commands.called('watch', 'custom', 2);
    assert.equal(input.container_config.executor_info.executor_id.value, 'custom');
    assert.equal(
      input.container_config.resources.find(({ name }: { name: string }) => name === 'mem').scalar.value,
      32,
    );
    commands.answer({ watch: limitation('far too much') });
    const { reason, message } = await framework.end('of-custom');
    assert.deepEqual({ reason, message }, { reason: 'REASON_CONTAINER_LIMITATION_MEMORY', message: 'far too much' });
    await commands.called('slaveRemoveExecutorHook', 'custom');
    assert.deepEqual(commands.methods('custom').slice(-2), ['cleanup', 'slaveRemoveExecutorHook']);
  });
  await framework.teardown();
});

test('an agent that is killed and started again', async t => {
  const methods = ['prepare', 'watch', 'cleanup', 'recover', 'slaveRemoveExecutorHook'] as const;
  const commands = new RecordingCommands(t, methods, { isolator_watch_frequence: '0.1' });
  const resources = 'cpus:4;mem:4096;disk:4096;cpus(brief):1;mem(brief):64'; // each framework has its own
  const cluster = await Cluster.start(t, { agents: [{ ...commands.flags, resources }] });
  const framework = await cluster.framework();
  const contexts = path.join(cluster.directory, 'agent-1-run/isolators');

  await t.test('goes on with what runs, and cleans up after what does not', async () => {
    await framework.run(
      shellTask('stays', 'sleep 600'),
      shellTask('goes', 'sleep 600'),
      shellTask('limited', 'sleep 600'),
    );
    for (const id of ['stays', 'goes', 'limited']) await framework.reaches(id, 'TASK_RUNNING');
    await commands.called('watch', 'goes');
    const goes = (await commands.called('prepare', '"goes"')).input;
    await cluster.agent.kill();
    process.kill(Number(pidOf(goes.container_config.directory)), 'SIGKILL');
    commands.clear();
    commands.answer({ watch: `grep -q '"limited"' "$1" && ${limitation('at last')}; true` });
    await cluster.agent.start();
    assert.equal((await framework.end('goes')).state, 'TASK_FAILED');
    assert.equal((await framework.end('limited')).message, 'at last');
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
    await framework.run(
      shellTask('checked', 'sleep 600', {
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
    await commands.called('slaveRemoveExecutorHook', '"checked"'); // its container has gone, with that of a check
  });

  await t.test('ends and cleans up after what belongs to nobody', async () => {
    commands.clear();
    commands.answer({});
    const fleeting = await cluster.framework({ checkpoint: false, roles: ['brief'] });
    await fleeting.run(shellTask('orphan', 'sleep 600'));
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
    await framework.run(shellTask('caught', 'sleep 600'));
    await commands.called('prepare');
    await cluster.agent.kill();
    await cluster.agent.start();
    assert.equal((await framework.end('caught')).state, 'TASK_FAILED');
    await commands.called('slaveRemoveExecutorHook', '"caught"');
    await commands.called('cleanup', '"caught"');
    await eventually('contexts that are gone', () => filesBelow(contexts).length === 0);
  });

  await framework.teardown();
});

test('an agent that is stopped cleans up after what does not outlive it', async t => {
  const commands = new RecordingCommands(t, ['prepare', 'cleanup', 'slaveRemoveExecutorHook']);
  const cluster = await Cluster.start(t, { agents: [commands.flags] });
  const framework = await cluster.framework({ checkpoint: false });
  await framework.run(shellTask('fleeting', 'sleep 600'));
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
  const framework = await cluster.framework();
  for (const method of ['slaveRunTaskLabelDecorator', 'prepare'] as const) {
    const id = `killed-in-${method}`;
    const go = path.join(commands.directory, `go-${method}`);
    commands.answer({ [method]: `until [ -f ${go} ]; do sleep 0.02; done` });
    await framework.run(shellTask(id, `touch ${commands.directory}/has-run`));
    await commands.called(method, id);
    await framework.call({ type: 'KILL', kill: { task_id: { value: id } } });
    await eventually('the kill', () => new RegExp(`Killing task.*${id}`).test(cluster.agent.log));
    writeFileSync(go, '');
    const { state, reason } = await framework.end(id);
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
  const framework = await cluster.framework();
  await framework.run(shellTask('seen', 'true'));
  await framework.end('seen');
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
  const framework = await cluster.framework();
  await framework.run(shellTask('early', 'sleep 600'));
  await framework.reaches('early', 'TASK_RUNNING');
  for (const origin of [cluster.master.origin, cluster.agent.origin]) {
    const text = await (await fetch(`${origin}/state`)).text();
    assert.match(text, /"labels":\[\{"key":"by","value":"master"\}\]/);
    assert.match(text, /"cpus":0.5/);
  }
  const { input } = await commands.called('masterLaunchTaskResourceDecorator');
  assert.equal(input.slave_resources[0].name, 'cpus');

  await framework.run(shellTask('late', 'sleep 600'));
  await commands.called('masterLaunchTaskLabelDecorator', '"late"');
  await framework.call({ type: 'KILL', kill: { task_id: { value: 'late' } } });
  assert.equal((await fetch(`${cluster.master.origin}/health`)).status, 200);
  writeFileSync(go, '');
  assert.equal((await framework.end('late')).state, 'TASK_KILLED');
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
