/** Command hooks: see testing/conformance.ts. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answer, type Case, conformance } from '../testing/conformance.ts';
import type { Bench } from '../testing/harness.ts';
import { agent, executor, framework, id, task } from '../testing/messages.ts';
import { methods } from './methods.ts';

const labelsOf = ({ hooks }: Bench) => hooks.slaveRunTaskLabelDecorator(task, executor, framework, agent);
const environmentOf = ({ hooks }: Bench) => hooks.slaveExecutorEnvironmentDecorator(executor);

conformance([
  {
    name: 'hook: two labels take the place of all',
    scripts: { slaveRunTaskLabelDecorator: answer('{"labels":[{"key":"a","value":"1"},{"key":"b","value":"2"}]}') },
    async run(bench) {
      const labels = [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
      ];
      assert.deepEqual(await labelsOf(bench), { labels });
    },
  },
  {
    name: 'hook: labels and variables are added where asked for',
    scripts: {
      slaveRunTaskLabelDecorator: answer('{"labels":{"key":"a","value":"1"}}'),
      slaveExecutorEnvironmentDecorator: answer('{"variables":[{"name":"NEW","value":"2"}]}'),
    },
    parameters: { merge: 'append' },
    async run(bench) {
      const labels = [...task.labels!.labels!, { key: 'a', value: '1' }];
      assert.deepEqual(await labelsOf(bench), { labels });
      const names = (await environmentOf(bench))?.variables?.map(({ name }) => name);
      assert.deepEqual(names, ['OLD', 'NEW']);
    },
  },
  {
    name: 'hook: two variables take the place of all',
    scripts: {
      slaveExecutorEnvironmentDecorator: answer('{"variables":[{"name":"A","value":"1"},{"name":"B","value":"2"}]}'),
    },
    async run(bench) {
      const variables = [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ];
      assert.deepEqual(await environmentOf(bench), { variables });
    },
  },
  {
    name: 'hook: an executor is removed',
    scripts: { slaveRemoveExecutorHook: 'cp "$1" "$0.input"; echo ignored > "$2"' },
    async run({ hooks, directory, log }) {
      await hooks.slaveRemoveExecutorHook(framework, executor);
      const input = JSON.parse(readFileSync(join(directory, 'scripts/slaveRemoveExecutorHook.input'), 'utf8'));
      assert.deepEqual(Object.keys(input), ['executor_info', 'framework_info']);
      assert.doesNotMatch(log(), /WARNING/);
    },
  },
  ...['slaveRunTaskLabelDecorator', 'slaveExecutorEnvironmentDecorator'].flatMap(method => badAnswers(method)),
  {
    name: 'hook: nothing is configured',
    scripts: {},
    async run(bench) {
      assert.deepEqual(await labelsOf(bench), task.labels);
      assert.deepEqual(await environmentOf(bench), executor.command?.environment);
      assert.equal(bench.hooks.has('slaveRunTaskLabelDecorator'), false);
    },
  },
  {
    name: 'hook: the points that the original did not have',
    scripts: {
      masterLaunchTaskResourceDecorator: answer('{"resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":2}}]}'),
      masterLaunchTaskLabelDecorator: answer('{"labels":[]}'),
      masterSlaveLostHook: 'cp "$1" "$0.input"',
      slaveResourcesDecorator: answer('{"resources":[]}'),
      slaveAttributesDecorator: answer('{"attributes":[{"name":"a","type":"TEXT","text":{"value":"b"}}]}'),
      slavePostFetchHook: 'cp "$1" "$0.input"',
      slavePreLaunchDockerTaskExecutorDecorator: answer('{"taskEnvironment":{"variables":[{"name":"A","value":"1"}]}}'),
      slaveTaskStatusDecorator: answer('{"labels":{"labels":[{"key":"seen"}]},"state":"TASK_LOST","message":"no"}'),
    },
    async run({ hooks, directory }) {
      const input = (method: string) => JSON.parse(readFileSync(join(directory, `scripts/${method}.input`), 'utf8'));
      const resources = await hooks.masterLaunchTaskResourceDecorator(task, agent.resources!);
      assert.equal(resources[0]?.scalar?.value, 2);
      assert.deepEqual(await hooks.masterLaunchTaskLabelDecorator(task, framework, agent), { labels: [] });
      await hooks.masterSlaveLostHook(agent);
      assert.equal(input('masterSlaveLostHook').slave_info.hostname, 'a1');
      assert.deepEqual(await hooks.slaveResourcesDecorator(agent), []);
      assert.equal((await hooks.slaveAttributesDecorator(agent))[0]?.text?.value, 'b');
      await hooks.slavePostFetchHook(id, '/sandbox');
      assert.deepEqual(input('slavePostFetchHook'), { container_id: { value: 'c1' }, directory: '/sandbox' });
      const docker = await hooks.slavePreLaunchDockerTaskExecutorDecorator(task, executor, 'n', '/w', '/m', { E: '1' });
      assert.deepEqual(docker, { taskEnvironment: { variables: [{ name: 'A', value: '1' }] } });
      const status = { task_id: task.task_id, state: 'TASK_RUNNING', message: 'yes' } as const;
      const decorated = await hooks.slaveTaskStatusDecorator({ value: 'F' }, status);
      assert.deepEqual(decorated, { ...status, labels: { labels: [{ key: 'seen' }] } });
    },
  },
]);

function badAnswers(method: string): Case[] {
  const decorated = async (bench: Bench) => {
    if (method === 'slaveRunTaskLabelDecorator') assert.deepEqual(await labelsOf(bench), task.labels);
    else assert.deepEqual(await environmentOf(bench), executor.command?.environment);
  };
  const list = method === 'slaveRunTaskLabelDecorator' ? 'labels' : 'variables';
  const key = method === 'slaveRunTaskLabelDecorator' ? 'key' : 'name';
  const bad: [name: string, script: string, message: RegExp | undefined][] = [
    ['malformed', 'echo "{nope" > "$2"', /failed for module '.*': Malformed JSON. syntax error at line 1 near: nope/],
    [
      'without a required key',
      answer(`{"${list}":[{"value":"1"}]}`),
      new RegExp(`Error while converting JSON to protobuf. Missing required fields: ${list}\\[0\\].${key}`),
    ],
    ['empty', '', undefined],
    ['a failure', 'exit 3', /exited with return code 3/],
  ];
  const answers = bad.map(
    ([name, script, message]): Case => ({
      name: `hook: ${method} whose answer is ${name} changes nothing`,
      scripts: { [method]: script },
      async run(bench) {
        await decorated(bench);
        if (message) assert.match(bench.log(), message);
        else assert.doesNotMatch(bench.log(), /WARNING/);
      },
    }),
  );
  const parameter = methods.find(({ name }) => name === method)?.key;
  const missing: Case = {
    name: `hook: ${method} whose command is missing changes nothing`,
    scripts: {},
    parameters: { [`${parameter}_command`]: '/does/not/exist' },
    async run(bench) {
      await decorated(bench);
      assert.match(bench.log(), /failed for module '.*': Command "\/does\/not\/exist" could not be executed: ENOENT/);
    },
  };
  return [...answers, missing];
}
