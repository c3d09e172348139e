/** How commands are run: see testing/conformance.ts. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { answer, type Case, conformance, rejects } from '../testing/conformance.ts';
import { isRunning, setUp } from '../testing/harness.ts';
import { agent, config, executor, framework, id, nested, task } from '../testing/messages.ts';

conformance([
  {
    name: 'runner: the input arrives as a file and as standard input, words are no answer',
    scripts: { prepare: 'cmp "$1" - && cp "$1" "$0.input"; echo noise; echo more >&2', watch: '' },
    async run({ isolator, directory, log }) {
      assert.equal(await isolator.prepare?.(nested, config), undefined);
      const input = JSON.parse(readFileSync(join(directory, 'scripts/prepare.input'), 'utf8'));
      assert.deepEqual(Object.keys(input), ['container_config', 'container_id']);
      assert.deepEqual(input.container_id, { parent: { value: 'c1' }, value: 'n1' });
      await eventually('words are logged', () => /wrote: (.*\n)*.*noise/.test(log()) && log().includes('more'));
    },
  },
  {
    name: 'runner: the input echoed is the output',
    scripts: {
      slaveRunTaskLabelDecorator:
        'printf \'{"labels":[{"key":"input","value":"%s"}]}\' "$(base64 "$1" | tr -d "\\n")" > "$2"',
    },
    async run({ hooks }) {
      const decorated = await hooks.slaveRunTaskLabelDecorator(task, executor, framework, agent);
      const input = JSON.parse(Buffer.from(decorated?.labels?.[0]?.value ?? '', 'base64').toString());
      assert.deepEqual(Object.keys(input), ['executor_info', 'framework_info', 'slave_info', 'task_info']);
      assert.deepEqual(input.task_info.labels, task.labels);
    },
  },
  {
    name: 'runner: exit 1 without a cause',
    scripts: { prepare: 'exit 1' },
    run: ({ isolator, command }) => rejects(isolator, `Command "${command('prepare')}" exited with return code 1.`),
  },
  {
    name: 'runner: exit 1 with a cause',
    scripts: { prepare: 'printf "This is the cause." > "$3"; exit 1' },
    run: ({ isolator, command }) =>
      rejects(isolator, `Command "${command('prepare')}" exited with return code 1. Cause: This is the cause.`),
  },
  ...(
    [
      ['missing', '/does/not/exist', 'ENOENT (no such file or directory)'],
      ['in no directory', '/etc/passwd/prepare', 'ENOTDIR (not a directory)'],
      ['not executable', '/etc/passwd', 'EACCES (permission denied)'],
    ] as const
  ).map(
    ([name, command, why]): Case => ({
      name: `runner: a command that is ${name}`,
      scripts: {},
      parameters: { isolator_prepare_command: command },
      async run({ isolator }) {
        const message = `Command "${command}" could not be executed: ${why}.`;
        await rejects(isolator, message);
        await assert.rejects(isolator.prepare!(nested, config), { message }); // nor the next time
      },
    }),
  ),
  {
    name: 'runner: an answer counts only after exit 0',
    scripts: { prepare: `${answer('{"working_directory":"/x"}')}; exit 2` },
    run: ({ isolator, command }) => rejects(isolator, `Command "${command('prepare')}" exited with return code 2.`),
  },
  {
    name: 'runner: death by signal 15',
    scripts: { prepare: 'kill -15 $$' },
    run: ({ isolator, command }) => rejects(isolator, `Command "${command('prepare')}" exited via signal 15.`),
  },
  {
    name: 'runner: an endless loop is killed and gone',
    scripts: { prepare: 'echo $$ > "$0.pid"; while true; do sleep 10; done' },
    parameters: { isolator_prepare_timeout: '2' },
    async run({ isolator, command, directory }) {
      await rejects(isolator, `Command "${command('prepare')}" took too long to execute.`);
      assert.equal(isRunning(join(directory, 'scripts/prepare.pid')), false);
    },
  },
  {
    name: 'runner: a loop that traps SIGTERM, and what left its tree, are killed and gone',
    scripts: {
      prepare: `trap : TERM; echo $$ > "$0.pid"
        (setsid sh -c "echo \\$\\$ > $0.away; trap : TERM; while true; do sleep 10; done" &)
        while true; do sleep 10; done`,
    },
    parameters: { isolator_prepare_timeout: '5' },
    async run({ isolator, command, directory }) {
      await rejects(isolator, `Command "${command('prepare')}" took too long to execute.`);
      assert.ok(existsSync(join(directory, 'scripts/prepare.away')));
      for (const name of ['pid', 'away']) assert.equal(isRunning(join(directory, `scripts/prepare.${name}`)), false);
    },
  },
  {
    name: 'runner: a script that writes gigabytes is survived, and logged in part',
    scripts: { prepare: 'yes | head -c 100000000; yes | head -c 100000000 >&2' },
    async run({ isolator, log }) {
      await isolator.prepare?.(id, config);
      assert.ok(log().length < 5_000_000); // so much a second: how long it takes is the machine's affair
    },
  },
  {
    name: 'runner: words of a command that fails or is killed are logged',
    scripts: { prepare: 'echo why >&2; exit 1', isolate: 'echo so far; sleep 1000' },
    parameters: { isolator_isolate_timeout: '5' },
    async run({ isolator, log }) {
      await assert.rejects(isolator.prepare!(id, config));
      await assert.rejects(isolator.isolate!(id, 1));
      await eventually('words are logged', () => log().includes('why') && log().includes('so far'));
    },
  },
  {
    name: 'runner: files that the command deletes are no answer and no cause',
    scripts: { prepare: 'rm -f "$1" "$2" "$3"', isolate: 'rm -f "$1" "$2" "$3"; exit 1' },
    async run({ isolator, command }) {
      assert.equal(await isolator.prepare?.(id, config), undefined);
      const message = `Command "${command('isolate')}" exited with return code 1.`;
      await assert.rejects(isolator.isolate!(id, 1), { message });
    },
  },
  {
    name: 'runner: the environment names module and method',
    scripts: { prepare: 'echo $MESOS_COMMAND_MODULE_NAME.$MESOS_COMMAND_MODULE_METHOD > "$0.env"' },
    async run({ isolator, directory }) {
      await isolator.prepare?.(id, config);
      assert.equal(readFileSync(join(directory, 'scripts/prepare.env'), 'utf8'), 'test.prepare\n');
    },
  },
  {
    name: 'observability: failures and time-outs are counted, debug shows inputs and outputs without secrets',
    scripts: { prepare: 'exit 1', isolate: 'sleep 1000', usage: answer('{"timestamp":1}') },
    parameters: { isolator_isolate_timeout: '2', debug: 'true' },
    async run({ isolator, metrics, log }) {
      const variables = [{ name: 'DB_PASSWORD', value: 'hunter2' }];
      const secretive = { ...config, command_info: { value: 'x', environment: { variables } } };
      await assert.rejects(isolator.prepare!(id, secretive));
      await assert.rejects(isolator.isolate!(id, 1));
      const { timestamp } = await isolator.usage!(id);
      assert.equal(timestamp, 1);
      const counts = (method: string) =>
        ['calls', 'failures', 'timeouts'].map(name => metrics.snapshot()[`modules/test/${method}/${name}`]);
      assert.deepEqual(counts('prepare'), [1, 1, 0]);
      assert.deepEqual(counts('isolate'), [1, 1, 1]);
      assert.deepEqual(counts('usage'), [1, 0, 0]);
      assert.match(log(), /Calling command(.|\n)*Command failed(.|\n)*Command answered/);
      assert.doesNotMatch(log(), /hunter2/);
    },
  },
]);

test('fork: what a command puts in the place of its files is no answer, and does not stay', async context => {
  const replace = '*n1*) mkdir "$2"; mkdir "$3";; *) mkfifo "$2"; mkfifo "$3"; exit 1';
  const scripts = { prepare: `input=$(cat "$1"); rm -f "$1" "$2" "$3"; case "$input" in ${replace};; esac` };
  const bench = await setUp({ mode: 'fork', scripts });
  context.after(() => bench.close());
  assert.equal(await bench.isolator.prepare!(nested, config), undefined);
  await rejects(bench.isolator, `Command "${bench.command('prepare')}" exited with return code 1.`);
  assert.deepEqual(bench.files(), []);
});

test('fork: a watch command that is more than a path is given to a shell, all others are paths', async context => {
  const command = 'echo \'{"message":"by a shell"}\' > "$2" && true';
  const parameters = { isolator_watch_command: command, isolator_prepare_command: command };
  const { PATH } = process.env;
  context.after(() => Object.assign(process.env, { PATH }));
  process.env.PATH = '/usr/bin:/bin'; // in a directory that may not be looked into it would be EACCES
  const bench = await setUp({ mode: 'fork', scripts: {}, parameters });
  context.after(() => bench.close());
  await rejects(bench.isolator, `Command "${command}" could not be executed: ENOENT (no such file or directory).`);
  const limitation = await bench.isolator.watch!(id, new AbortController().signal);
  assert.deepEqual(limitation, { message: 'by a shell' });
});
