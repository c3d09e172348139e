/** Command modules in a real agent, next to what was recorded of the original on Apache Mesos. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TaskInfo } from '@meseta/protocol';
import { userName } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { filesBelow } from './support/files-below.ts';
import { type Method, type Mode, RecordingCommands } from './support/recording-commands.ts';

interface Story {
  readonly answers: { readonly [M in Method]?: string };
  readonly calls: readonly ({ readonly method: Method; readonly input: object } | Method)[];
  readonly updates: readonly { readonly state: string; readonly reason?: string; readonly message?: string }[];
  readonly labels: readonly unknown[];
  readonly stdout?: string;
}

/** The original modules on Apache Mesos 1.12. */
const fixture = new URL('../packages/modules/fixtures/command-modules.json', import.meta.url);
const stories: Readonly<Record<string, Story>> = JSON.parse(readFileSync(fixture, 'utf8')).stories;
const whole = stories['labels, environment, prepare'] as Story;

const recorded: readonly Method[] = [
  ...(['slaveRunTaskLabelDecorator', 'slaveExecutorEnvironmentDecorator', 'slaveRemoveExecutorHook'] as const),
  ...(['prepare', 'isolate', 'watch', 'usage', 'cleanup'] as const),
];

const team = { labels: [{ key: 'team', value: 'core' }] };

/** A task as the recorded ones. */
const taskOf = (id: string, value: string): Partial<TaskInfo> => ({
  task_id: { value: id },
  command: { shell: true, value },
  labels: team,
});

// biome-ignore lint/suspicious/noExplicitAny: views are looked at by the test, not typed here
async function agentView(cluster: Cluster, endpoint: string): Promise<any> {
  return (await fetch(`${cluster.agent.origin}${endpoint}`)).json();
}

/** A task in the agent's or the master's view, wherever it is. */
// biome-ignore lint/suspicious/noExplicitAny: as above
function findTask(state: any, id: string): any {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const frameworks: any[] = [...state.frameworks, ...state.completed_frameworks];
  const executors = frameworks.flatMap(({ executors = [], completed_executors = [] }) => [
    ...executors,
    ...completed_executors,
  ]);
  return [...frameworks, ...executors]
    .flatMap(({ tasks = [], completed_tasks = [] }) => [...tasks, ...completed_tasks])
    .find(task => task.id === id);
}

async function recordedCluster(t: TestContext, mode: Mode) {
  const seconds = '3'; // a command is called before it hangs, and a co-process that was killed has to start again
  const parameters = {
    hook_slave_run_task_label_decorator_timeout: seconds,
    isolator_prepare_timeout: seconds,
    isolator_watch_frequence: '0.1',
  };
  const commands = new RecordingCommands(t, recorded, parameters, mode);
  const cluster = await Cluster.start(t, {
    agents: [
      {
        ...commands.flags,
        switch_user: false,
        attributes: 'rack:r1;zone:a',
        resources: 'cpus:8;mem:8192;disk:8192;ports:[31000-32000]',
      },
    ],
  });
  const capabilities = ['MULTI_ROLE', 'TASK_KILLING_STATE', 'PARTITION_AWARE', 'RESERVATION_REFINEMENT'] as const;
  const framework = await cluster.framework({
    name: 'fw',
    roles: ['rec'],
    failover_timeout: 30,
    capabilities: capabilities.map(type => ({ type })),
  });
  return { cluster, commands, framework };
}

for (const mode of ['fork', 'persistent'] as const) {
  test(`${mode}: what commands of command tasks are handed and what comes of their answers`, t =>
    commandTasks(t, mode));
}

