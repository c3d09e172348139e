/** Hooks that decorate containers of a real Docker engine, through real daemons. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { needsDocker, sharedEngine } from '@meseta/containers/testing/docker';
import { eventually } from '@meseta/system/testing';
import { containersOf, dockerScene, inDocker, written } from './support/docker-scene.ts';
import { shellTask } from './support/framework.ts';
import { sandboxOf } from './support/task-scene.ts';
import { removeDirectory } from './support/temporary-directory.ts';

const engine = sharedEngine({ network: 'own' });

/** Writes down what it is asked, and does what a label of the task says: fails, or does not answer for long. */
const hookModule = (asked: string) => `
  import { appendFileSync } from 'node:fs';
  const variables = entries => ({ variables: Object.entries(entries).map(([name, value]) => ({ name, value })) });
  export default {
    org_example_Hook: { kind: 'hook', create: () => ({
      slavePreLaunchDockerTaskExecutorDecorator: async (task, executor, name, directory, mapped, environment) => {
        const ofExecutor = { id: executor.executor_id.value, command: executor.command?.value };
        appendFileSync('${asked}', JSON.stringify({ task: task?.task_id.value, ofExecutor, name, directory, mapped, environment }) + '\\n');
        const does = task?.labels?.labels?.find(({ key }) => key === 'hook')?.value;
        if (does === 'fails') throw new Error('no address is left');
        if (does === 'waits') await new Promise(() => undefined);
        return {
          executorEnvironment: variables({ OF_EXECUTOR: 'executor', OF_BOTH: 'executor', LIBPROCESS_PORT: '7' }),
          taskEnvironment: variables({ OF_TASK: 'task', OF_BOTH: 'task', OF_COMMAND: 'task', MESOS_SANDBOX: '/not/here' }),
        };
      },
    }) },
  };`;

async function decoratedScene(t: TestContext) {
  const directory = mkdtempSync(path.join(tmpdir(), 'docker-hooks-'));
  t.after(() => removeDirectory(directory));
  const [file, asked] = ['hook.mjs', 'asked.log'].map(name => path.join(directory, name)) as [string, string];
  writeFileSync(file, hookModule(asked));
  const parameters = [{ key: 'timeout', value: '3600' }]; // longer than tests wait
  const modules = JSON.stringify({ libraries: [{ file, modules: [{ name: 'org_example_Hook', parameters }] }] });
  const scene = await dockerScene(t, await engine(), { modules, hooks: 'org_example_Hook' });
  const calls = () =>
    existsSync(asked)
      ? readFileSync(asked, 'utf8')
          .trim()
          .split('\n')
          .map(line => JSON.parse(line))
      : []; // prettier-ignore
  return { ...scene, calls };
}

const command = (value: string) => ({ value, environment: { variables: [{ name: 'OF_COMMAND', value: 'command' }] } });
const variablesOf = (text: string) => Object.fromEntries(text.split('\n').map(line => line.split('=')));

test("a hook's variables for a command task are in its container", needsDocker, async t => {
  const { cluster, framework, calls } = await decoratedScene(t);
  await framework.run({ ...shellTask('decorated', ''), command: command('env'), ...inDocker() });
  assert.equal((await framework.end('decorated')).state, 'TASK_FINISHED');
  const { OF_TASK, OF_BOTH, OF_COMMAND, OF_EXECUTOR, MESOS_SANDBOX } = variablesOf(written(cluster, 'decorated'));
  assert.deepEqual(
    { OF_TASK, OF_BOTH, OF_COMMAND, OF_EXECUTOR, MESOS_SANDBOX },
    {
      OF_TASK: 'task',
      OF_BOTH: 'task',
      OF_COMMAND: 'task',
      OF_EXECUTOR: undefined,
      MESOS_SANDBOX: '/mnt/mesos/sandbox',
    },
  );
  const [{ environment, name, ...asked }, ...others] = calls();
  assert.deepEqual(others, []);
  assert.deepEqual(asked, {
    task: 'decorated',
    ofExecutor: { id: 'decorated', command: 'env' },
    directory: sandboxOf(cluster, 'decorated'),
    mapped: '/mnt/mesos/sandbox',
  });
  assert.match(name, /^mesos-[\da-f-]{36}$/);
  assert.equal(environment.MESOS_EXECUTOR_ID, 'decorated');
});

test("a hook's variables for an executor and for its task are in the executor's container", needsDocker, async t => {
  const { framework, calls } = await decoratedScene(t);
  const executor = { executor_id: { value: 'custom' }, command: command('env'), ...inDocker() };
  await framework.run({ task_id: { value: 'of-custom' }, executor });
  await framework.end('of-custom'); // it does not register
  const output = () => readFileSync(path.join(calls()[0].directory, 'stdout'), 'utf8');
  // The engine tells of the end of a container before all of its output.
  await eventually('its output', () => /^LIBPROCESS_PORT=/m.test(output()) && /^OF_TASK=.*\n/m.test(output()));
  const { OF_TASK, OF_BOTH, OF_COMMAND, OF_EXECUTOR, LIBPROCESS_PORT } = variablesOf(output());
  assert.deepEqual(
    { OF_TASK, OF_BOTH, OF_COMMAND, OF_EXECUTOR, LIBPROCESS_PORT },
    { OF_TASK: 'task', OF_BOTH: 'task', OF_COMMAND: 'task', OF_EXECUTOR: 'executor', LIBPROCESS_PORT: '7' },
  );
  assert.deepEqual(
    calls().map(({ task, ofExecutor }) => [task, ofExecutor]),
    [[undefined, { id: 'custom', command: 'env' }]],
  );
});

test('a task whose hook fails does not run', needsDocker, async t => {
  const { framework, engine: used } = await decoratedScene(t);
  const labels = { labels: [{ key: 'hook', value: 'fails' }] };
  await framework.run({ ...shellTask('refused', 'true'), ...inDocker(), labels });
  const { state, reason, message } = await framework.end('refused');
  assert.deepEqual(
    { state, reason, message },
    {
      state: 'TASK_FAILED',
      reason: 'REASON_CONTAINER_LAUNCH_FAILED',
      message:
        "Failed to launch container: Agent pre-launch Docker decorator hook failed for module 'org_example_Hook': no address is left",
    },
  );
  assert.deepEqual(await containersOf(used), []);
});

test('a task is killed while its hook is asked', needsDocker, async t => {
  const { framework, engine: used, calls } = await decoratedScene(t);
  const labels = { labels: [{ key: 'hook', value: 'waits' }] };
  await framework.run({ ...shellTask('killed', 'true'), ...inDocker(), labels });
  await eventually('the question', () => calls().length === 1);
  await framework.call({ type: 'KILL', kill: { task_id: { value: 'killed' } } });
  assert.equal((await framework.end('killed')).state, 'TASK_KILLED');
  assert.deepEqual(await containersOf(used), []);
});
