import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { commandConfiguration } from './configuration.ts';
import type { MethodName } from './methods.ts';

function parse(values: Readonly<Record<string, string>>, warnings: string[] = []) {
  const parameters = Object.entries({ module_name: 'test', ...values }).map(([key, value]) => ({ key, value }));
  return commandConfiguration('m', parameters, warning => warnings.push(warning));
}

test('a full configuration', () => {
  const { commands, ...rest } = parse({
    hook_slave_run_task_label_decorator_command: '/labels',
    hook_slave_run_task_label_decorator_timeout: '10',
    isolator_prepare_command: '/prepare',
    isolator_watch_command: '/watch',
    isolator_watch_timeout: '0.5',
    isolator_watch_frequence: '2.5',
    debug: 'true',
    mode: 'fork',
    merge: 'append',
    max_concurrent_commands: '7',
  });
  assert.deepEqual(rest, { name: 'test', debug: true, mode: 'fork', merge: 'append', maxConcurrent: 7 });
  assert.deepEqual(Object.fromEntries(commands), {
    slaveRunTaskLabelDecorator: { command: '/labels', timeoutMs: 10_000, frequenceMs: 0 },
    prepare: { command: '/prepare', timeoutMs: 30_000, frequenceMs: 0 },
    watch: { command: '/watch', timeoutMs: 500, frequenceMs: 2500 },
  });
});

const keys: [key: string, method: string][] = [
  ['hook_slave_run_task_label_decorator', 'slaveRunTaskLabelDecorator'],
  ['hook_slave_executor_environment_decorator', 'slaveExecutorEnvironmentDecorator'],
  ['hook_slave_remove_executor_hook', 'slaveRemoveExecutorHook'],
  ['hook_master_launch_task_label_decorator', 'masterLaunchTaskLabelDecorator'],
  ['hook_master_launch_task_resource_decorator', 'masterLaunchTaskResourceDecorator'],
  ['hook_master_slave_lost_hook', 'masterSlaveLostHook'],
  ['hook_slave_resources_decorator', 'slaveResourcesDecorator'],
  ['hook_slave_attributes_decorator', 'slaveAttributesDecorator'],
  ['hook_slave_pre_launch_docker_task_executor_decorator', 'slavePreLaunchDockerTaskExecutorDecorator'],
  ['hook_slave_post_fetch_hook', 'slavePostFetchHook'],
  ['hook_slave_task_status_decorator', 'slaveTaskStatusDecorator'],
  ...['prepare', 'isolate', 'watch', 'usage', 'cleanup', 'update', 'status', 'recover'].map(
    (name): [string, string] => [`isolator_${name}`, name],
  ),
];
test('every method has a command and a time-out of its own, under the names of the original', () => {
  const warnings: string[] = [];
  const values = keys.flatMap(([key], i) => [
    [`${key}_command`, `/${key}`],
    [`${key}_timeout`, String(i + 1)],
  ]);
  const { commands } = parse(Object.fromEntries(values), warnings);
  assert.deepEqual(warnings, []);
  assert.equal(commands.size, keys.length);
  for (const [i, [key, method]] of keys.entries()) {
    const { command, timeoutMs } = commands.get(method as MethodName) ?? {};
    assert.deepEqual({ command, timeoutMs }, { command: `/${key}`, timeoutMs: (i + 1) * 1000 }, method);
  }
});

test('what is absent or empty is off, or has its default', () => {
  const { commands, ...rest } = parse({ isolator_prepare_command: '', isolator_prepare_timeout: '' });
  assert.equal(commands.size, 0);
  const maxConcurrent = availableParallelism() * 4;
  assert.deepEqual(rest, { name: 'test', debug: false, mode: 'fork', merge: 'replace', maxConcurrent });
});

for (const debug of ['True', '1', 'yes', ' true', 'false', '']) {
  test(`debug is off for '${debug}'`, () => assert.equal(parse({ debug }).debug, false));
}

const refused: [values: Record<string, string>, message: RegExp][] = [
  [{ module_name: '' }, /Module 'm', parameter 'module_name': it is required/],
  [{ module_name: 'a/b' }, /parameter 'module_name'.*invalid characters/],
  [
    { isolator_prepare_timeout: 'abc' },
    /Module 'm', parameter 'isolator_prepare_timeout': expecting a number of seconds, got 'abc'/,
  ],
  [{ isolator_prepare_timeout: '10s' }, /'isolator_prepare_timeout'/],
  [{ isolator_usage_timeout: '-1' }, /'isolator_usage_timeout'/],
  [{ isolator_usage_timeout: '0' }, /expecting more than 0 seconds/],
  [
    { isolator_usage_timeout: '18446744073709551616' },
    /'isolator_usage_timeout': 18446744073709551616 seconds is too long/,
  ],
  [{ isolator_watch_frequence: 'often' }, /'isolator_watch_frequence'/],
  [{ hook_slave_remove_executor_hook_timeout: '1e3' }, /'hook_slave_remove_executor_hook_timeout'/],
  [{ max_concurrent_commands: '0' }, /'max_concurrent_commands'/],
  [{ mode: 'threads' }, /'mode': expecting fork or persistent, got 'threads'/],
  [{ merge: 'both' }, /'merge'/],
  [
    { mode: 'persistent', isolator_prepare_command: '/a', isolator_usage_command: '/b' },
    /'isolator_usage_command'.*'\/a'/,
  ],
];
for (const [values, message] of refused) {
  test(`refused: ${JSON.stringify(values)}`, () =>
    assert.throws(() => parse(values), { code: 'MODULE_PARAMETER', message }));
}

test('unknown keys are warned of, by name', () => {
  const warnings: string[] = [];
  parse({ isolator_prepare: '/x', isolator_perpare_command: '/x' }, warnings);
  const unknown = (key: string) => `Module 'm': parameter '${key}' is unknown and has no effect`;
  assert.deepEqual(warnings, [
    `${unknown('isolator_prepare')}; did you mean 'isolator_prepare_command'?`,
    unknown('isolator_perpare_command'),
  ]);
});
