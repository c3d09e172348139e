/** Resources for oversubscription, told to the master, and the end of tasks on them, with real processes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type FrameworkInfoCapabilityType, type Resource, UpdateSlaveMessage } from '@meseta/protocol';
import { userName } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import type { RunningAgent } from '../running-agent.ts';
import { frameworkId, scalars } from '../testing/scripted-master.ts';
import { type Bench, bench, startTestAgent } from '../testing/test-agent.ts';

const fixed = 'org_apache_mesos_FixedResourceEstimator';

const revocable = (amounts: Readonly<Record<string, number>>): Resource[] =>
  scalars(amounts).map(resource => ({ ...resource, revocable: {} }));

const offered = (cpus: number) => [{ name: 'cpus', type: 'SCALAR', scalar: { value: cpus }, revocable: {} }];

/** The flags for the fixed estimator. */
const estimatorFlags = (resources: string) => [
  `--modules=${JSON.stringify({
    libraries: [
      {
        file: '/usr/local/lib/libfixed_resource_estimator.so',
        modules: [{ name: fixed, parameters: [{ key: 'resources', value: resources }] }],
      },
    ],
  })}`,
  `--resource_estimator=${fixed}`,
  '--oversubscribed_resources_interval=20ms',
];

test('the master is told what can be oversubscribed, again when the agent comes back, and only when it changes', async t => {
  const at = await bench(t);
  const { master } = at;
  const agent = await startTestAgent(at, ...estimatorFlags('cpus:2'));
  at.onEnd(() => agent.shutdown());
  const updates = () =>
    master.received
      .filter(({ name }) => name === UpdateSlaveMessage.fullName)
      .map(({ message }) => message as UpdateSlaveMessage);
  const last = await eventually('an estimate', () => updates().find(each => each.oversubscribed_resources?.length));
  assert.equal(last.update_oversubscribed_resources, true);
  assert.deepEqual(last.oversubscribed_resources, offered(2));
  // In use or not, they are the agent's.
  master.command('task', 'exec sleep 600', { resources: [...revocable({ cpus: 0.5 }), ...scalars({ mem: 32 })] });
  await master.until('task', 'TASK_RUNNING');
  const { metrics, clock } = agent.context;
  const numbers = ['total', 'used', 'percent'].map(what => `slave/cpus_revocable_${what}`);
  await eventually('the metrics', () => metrics.snapshot()['slave/cpus_revocable_used'] === 0.5);
  assert.deepEqual(
    numbers.map(name => metrics.snapshot()[name]),
    [2, 0.5, 0.25],
  );
  assert.equal(metrics.snapshot()['slave/cpus_used'], 0.1, 'what a command task costs the agent');
  const known = updates().length;
  await new Promise<void>(resolve => clock.after(100, resolve)); // estimates that say the same are not sent
  assert.equal(updates().length, known);
  await master.restart();
  const again = await eventually('the report to the next master', () => updates()[known]);
  assert.deepEqual([again.oversubscribed_resources, again.resource_providers], [offered(2), {}]);
});

test('resources that are not revocable are no answer: the last estimate stays', async t => {
  const at = await bench(t);
  const answers = join(at.directory, 'answer.json');
  await writeFile(answers, JSON.stringify(offered(1)));
  const modules = await moduleFile(at, {
    estimator: `{ kind: 'resource_estimator', create: () => ({
      oversubscribable: () => JSON.parse(readFileSync('${answers}', 'utf8')),
    }) }`,
  });
  const flags = ['--resource_estimator=estimator', '--oversubscribed_resources_interval=1ms'];
  const agent = await startTestAgent(at, modules, ...flags);
  at.onEnd(() => agent.shutdown());
  const state = agent.context.agent;
  await eventually('an estimate', () => state.oversubscribed?.scalar('cpus') === 1);
  const failures = () => at.lines.filter(line => /'cpus' is not revocable/.test(line)).length;
  await writeFile(answers, JSON.stringify([{ name: 'cpus', type: 'SCALAR', scalar: { value: 5 } }]));
  await eventually('a warning', () => failures() > 0);
  assert.equal(state.oversubscribed?.scalar('cpus'), 1);
  await writeFile(answers, JSON.stringify(offered(3)));
  await eventually('the next estimate', () => state.oversubscribed?.scalar('cpus') === 3);
});

/** A file with modules, as a flag. */
async function moduleFile({ directory }: Bench, modules: Readonly<Record<string, string>>): Promise<string> {
  const file = join(directory, 'modules.mjs');
  const exported = Object.entries(modules).map(([name, text]) => `${name}: ${text},`);
  const imports = "import { existsSync, readFileSync } from 'node:fs';";
  await writeFile(file, `${imports}\nexport default {\n${exported.join('\n')}\n};\n`);
  const named = Object.keys(modules).map(name => ({ name }));
  return `--modules=${JSON.stringify({ libraries: [{ file, modules: named }] })}`;
}