async function commandTasks(t: TestContext, mode: Mode): Promise<void> {
  const { cluster, commands, framework } = await recordedCluster(t, mode);

  await t.test('the inputs are those of Apache Mesos', async () => {
    commands.answer(whole.answers);
    const command = `echo "[$FROM_HOOK|$FROM_PREPARE]"; until [ -f ${commands.directory}/go ]; do sleep 0.05; done`;
    await framework.run(taskOf('task', command));
    await framework.reaches('task', 'TASK_RUNNING');
    await commands.called('watch', '"task"', 2);
    const [{ statistics }] = await agentView(cluster, '/monitor/statistics');
    assert.equal(statistics.timestamp, 1.5);
    assert.equal(statistics.net_rx_bytes, 7);
    assert.ok(statistics.mem_rss_bytes > 0);
    const seen = findTask(await agentView(cluster, '/state'), 'task');
    assert.deepEqual(seen.labels, [{ key: 'a', value: '1' }, { key: 'b' }]);
    assert.deepEqual(findTask(await cluster.get('/state'), 'task').labels, whole.labels[0]);
    const { directory } = (await agentView(cluster, '/state')).frameworks[0].executors[0];
    commands.answer({ ...whole.answers, watch: '' });
    await framework.call({ type: 'KILL', kill: { task_id: { value: 'task' } } });
    await framework.reaches('task', 'TASK_KILLED');
    await commands.called('slaveRemoveExecutorHook', '"task"');
    assert.equal(readFileSync(path.join(directory, 'stdout'), 'utf8'), '[h|p]\n');
    const calls = commands.calls('"task"');
    for (const each of whole.calls) {
      if (typeof each === 'string') continue;
      const call = calls.find(({ method }) => method === each.method);
      assert.deepEqual(comparable(call?.input), expected(comparable(each.input), command), each.method);
    }
    for (const { method, sameStdin, files } of calls) {
      assert.ok(sameStdin, method);
      if (mode === 'fork') assert.equal(files, '600:0 600:0 600', method);
    }
    const order = calls.map(({ method }) => method).filter(method => method !== 'watch' && method !== 'usage');
    const orderThere = whole.calls.map(call => (typeof call === 'string' ? call : call.method));
    assert.deepEqual(
      order,
      orderThere.filter(method => method !== 'watch' && method !== 'usage'),
    );
    const contexts = path.join(cluster.directory, 'agent-1-run/isolators');
    await eventually('contexts that are gone', () => filesBelow(contexts).length === 0);
    // The last command has been called, and may still be running.
    const left = () => filesBelow(path.join(cluster.directory, 'agent-1-run/command_modules'));
    await eventually(
      () => `the end of ${left()}`,
      () => left().every(name => name.endsWith('.co-process')),
    );
  });

  let count = 0;
  for (const [name, story] of Object.entries(stories)) {
    if (name === 'a pod of two') continue;
    await t.test(name, async () => {
      const id = `story-${++count}`;
      commands.clear();
      commands.answer(story.answers);
      const go = path.join(commands.directory, `go-${id}`);
      await framework.run(taskOf(id, `echo "[$FROM_HOOK|$FROM_PREPARE]"; until [ -f ${go} ]; do sleep 0.05; done`));
      const needed = story.calls
        .map(call => (typeof call === 'string' ? call : call.method))
        .filter(method => !comesByChance(method, story.answers));
      if (needed.includes('watch')) await commands.called('watch', id);
      writeFileSync(go, '');
      const last = story.updates.at(-1);
      const { state, reason, message } = await framework.end(id);
      assert.equal(state, last?.state);
      // A watch and an isolate that end at once: which is first is chance, here as there.
      const late = story.answers.watch !== undefined && !message?.startsWith('Failed to launch');
      if (!late) {
        assert.equal(message, last?.message && translated(last.message, commands));
        if (last?.reason) assert.equal(reason, last.reason);
      }
      await commands.called('slaveRemoveExecutorHook', id);
      const methods = new Set(commands.methods());
      for (const method of needed) assert.ok(methods.has(method), method);
      if (story.answers.prepare !== undefined && last?.reason) assert.ok(!methods.has('watch'));
    });
  }
  await framework.teardown();
}

/** Whether a container that ends at once may have ended before the method was called: only its events are in order. */
function comesByChance(method: string, answers: Readonly<Record<string, string>>): boolean {
  const endsAtOnce = answers.prepare !== undefined || answers.isolate !== undefined;
  return method === 'usage' || (method === 'watch' && endsAtOnce);
}

/** An input with what differs from run to run taken out. */
function comparable(input: object | undefined): object {
  const text = JSON.stringify(input, (key, value) => {
    if (key === 'pid') return typeof value;
    if (key === 'port') return typeof value;
    if (key === 'directory') return typeof value;
    if (key === 'user' && value === userName()) return 'root'; // as whom the recording was made
    return value;
  });
  const ids = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}(-(S|O)?\d+)?/g;
  return JSON.parse(
    text
      .replace(ids, 'ID')
      .replace(/task-\d+-\d+/g, 'task')
      .replace(/fw-\d+-\d+/g, 'fw'),
  );
}

/** What the original shows of the executor's program, and of its resources in its own description, is here the task's. */
function expected(input: object, value: string): object {
  const command = { shell: true, value };
  const amounts: Readonly<Record<string, number>> = { cpus: 0.1, mem: 32 };
  const ofTask = (resource: { name: string }) =>
    resource.name in amounts ? { ...resource, scalar: { value: amounts[resource.name] } } : resource;
  return JSON.parse(JSON.stringify(input), (key, member) => {
    if (key === 'command' || key === 'command_info') return command;
    if (key === 'name' && member.startsWith?.('Command Executor')) {
      return member.replace(/sh -c '.*?'/, `sh -c '${value.slice(0, 12)}...'`);
    }
    return key === 'executor_info' ? { ...member, resources: member.resources?.map(ofTask) } : member;
  });
}

/** The original's words for a time-out say nothing; ours do. */
function translated(message: string, commands: RecordingCommands): string {
  return message
    .replace(/<scripts>\/(\w+)/g, (_, method) => commands.command(method))
    .replace('Command execution error', `Command "${commands.command('prepare')}" took too long to execute.`);
}
