/** What Apache Mesos was recorded doing, done here: a framework, an operator and an executor see the same. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { CommandInfo, MasterEvent, Offer, SchedulerEvent, TaskInfo } from '@meseta/protocol';
import { MasterClient } from '@meseta/scheduler';
import { userName } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { Cluster } from './support/cluster.ts';
import { type Framework, isTerminal } from './support/framework.ts';

const golden = new URL('./fixtures/golden/', import.meta.url).pathname;
const read = (name: string) => JSON.parse(readFileSync(path.join(golden, name), 'utf8'));

/** Without what differs between any two runs. */
function plain<T>(value: T): T {
  const text = JSON.stringify(value, (key, each) => (key === '$at' ? undefined : each))
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(-O\d+)?/g, 'ID')
    .replace(/"uuid":"[^"]{24}"/g, '"uuid":"UUID"')
    .replace(/"data":"[^"]{22}=="/g, '"data":"UUID"')
    .replace(/"(timestamp|executor_pid|port|nanoseconds|[a-z_]+_time|start_time)":[\d.]+/g, '"$1":0')
    .replace(/(127\.0\.0\.1):\d+/g, '$1:PORT')
    .replace(/"pid":"slave[^"]*"/g, '"pid":"PID"')
    .replaceAll(`"user":${JSON.stringify(userName())}`, '"user":"root"') // whose tests these are
    .replace(/\/[^"]*?\/slaves\//g, '/WORK/slaves/');
  return JSON.parse(text);
}

const recorderInfo = {
  user: userName(),
  name: 'recorder',
  failover_timeout: 30,
  checkpoint: true,
  roles: ['rec'],
  hostname: 'sched.example',
  principal: 'rec',
  webui_url: 'http://example.invalid/ui',
  capabilities: (['MULTI_ROLE', 'TASK_KILLING_STATE', 'PARTITION_AWARE', 'RESERVATION_REFINEMENT'] as const).map(
    type => ({ type }),
  ),
  labels: { labels: [{ key: 'team', value: 'core' }] },
};

/** Statuses in the order they came, of one task after the other. */
function statuses(events: readonly SchedulerEvent[]): unknown[] {
  const all = events.flatMap(({ update }) => (update ? [update.status] : []));
  return plain(Object.values(Object.groupBy(all, ({ task_id }) => task_id.value)));
}

/** Operator events about tasks, of one task after the other. The state that is known already depends on who is faster. */
function taskEvents(events: readonly MasterEvent[], tasks: readonly string[]): unknown[] {
  const latest = (event: MasterEvent) =>
    event.task_updated ? { ...event, task_updated: { ...event.task_updated, state: undefined } } : event;
  return tasks.map(id =>
    plain(
      events
        .filter(
          ({ task_added, task_updated }) => (task_added?.task.task_id ?? task_updated?.status.task_id)?.value === id,
        )
        .map(latest),
    ),
  );
}

const commandTasks = [
  'finished',
  'exit-3',
  'signal',
  'missing-binary',
  'bad-uri',
  'killed',
  'killed-stubborn',
  'max-completion',
  'check',
  'health-unhealthy',
  'too-big',
];

/** The command as recorded; once it is deaf to signals, it says so with a file in its sandbox. */
const telling = (command: CommandInfo) => ({
  ...command,
  value: command.value?.replace(/^trap '' TERM; /, '$&touch deaf; '),
});

/**
 * Where ours differs on purpose: where the program is not there, Mesos's executor tells of its own container, and here
 * there never was one; a failed health check says here what was seen.
 */
const isOurs = (recording: string, key: string, value: unknown) =>
  (recording === 'missing-binary' && key === 'container_status') ||
  (recording === 'health-unhealthy' && key === 'message' && String(value).startsWith('Health check failed: '));

test('frameworks, operators and executors see what they saw of Apache Mesos', async t => {
  const cluster = await Cluster.start(t, {
    agents: [
      {
        resources: 'cpus:8;mem:8192;disk:8192;ports:[31000-32000]',
        attributes: 'rack:r1;zone:a',
        switch_user: false,
      },
    ],
  });
  const operator = new MasterClient(cluster.master.origin);
  t.after(() => operator.close());
  const operatorEvents: MasterEvent[] = [];
  const listening = (async () => {
    for await (const event of operator.subscribe()) operatorEvents.push(event);
  })().catch(() => {});
  t.after(() => operator.close().then(() => listening));
  await eventually('operator events', () => operatorEvents.length > 0);
  const framework = await cluster.framework(recorderInfo);

  await t.test('an offer', async () => {
    const offer = await framework.roomyOffer();
    const recorded = read('finished.json').events[0].offers.offers[0];
    assert.deepEqual(sorted(plain(offer)), sorted(plain(recorded)));
  });

  for (const name of commandTasks) {
    await t.test(name, async () => {
      // What is left of the agent is not what was left of the recorded one.
      const normal = (value: unknown) =>
        JSON.parse(
          JSON.stringify(value, (key, each) => (isOurs(name, key, each) ? undefined : each)).replace(
            /is more than available [^"]*/,
            'is more than available',
          ),
        );
      const recording = read(`${name}.json`);
      const [task] = recording.launched[0].launch.task_infos as [TaskInfo];
      const offer = await wholeOffer(framework);
      const from = framework.events.length;
      await framework.launch(offer, [
        { ...task, command: task.command && telling(task.command), agent_id: offer.agent_id },
      ]);
      const id = task.task_id.value;
      if (name.startsWith('killed')) {
        await framework.reaches(id, 'TASK_RUNNING');
        const deaf = path.join(sandboxOf(cluster, id), 'deaf');
        await eventually('its trap', () => name === 'killed' || existsSync(deaf));
        await framework.call({ type: 'KILL', kill: { task_id: task.task_id } });
      }
      await eventually(`end of ${name}`, () => isTerminal(framework.statesOf(id).at(-1)));
      assert.deepEqual(normal(statuses(framework.events.slice(from))), normal(statuses(recording.events)));
      const recorded: MasterEvent[] = read('operator-events.json');
      // `state` alone will not do: it is the latest one, and may be ahead of the status it comes with.
      const ended = ({ task_updated }: MasterEvent) =>
        task_updated?.status.task_id.value === id && isTerminal(task_updated.status.state);
      await eventually('the operator event', () => name === 'too-big' || operatorEvents.some(ended));
      assert.deepEqual(normal(taskEvents(operatorEvents, [id])), normal(taskEvents(recorded, [id])));
    });
  }

  await t.test('pod', async () => {
    const recording = read('pod.json');
    const [{ launch_group }] = recording.launched;
    const offer = await wholeOffer(framework);
    const from = framework.events.length;
    const tasks = launch_group.task_group.tasks.map((task: TaskInfo) => ({ ...task, agent_id: offer.agent_id }));
    const executor = { ...launch_group.executor, framework_id: framework.info.id };
    await framework.accept([offer], [{ type: 'LAUNCH_GROUP', launch_group: { executor, task_group: { tasks } } }]);
    const failure = (events: readonly SchedulerEvent[]) => plain(events.filter(({ type }) => type === 'FAILURE'));
    await eventually('the end of the pod', () => failure(framework.events.slice(from)).length > 0);
    const events = framework.events.slice(from);
    assert.deepEqual(withoutRace(statuses(events)), withoutRace(statuses(recording.events)));
    assert.deepEqual(failure(events), failure(recording.events));
    const ids = tasks.map((task: TaskInfo) => task.task_id.value);
    const recorded = withoutRace(taskEvents(read('operator-events.json'), ids));
    const ours = () => withoutRace(taskEvents(operatorEvents, ids));
    await eventually('the operator events', () => JSON.stringify(ours()).length >= JSON.stringify(recorded).length);
    assert.deepEqual(ours(), recorded);
  });

  await t.test('custom executor', async () => {
    const recording = read('custom-executor.json');
    const offer = await framework.roomyOffer();
    const from = framework.events.length;
    const probe = new URL('./support/probe-executor.mjs', import.meta.url).pathname;
    const value = `exec ${process.execPath} ${probe} an-argument`;
    const tasks = recording.launched.map((task: TaskInfo) => ({
      ...task,
      executor: { ...task.executor, framework_id: framework.info.id, command: { shell: true, value } },
    }));
    await framework.launch(
      offer,
      tasks.map((task: TaskInfo) => ({ ...task, agent_id: offer.agent_id })),
    );
    const [first, second] = tasks.map((task: TaskInfo) => task.task_id.value);
    await framework.reaches(first, 'TASK_FINISHED');
    await framework.reaches(second, 'TASK_RUNNING');
    const executor_id = { value: 'probe' };
    await framework.call({ type: 'MESSAGE', message: { agent_id: offer.agent_id, executor_id, data: 'cGluZw==' } });
    await eventually('the message back', () => framework.events.some(({ type }) => type === 'MESSAGE'));
    await framework.call({ type: 'KILL', kill: { task_id: { value: second } } });
    await framework.reaches(second, 'TASK_KILLED');
    const events = framework.events.slice(from);
    assert.deepEqual(statuses(events), statuses(recording.events));
    const messages = (all: SchedulerEvent[]) => plain(all.filter(({ type }) => type === 'MESSAGE'));
    assert.deepEqual(messages(events), messages(recording.events));
    await framework.call({ type: 'SHUTDOWN', shutdown: { executor_id, agent_id: offer.agent_id } });
    const log = path.join(sandboxOf(cluster, 'probe'), 'probe.jsonl');
    const lines = () =>
      readFileSync(log, 'utf8')
        .trim()
        .split('\n')
        .map(line => JSON.parse(line));
    await eventually('the end of the executor', () => lines().some(({ event }) => event?.type === 'SHUTDOWN'));
    const command = JSON.stringify(value).slice(1, -1);
    const here = JSON.parse(JSON.stringify(plain(lines())).replaceAll(command, 'COMMAND'));
    const there = JSON.parse(
      JSON.stringify(plain(read('probe.json'))).replaceAll(
        'exec node /srv/probe/executor-probe.mjs an-argument',
        'COMMAND',
      ),
    );
    // Acknowledgements of two tasks come in either order.
    // biome-ignore lint/suspicious/noExplicitAny: recordings are JSON
    const order = ({ event }: any) => `${event?.type} ${event?.acknowledged?.task_id.value}`;
    const seen = (entries: { kind: string; event?: { type: string } }[]) =>
      entries
        .filter(({ kind, event }) => kind === 'event' && event?.type !== 'SHUTDOWN')
        .sort((a, b) => order(a).localeCompare(order(b)));
    assert.deepEqual(seen(here), seen(there));
    const { MESETA_CONTAINER_ID: _, PWD: _shell, ...env } = here[0].env;
    assert.deepEqual({ ...here[0], env }, there[0]);
  });

  await t.test('reconcile', async () => {
    const offer = await framework.roomyOffer();
    await framework.launch(offer, [
      { task_id: { value: 'task-17789-17' }, command: { shell: true, value: 'sleep 1000' } },
    ]);
    await framework.reaches('task-17789-17', 'TASK_RUNNING');
    const from = framework.events.length;
    const tasks = [
      { task_id: { value: 'task-17789-17' }, agent_id: offer.agent_id },
      { task_id: { value: 'ghost' }, agent_id: offer.agent_id },
      { task_id: { value: 'ghost2' }, agent_id: { value: 'nowhere' } },
    ];
    await framework.call({ type: 'RECONCILE', reconcile: { tasks } });
    const answers = () => framework.events.slice(from).filter(({ type }) => type === 'UPDATE');
    await eventually('answers', () => answers().length === 3);
    assert.deepEqual(statuses(answers()), statuses(read('reconcile.json')));
  });

  await t.test('sandbox', () => {
    const recorded = readFileSync(path.join(golden, 'command-task.txt'), 'utf8').split('== stdout\n')[1] ?? '';
    const variables = (text: string) =>
      plain(
        text
          .split('\n')
          .filter(line => /^[A-Z_]+=/.test(line) && !line.startsWith('MESETA_CONTAINER_ID='))
          .sort(),
      );
    const sandbox = sandboxOf(cluster, 'task-17789-2');
    assert.deepEqual(variables(readFileSync(path.join(sandbox, 'stdout'), 'utf8')), variables(recorded));
    assert.match(readFileSync(path.join(sandbox, 'stderr'), 'utf8'), /^to-stderr$/m);
  });

  await t.test('removal', async () => {
    const count = operatorEvents.length;
    await framework.call({ type: 'TEARDOWN' });
    await eventually('removal', () => operatorEvents.slice(count).some(({ type }) => type === 'FRAMEWORK_REMOVED'));
    const recorded: MasterEvent[] = read('operator-events.json');
    const last = (events: MasterEvent[]) => plain(events.filter(({ type }) => type !== 'HEARTBEAT').slice(-2));
    assert.deepEqual(last(operatorEvents), last(recorded));
    const kinds = (events: MasterEvent[]) =>
      plain(events.filter(({ type }) => type === 'FRAMEWORK_ADDED' || type === 'HEARTBEAT').slice(0, 2));
    assert.deepEqual(kinds(operatorEvents), kinds(recorded));
  });

  await t.test('work directory', async () => {
    const recorded = readFileSync(path.join(golden, 'agent-tree.txt'), 'utf8').trim().split('\n');
    let ours: string[] = [];
    const hasEnded = (executor: string) =>
      ours.some(each => each.includes(`/${executor}/`) && each.endsWith('/executor.sentinel'));
    await eventually('the ends of both executors', () => {
      ours = tree(path.join(cluster.directory, 'agent-1'));
      return hasEnded('task-17789-2') && hasEnded('probe');
    });
    const of = (paths: readonly string[], executor: string) =>
      [...new Set(paths)]
        .filter(each => each.endsWith(`/executors/${executor}`) || each.includes(`/executors/${executor}/`))
        .filter(each => executor === 'probe' || !each.endsWith('/libprocess.pid')) // there is no executor process
        .filter(each => !each.endsWith('/task.group')) // which would remember that
        .map(each => each.replaceAll('<', '').replaceAll('>', ''))
        .sort();
    for (const executor of ['task-17789-2', 'probe', 'pod-1']) {
      assert.deepEqual(of(ours, executor), of(recorded, executor));
    }
  });
});

/** Whether the container is there when Mesos tells that a pod's task starts is up to chance; here it is not. */
function withoutRace(value: unknown): unknown {
  const text = JSON.stringify(value, (_, each) => {
    if (each?.state !== 'TASK_STARTING' || !each.container_status) return each;
    return { ...each, container_status: { container_id: each.container_status.container_id } };
  });
  return JSON.parse(text);
}

/** An offer of all the agent has: what ended tasks had comes back in pieces. */
async function wholeOffer(framework: Framework): Promise<Offer> {
  for (;;) {
    const offer = await framework.roomyOffer();
    const cpus = offer.resources?.find(({ name }) => name === 'cpus')?.scalar?.value ?? 0;
    const ports = offer.resources?.some(({ name }) => name === 'ports');
    if (cpus === 8 && ports) return offer;
    await framework.accept([...framework.offers.values()], []);
  }
}

/** Resources in any order. */
function sorted(offer: { resources?: { name: string }[] }): unknown {
  return { ...offer, resources: [...(offer.resources ?? [])].sort((a, b) => a.name.localeCompare(b.name)) };
}

const base = (cluster: Cluster) => {
  const frameworks = path.join(cluster.directory, 'agent-1', 'slaves', 'latest', 'frameworks');
  return path.join(frameworks, readdirSync(frameworks)[0] ?? '', 'executors');
};
const sandboxOf = (cluster: Cluster, executor: string) => path.join(base(cluster), executor, 'runs', 'latest');

/** Paths below a directory, links not followed, ids made plain. */
function tree(directory: string): string[] {
  const below = (relative: string): string[] =>
    readdirSync(path.join(directory, relative), { withFileTypes: true }).flatMap(entry => {
      const name = `${relative}/${entry.name}`;
      return entry.isDirectory() ? [name, ...below(name)] : [name];
    });
  return below('.').map(name => name.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID'));
}
