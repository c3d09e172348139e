import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '@meseta/telemetry';
import type { Hook } from './hook.ts';
import { HookManager } from './hook-manager.ts';
import { agent, executor, framework, task } from './testing/messages.ts';

function manager(...hooks: Hook[]) {
  const lines: string[] = [];
  const log = createLogger({ program: 'test', stderr: { write: line => lines.push(line) } }, 'test');
  return {
    hooks: new HookManager(
      hooks.map((hook, i) => ({ name: `h${i}`, hook })),
      log,
    ),
    log: () => lines.join(''),
  };
}

const label = (key: string): Hook => ({
  slaveRunTaskLabelDecorator: async ({ labels }) => ({ labels: [...(labels?.labels ?? []), { key }] }),
});
const failing = <Point extends keyof Hook>(point: Point): Hook => ({
  [point]: async () => {
    throw new Error('broken');
  },
});
const variables = (...pairs: [name: string, value: string][]) => ({
  variables: pairs.map(([name, value]) => ({ name, value })),
});

test('hooks see what those before them made; one that fails is passed over', async () => {
  const { hooks, log } = manager(label('a'), failing('slaveRunTaskLabelDecorator'), {}, label('b'));
  const labels = await hooks.slaveRunTaskLabelDecorator(task, executor, framework, agent);
  assert.deepEqual(
    labels?.labels?.map(({ key }) => key),
    ['team', 'a', 'b'],
  );
  assert.match(log(), /Agent label decorator hook failed for module 'h1' error=broken/);
  assert.equal(hooks.has('slaveRunTaskLabelDecorator'), true);
  assert.equal(hooks.has('masterSlaveLostHook'), false);
});

test('environments, resources and attributes are passed on the same way', async () => {
  const { hooks } = manager(
    {
      slaveExecutorEnvironmentDecorator: async () => variables(['A', '1']),
      slaveResourcesDecorator: async () => [],
      masterLaunchTaskResourceDecorator: async (_, all) => all,
    },
    {
      slaveExecutorEnvironmentDecorator: async ({ command }) => ({
        variables: [...(command?.environment?.variables ?? []), { name: 'B', value: '2' }],
      }),
      slaveResourcesDecorator: async ({ resources }) => (resources?.length === 0 ? agent.resources : []),
    },
  );
  assert.deepEqual(await hooks.slaveExecutorEnvironmentDecorator(executor), variables(['A', '1'], ['B', '2']));
  assert.deepEqual(await hooks.slaveResourcesDecorator(agent), agent.resources);
  assert.deepEqual(await hooks.slaveAttributesDecorator(agent), agent.attributes);
  assert.deepEqual(await hooks.masterLaunchTaskResourceDecorator(task, agent.resources!), agent.resources);
});

test('of a status only labels and container status change', async () => {
  const { hooks } = manager(
    { slaveTaskStatusDecorator: async () => ({ labels: { labels: [{ key: 'a' }] } }) },
    { slaveTaskStatusDecorator: async () => ({ container_status: { executor_pid: 7 }, state: 'TASK_LOST' }) as object },
  );
  const status = { task_id: task.task_id, state: 'TASK_RUNNING' } as const;
  const expected = { ...status, labels: { labels: [{ key: 'a' }] }, container_status: { executor_pid: 7 } };
  assert.deepEqual(await hooks.slaveTaskStatusDecorator({ value: 'F' }, status), expected);
});

test('before a Docker launch hooks do not see each other, the last variable wins, any failure fails', async () => {
  const answer = (value: string): Hook => ({
    slavePreLaunchDockerTaskExecutorDecorator: async () => ({ taskEnvironment: variables(['A', value], [value, '']) }),
  });
  const ask = (hooks: HookManager) =>
    hooks.slavePreLaunchDockerTaskExecutorDecorator(task, executor, 'n', '/w', '/m', undefined);
  const { hooks } = manager(answer('1'), {}, answer('2'));
  assert.deepEqual(await ask(hooks), { taskEnvironment: variables(['A', '2'], ['1', ''], ['2', '']) });
  assert.deepEqual(await ask(manager().hooks), {});
  const { hooks: broken } = manager(answer('1'), failing('slavePreLaunchDockerTaskExecutorDecorator'));
  await assert.rejects(ask(broken), { code: 'HOOK_FAILED', message: /failed for module 'h1': broken/ });
});

test('those that are only told are all told', async () => {
  const called: string[] = [];
  const tell: Hook = {
    masterSlaveLostHook: async ({ hostname }) => void called.push(hostname),
    slavePostFetchHook: async (_, directory) => void called.push(directory),
    slaveRemoveExecutorHook: async ({ name }) => void called.push(name),
  };
  const { hooks, log } = manager(failing('masterSlaveLostHook'), failing('slaveRemoveExecutorHook'), tell);
  await hooks.masterSlaveLostHook(agent);
  await hooks.slavePostFetchHook({ value: 'c' }, '/sandbox');
  await hooks.slaveRemoveExecutorHook(framework, executor);
  assert.deepEqual(called, ['a1', '/sandbox', 'services']);
  assert.match(log(), /Agent remove executor hook failed/);
});
