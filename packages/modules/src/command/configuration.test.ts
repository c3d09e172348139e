import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { commandConfiguration } from './configuration.ts';

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
  [{ module_name: '' }, /Module 'm', parameter 'module_name': it is mandatory/],
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
    /'isolator_usage_timeout': 18446744073709551616 seconds are more/,
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
  parse({ isolator_prepare: '/x', isolator_prepare_command: '/x' }, warnings);
  assert.deepEqual(warnings, ["Module 'm': parameter 'isolator_prepare' is not known and has no effect"]);
});
