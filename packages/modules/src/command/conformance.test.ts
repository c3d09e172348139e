/** What the original's tests prove, and what they never did, for both modes. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { containerKey } from '../isolator.ts';
import { type Bench, eventually, lives, type Mode, type Setup, setUp } from '../testing/harness.ts';
import { agent, config, executor, framework, id, nested, task } from '../testing/messages.ts';

const modes: readonly Mode[] = ['fork', 'persistent'];

interface Case {
  readonly name: string;
  readonly scripts: Setup['scripts'];
  readonly parameters?: Setup['parameters'];
  run(bench: Bench): Promise<void>;
}

const answer = (json: string) => `echo '${json}' > "$2"`;
const usageOf = async ({ isolator }: Bench) => {
  await isolator.prepare?.(id, config);
  const { timestamp, ...rest } = await isolator.usage!(id);
  assert.ok(timestamp > 0);
  return { timestamp, ...rest };
};
const labelsOf = ({ hooks }: Bench) => hooks.slaveRunTaskLabelDecorator(task, executor, framework, agent);
const environmentOf = ({ hooks }: Bench) => hooks.slaveExecutorEnvironmentDecorator(executor);
const unused = new AbortController().signal;

const cases: Case[] = [
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
    parameters: { isolator_prepare_timeout: '0.5' },
    async run({ isolator, command, directory }) {
      await rejects(isolator, `Command "${command('prepare')}" took too long to execute.`);
      assert.equal(lives(join(directory, 'scripts/prepare.pid')), false);
    },
  },
  {
    name: 'runner: a loop that traps SIGTERM, and what left its tree, are killed and gone',
    scripts: {
      prepare: `trap : TERM; echo $$ > "$0.pid"
        (setsid sh -c "echo \\$\\$ > $0.away; trap : TERM; while true; do sleep 10; done" &)
        while true; do sleep 10; done`,
    },
    parameters: { isolator_prepare_timeout: '0.5' },
    async run({ isolator, command, directory }) {
      await rejects(isolator, `Command "${command('prepare')}" took too long to execute.`);
      assert.ok(existsSync(join(directory, 'scripts/prepare.away')));
      for (const name of ['pid', 'away']) assert.equal(lives(join(directory, `scripts/prepare.${name}`)), false);
    },
  },
  {
    name: 'runner: a script that writes gigabytes is survived, and logged in part',
    scripts: { prepare: 'yes | head -c 100000000; yes | head -c 100000000 >&2' },
    async run({ isolator, log }) {
      await isolator.prepare?.(id, config);
      assert.ok(log().length < 40_000);
    },
  },
  {
    name: 'runner: words of a command that fails or is killed are logged',
    scripts: { prepare: 'echo why >&2; exit 1', isolate: 'echo so far; sleep 10' },
    parameters: { isolator_isolate_timeout: '0.5' },
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
  {
    name: 'isolator: simple answers',
    scripts: {
      prepare: answer('{"working_directory":"/isolated","environment":{"variables":[{"name":"A","value":"1"}]}}'),
      isolate: 'cp "$1" "$0.input"; echo ISOLATED > "$2"',
      usage: answer('{"timestamp":12345,"net_snmp_statistics":{"tcp_stats":{"CurrEstab":5}}}'),
      status: answer('{"executor_pid":7}'),
      update: 'cp "$1" "$0.input"',
      cleanup: '',
    },
    async run({ isolator, directory }) {
      const variables = [{ name: 'A', value: '1' }];
      const info = { working_directory: '/isolated', environment: { variables } };
      assert.deepEqual(await isolator.prepare?.(id, config), info);
      await isolator.isolate?.(id, 4711);
      const input = JSON.parse(readFileSync(join(directory, 'scripts/isolate.input'), 'utf8'));
      assert.deepEqual(Object.keys(input), ['container_config', 'container_id', 'pid']);
      assert.equal(input.pid, 4711);
      const usage = { timestamp: 12345, net_snmp_statistics: { tcp_stats: { CurrEstab: 5 } } };
      assert.deepEqual(await isolator.usage?.(id), usage);
      assert.deepEqual(await isolator.status?.(id), { executor_pid: 7 });
      await isolator.update?.(id, agent.resources!, { mem: 64, cpus: Number.POSITIVE_INFINITY });
      const update = JSON.parse(readFileSync(join(directory, 'scripts/update.input'), 'utf8'));
      assert.deepEqual(update.limits, { mem: { value: 64 } });
      assert.equal(update.resources[0].name, 'cpus');
      await isolator.cleanup?.(id);
    },
  },
  {
    name: 'isolator: watch goes on until there is a limitation, whatever goes wrong before',
    scripts: {
      watch: `n=$(cat "$0.n" 2>/dev/null || echo 0); echo $((n + 1)) > "$0.n"
        case $n in 0) ;; 1) echo MALFORMED > "$2";; 2) exit 1;; 3) sleep 10;; 4) echo '"text"' > "$2";;
        *) echo '{"resources":[{"name":"toto","type":"SCALAR","scalar":{"value":1}}],"message":"too much toto",
          "reason":"REASON_CONTAINER_LIMITATION"}' > "$2";; esac`,
    },
    parameters: { isolator_watch_timeout: '0.5' },
    async run({ isolator, log }) {
      await isolator.prepare?.(id, config);
      assert.deepEqual(await isolator.watch?.(id, unused), {
        resources: [{ name: 'toto', type: 'SCALAR', scalar: { value: 1 } }],
        message: 'too much toto',
        reason: 'REASON_CONTAINER_LIMITATION',
      });
      assert.match(
        log(),
        /Unable to deserialize ContainerLimitation: Malformed JSON. syntax error at line 1 near: MALF/,
      );
      assert.match(log(), /watch failed: Command .* exited with return code 1/);
      assert.match(log(), /watch failed: Command .* took too long/);
      assert.match(log(), /Unable to deserialize ContainerLimitation: Malformed Protobuf. JSON object is expected/);
    },
  },
  {
    name: 'isolator: a watch that is discarded stops at once, and so does one whose container is cleaned up',
    scripts: { watch: 'echo $$ > "$0.pid"; sleep 100' },
    async run({ isolator, directory }) {
      const pidFile = join(directory, 'scripts/watch.pid');
      await isolator.prepare?.(id, config);
      const discard = new AbortController();
      const watch = isolator.watch!(id, discard.signal);
      await eventually('it runs', () => lives(pidFile));
      discard.abort();
      assert.equal(await watch, undefined);
      const other = new AbortController();
      const ended = isolator.watch!(id, other.signal);
      await isolator.cleanup?.(id);
      other.abort();
      assert.equal(await ended, undefined);
    },
  },
  {
    name: 'isolator: an empty object is a limitation',
    scripts: { watch: answer('{}') },
    async run({ isolator }) {
      await isolator.prepare?.(id, config);
      assert.deepEqual(await isolator.watch?.(id, unused), {});
    },
  },
  {
    name: 'isolator: usage of an unprepared container fails',
    scripts: { usage: answer('{"timestamp":1}'), watch: '' },
    async run({ isolator }) {
      const message = 'mesos-command-module is not initialized for current container';
      await assert.rejects(isolator.usage!(id), { message });
      await assert.rejects(isolator.watch!(id, unused), { message });
      await isolator.cleanup?.(id);
    },
  },
  ...(
    [
      ['malformed', 'echo MALFORMED > "$2"', /Unable to deserialize ResourceStatistics: Malformed JSON/],
      ['of another shape', `echo '"text"' > "$2"`, /Malformed Protobuf. JSON object is expected/],
      ['without its timestamp', `echo '{}' > "$2"`, /Missing required fields: timestamp/],
      ['late', 'sleep 5', /took too long to execute/],
    ] as const
  ).map(
    ([name, script, message]): Case => ({
      name: `isolator: usage that is ${name} is a warning and the time`,
      scripts: { usage: script },
      parameters: { isolator_usage_timeout: '0.5' },
      async run(bench) {
        assert.deepEqual(Object.keys(await usageOf(bench)), ['timestamp']);
        assert.match(bench.log(), message);
      },
    }),
  ),
  {
    name: 'isolator: an empty usage is the time',
    scripts: { usage: '' },
    async run(bench) {
      assert.deepEqual(Object.keys(await usageOf(bench)), ['timestamp']);
    },
  },
  {
    name: 'isolator: usage that is discarded',
    scripts: { usage: 'sleep 100' },
    async run({ isolator }) {
      await isolator.prepare?.(id, config);
      const discard = new AbortController();
      const usage = isolator.usage!(id, discard.signal);
      setImmediate(() => discard.abort());
      assert.deepEqual(Object.keys(await usage), ['timestamp']);
    },
  },
  {
    name: 'isolator: usage that is asked for again and again while the command runs is one run',
    scripts: { usage: `echo >> "$0.runs"; until [ -e "$0.go" ]; do sleep 0.01; done; ${answer('{"timestamp":7}')}` },
    async run({ isolator, directory }) {
      const script = join(directory, 'scripts/usage');
      await isolator.prepare?.(id, config);
      const usages = [isolator.usage!(id), isolator.usage!(id)];
      await eventually('it runs', () => existsSync(`${script}.runs`));
      usages.push(isolator.usage!(id));
      writeFileSync(`${script}.go`, '');
      assert.deepEqual(await Promise.all(usages), new Array(3).fill({ timestamp: 7 }));
      assert.equal(readFileSync(`${script}.runs`, 'utf8'), '\n');
      await isolator.usage?.(id);
      assert.equal(readFileSync(`${script}.runs`, 'utf8'), '\n\n');
    },
  },
  {
    name: 'isolator: prepare that is malformed, or of another shape, fails the launch',
    scripts: { prepare: `case "$(cat "$1")" in *n1*) echo '{"user":4}' > "$2";; *) echo "{nope" > "$2";; esac` },
    async run({ isolator }) {
      const nope = 'Unable to deserialize ContainerLaunchInfo: Malformed JSON. syntax error at line 1 near: nope';
      await rejects(isolator, nope);
      await assert.rejects(isolator.prepare!(nested, config), {
        message:
          'Unable to deserialize ContainerLaunchInfo: Error while converting JSON to protobuf. ' +
          "Not expecting a JSON number for field 'user'",
      });
    },
  },
  {
    name: 'isolator: nothing is configured',
    scripts: {},
    async run({ isolator }) {
      assert.equal(await isolator.prepare?.(id, config), undefined);
      await isolator.isolate?.(id, 1);
      const discard = new AbortController();
      const watch = isolator.watch!(id, discard.signal);
      assert.deepEqual(Object.keys(await isolator.usage!(id)), ['timestamp']);
      assert.deepEqual(await isolator.status?.(id), {});
      discard.abort();
      assert.equal(await watch, undefined);
      await isolator.cleanup?.(id);
    },
  },
  {
    name: 'isolator: a container is prepared once; its context stays after a failure, until cleanup, which may fail',
    scripts: { prepare: 'exit 1', cleanup: 'echo >> "$0.calls"; echo gone > "$3"; exit 3' },
    async run({ isolator, command, directory }) {
      await assert.rejects(isolator.prepare!(id, config));
      await rejects(isolator, 'mesos-command-module already initialized for container');
      const message = `Command "${command('cleanup')}" exited with return code 3. Cause: gone\n`;
      await assert.rejects(isolator.cleanup!(id), { message });
      await isolator.cleanup?.(id);
      assert.equal(readFileSync(join(directory, 'scripts/cleanup.calls'), 'utf8'), '\n');
    },
  },
  {
    name: 'isolator: events of one container wait for each other, those of others do not',
    scripts: {
      prepare: `case "$(cat "$1")" in *n1*) touch "$0.go";; *) while [ ! -e "$0.go" ]; do sleep 0.01; done;; esac
        echo prepare >> "$0.order"`,
      cleanup: 'echo cleanup >> "$(dirname "$0")/prepare.order"',
    },
    async run({ isolator, directory }) {
      const events = [isolator.prepare!(id, config), isolator.cleanup!(id), isolator.prepare!(nested, config)];
      await Promise.all(events);
      const order = readFileSync(join(directory, 'scripts/prepare.order'), 'utf8');
      assert.equal(order.split('\n').filter(line => line === 'prepare').length, 2);
      assert.equal(order.split('\n').at(-2), 'cleanup');
    },
  },
  {
    name: 'isolator: contexts survive the daemon; those that nobody knows any longer are cleaned up',
    scripts: { recover: 'cp "$1" "$0.input"', cleanup: 'cp "$1" "$0.$MESOS_COMMAND_MODULE_CALL.input"', usage: '' },
    async run({ isolator, directory, registry }) {
      const gone = { value: 'gone' };
      for (const each of [id, nested, gone]) await isolator.prepare?.(each, config);
      const context = join(directory, 'runtime/isolators/command/test');
      writeFileSync(join(context, 'broken'), '{');
      assert.deepEqual(readdirSync(context).sort(), ['broken', 'c1', 'c1.n1', 'gone']);
      await registry.close();
      const scripts = { recover: 'cp "$1" "$0.input"', cleanup: 'cat "$1" >> "$0.input"', usage: '' };
      const next = await setUp({ mode: 'fork', scripts, directory });
      try {
        const state = { container_id: id, pid: 1, directory: '/sandbox', executor_info: executor };
        await next.isolator.recover?.([state, { ...state, container_id: { value: 'broken' } }], [nested]);
        assert.match(next.log(), /Cannot restore the context of a container/);
        await next.isolator.usage?.(id);
        await next.isolator.cleanup?.(nested);
        await eventually('the forgotten one is cleaned up', () => !existsSync(join(context, 'gone')));
        assert.deepEqual(readdirSync(context).sort(), ['broken', 'c1']);
        const input = JSON.parse(readFileSync(join(directory, 'scripts/recover.input'), 'utf8'));
        assert.deepEqual(input.orphans, [{ parent: { value: 'c1' }, value: 'n1' }]);
        assert.equal(input.container_states.length, 2);
      } finally {
        await next.close();
      }
    },
  },
  {
    name: 'isolator: many containers at once, under the cap',
    scripts: {
      prepare: 'mkdir "$0.$$"; ls -d "$0".[0-9]* | wc -l >> "$0.count"; rmdir "$0.$$"',
      usage: answer('{"timestamp":1,"processes":3}'),
    },
    parameters: { max_concurrent_commands: '3' },
    async run({ isolator, directory, metrics }) {
      const ids = Array.from({ length: 60 }, (_, i) => ({ value: `c${i}` }));
      await Promise.all(ids.map(each => isolator.prepare!(each, config)));
      const usages = await Promise.all(ids.map(each => isolator.usage!(each)));
      assert.ok(usages.every(({ processes }) => processes === 3));
      const counts = readFileSync(join(directory, 'scripts/prepare.count'), 'utf8').trim().split('\n').map(Number);
      assert.equal(counts.length, 60);
      assert.ok(Math.max(...counts) <= 3);
      const snapshot = metrics.snapshot();
      assert.equal(snapshot['modules/test/usage/calls'], 60);
      assert.equal(snapshot['modules/test/usage/in_flight'], 0);
      assert.equal(snapshot['modules/test/usage/latency_ms/count'], 60);
    },
  },
  {
    name: 'observability: failures and time-outs are counted, debug shows inputs and outputs without secrets',
    scripts: { prepare: 'exit 1', isolate: 'sleep 5', usage: answer('{"timestamp":1}') },
    parameters: { isolator_isolate_timeout: '0.3', debug: 'true' },
    async run({ isolator, metrics, log, directory }) {
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
      assert.ok(directory);
    },
  },
];

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
  return bad.map(([name, script, message]) => ({
    name: `hook: ${method} whose answer is ${name} changes nothing`,
    scripts: { [method]: script },
    async run(bench) {
      await decorated(bench);
      if (message) assert.match(bench.log(), message);
      else assert.doesNotMatch(bench.log(), /WARNING/);
    },
  }));
}

async function rejects(isolator: Bench['isolator'], message: string): Promise<void> {
  await assert.rejects(isolator.prepare!(id, config), { message });
}

async function run(context: TestContext, mode: Mode, { scripts, parameters, run }: Case): Promise<void> {
  const bench = await setUp({ mode, scripts, ...(parameters && { parameters }) });
  context.after(() => bench.close());
  await run(bench);
  if (mode === 'fork') await eventually('no file is left', () => bench.files().length === 0);
  assert.ok(containerKey(nested));
}

for (const mode of modes) {
  for (const each of cases) test(`${mode}: ${each.name}`, context => run(context, mode, each));
}

for (const mode of modes) {
  test(`${mode}: a command that is missing, or not executable`, async context => {
    const bench = await setUp({ mode, scripts: {}, parameters: { isolator_prepare_command: '/does/not/exist' } });
    context.after(() => bench.close());
    const under = await setUp({ mode, scripts: {}, parameters: { isolator_prepare_command: '/etc/passwd/prepare' } });
    context.after(() => under.close());
    const notThere = 'Command "/etc/passwd/prepare" could not be executed: ENOTDIR (not a directory).';
    await rejects(under.isolator, notThere);
    await assert.rejects(under.isolator.prepare!(nested, config), { message: notThere });
    const missing = 'Command "/does/not/exist" could not be executed: ENOENT (no such file or directory).';
    await rejects(bench.isolator, missing);
    const file = join(bench.directory, 'plain');
    writeFileSync(file, 'This file is not executable...');
    const other = await setUp({ mode, scripts: {}, parameters: { isolator_prepare_command: file } });
    context.after(() => other.close());
    await rejects(other.isolator, `Command "${file}" could not be executed: EACCES (permission denied).`);
  });
}

test('fork: what a command puts in the place of its files is no answer, and does not stay', async context => {
  const replace = '*n1*) mkdir "$2"; mkdir "$3";; *) mkfifo "$2"; mkfifo "$3"; exit 1';
  const scripts = { prepare: `input=$(cat "$1"); rm -f "$1" "$2" "$3"; case "$input" in ${replace};; esac` };
  const bench = await setUp({ mode: 'fork', scripts });
  context.after(() => bench.close());
  assert.equal(await bench.isolator.prepare!(nested, config), undefined);
  await rejects(bench.isolator, `Command "${bench.command('prepare')}" exited with return code 1.`);
  assert.deepEqual(bench.files(), []);
});