/** An agent whose QoS controller ends every executor on revocable resources once the file `now` exists. */
async function preempting(t: TestContext): Promise<{ at: Bench; agent: RunningAgent; preempt: () => Promise<void> }> {
  const at = await bench(t);
  const now = join(at.directory, 'now');
  const modules = await moduleFile(at, {
    controller: `{ kind: 'qos_controller', create: () => ({
      corrections: ({ executors }) => !existsSync('${now}') ? [] : executors
        .filter(({ allocated }) => allocated.some(({ revocable }) => revocable))
        .map(({ executor_info: { framework_id, executor_id } }) =>
          ({ type: 'KILL', kill: { framework_id, executor_id } })),
    }) }`,
  });
  const agent = await startTestAgent(at, modules, '--qos_controller=controller');
  at.onEnd(() => agent.shutdown());
  return { at, agent, preempt: () => writeFile(now, '') };
}

const onRevocable = { resources: revocable({ cpus: 0.1, mem: 32 }) };
const preempted = {
  source: 'SOURCE_AGENT',
  reason: 'REASON_CONTAINER_PREEMPTED',
  message: 'Container preempted by QoS correction',
};

test('corrections end executors on revocable resources, whatever kind they are of, and no others', async t => {
  const { at, agent, preempt } = await preempting(t);
  const { master } = at;
  const ids = { framework_id: { value: frameworkId }, executor_id: { value: 'custom' } };
  master.command('command', "trap '' TERM; while :; do sleep 0.1; done", onRevocable);
  master.run({ id: 'custom', executor: { ...ids, command: { value: 'exec sleep 600' }, ...onRevocable } });
  master.runGroup([{ id: 'pod', command: { value: 'exec sleep 600' }, ...onRevocable }]);
  master.command('fixed', 'exec sleep 600');
  await Promise.all(['command', 'pod', 'fixed'].map(id => master.until(id, 'TASK_RUNNING')));
  await preempt();
  for (const id of ['command', 'custom', 'pod']) {
    const { status } = await master.until(id, 'TASK_GONE');
    const { source, reason, message } = status;
    assert.deepEqual({ source, reason, message }, preempted, id);
  }
  assert.deepEqual(master.states('fixed'), ['TASK_STARTING', 'TASK_RUNNING']);
  for (const name of ['slave/executors_preempted', 'slave/tasks_gone'])
    await eventually(`three of ${name}`, () => agent.context.metrics.counter(name).value === 3);
});

test('a framework that does not know TASK_GONE gets TASK_LOST', async t => {
  const { at, preempt } = await preempting(t);
  const { master } = at;
  const capability: FrameworkInfoCapabilityType = 'MULTI_ROLE';
  master.framework = { ...master.framework, user: userName(), capabilities: [{ type: capability }] };
  master.command('task', 'exec sleep 600', onRevocable);
  await master.until('task', 'TASK_RUNNING');
  await preempt();
  assert.equal((await master.until('task', 'TASK_LOST')).status.reason, preempted.reason);
});

test('a task that is still being launched ends as the correction says', async t => {
  const { at, preempt } = await preempting(t);
  const { master } = at;
  const silent = createServer(() => undefined); // never answers
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    silent.closeAllConnections();
    silent.close();
  });
  const asked = once(silent, 'request');
  const value = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/file`;
  master.run({ id: 'task', command: { value: 'exec sleep 600', uris: [{ value }] }, ...onRevocable });
  await asked;
  await preempt();
  const { status } = await master.until('task', 'TASK_GONE');
  assert.equal(status.reason, preempted.reason);
  assert.deepEqual(master.states('task'), ['TASK_GONE']);
});

const useless: { name: string; correction: string; says: RegExp }[] = [
  {
    name: 'of an unknown framework',
    correction: "framework_id: { value: 'x' }, executor_id",
    says: /framework is not here/,
  },
  { name: 'of no framework', correction: 'executor_id', says: /it names no framework/ },
  { name: 'of no executor', correction: 'framework_id', says: /it names no executor/ },
  {
    name: 'of an unknown executor',
    correction: "framework_id, executor_id: { value: 'x' }",
    says: /executor is not here/,
  },
  {
    name: 'of an earlier container',
    correction: "framework_id, executor_id, container_id: { value: 'x' }",
    says: /the executor has another container/,
  },
];
test('corrections that name what is not here change nothing, and are logged', async t => {
  const at = await bench(t);
  const { master } = at;
  const kills = useless.map(({ correction }) => `{ type: 'KILL', kill: { ${correction} } }`);
  const modules = await moduleFile(at, {
    controller: `{ kind: 'qos_controller', create: () => ({
      corrections: ({ executors }) => executors.slice(0, 1)
        .flatMap(({ executor_info: { framework_id, executor_id } }) => [${kills.join(', ')}]),
    }) }`,
  });
  const agent = await startTestAgent(at, modules, '--qos_controller=controller', '--qos_correction_interval_min=10ms');
  at.onEnd(() => agent.shutdown());
  master.command('task', 'exec sleep 600');
  await master.until('task', 'TASK_RUNNING');
  for (const { says } of useless) {
    await eventually(String(says), () => at.lines.some(line => says.test(line)));
  }
  assert.deepEqual(master.states('task'), ['TASK_STARTING', 'TASK_RUNNING']);
});
