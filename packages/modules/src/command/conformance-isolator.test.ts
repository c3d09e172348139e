/** Command isolators: see testing/conformance.ts. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@meseta/system/testing';
import { answer, type Case, conformance, rejects } from '../testing/conformance.ts';
import { type Bench, isRunning, setUp } from '../testing/harness.ts';
import { agent, config, executor, id, nested } from '../testing/messages.ts';

const usageOf = async ({ isolator }: Bench) => {
  await isolator.prepare?.(id, config);
  const { timestamp, ...rest } = await isolator.usage!(id);
  assert.ok(timestamp > 0);
  return { timestamp, ...rest };
};
const unused = new AbortController().signal;

conformance([
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
      // A run that is cut off before its time on a busy machine is repeated.
      watch: `n=$(cat "$0.n" 2>/dev/null || echo 0); next() { echo $((n + 1)) > "$0.n"; }
        case $n in 0) next;; 1) echo MALFORMED > "$2"; next;; 2) next; exit 1;; 3) next; sleep 1000;;
        4) echo '"text"' > "$2"; next;;
        *) echo '{"resources":[{"name":"toto","type":"SCALAR","scalar":{"value":1}}],"message":"too much toto",
          "reason":"REASON_CONTAINER_LIMITATION"}' > "$2";; esac`,
    },
    parameters: { isolator_watch_timeout: '2' },
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
    scripts: { watch: 'echo $$ > "$0.pid"; sleep 1000' },
    async run({ isolator, directory }) {
      const pidFile = join(directory, 'scripts/watch.pid');
      await isolator.prepare?.(id, config);
      const discard = new AbortController();
      const watch = isolator.watch!(id, discard.signal);
      await eventually('it runs', () => isRunning(pidFile));
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
      ['late', 'sleep 1000', /took too long to execute/],
    ] as const
  ).map(
    ([name, script, message]): Case => ({
      name: `isolator: usage that is ${name} is a warning and the time`,
      scripts: { usage: script },
      parameters: { isolator_usage_timeout: '2' },
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
    scripts: { usage: 'sleep 1000' },
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
          "Not expecting a JSON number for field 'user', which is a string",
      });
    },
  },
  {
    name: 'isolator: commands that are missing fail what they are for, and no more',
    scripts: {},
    parameters: Object.fromEntries(
      ['prepare', 'isolate', 'watch', 'usage', 'cleanup'].map(phase => [
        `isolator_${phase}_command`,
        '/does/not/exist',
      ]),
    ),
    async run({ isolator, log }) {
      const failure = {
        message: 'Command "/does/not/exist" could not be executed: ENOENT (no such file or directory).',
      };
      await assert.rejects(isolator.prepare!(id, config), failure);
      await assert.rejects(isolator.isolate!(id, 1), failure);
      assert.deepEqual(Object.keys(await isolator.usage!(id)), ['timestamp']);
      const discard = new AbortController();
      const watch = isolator.watch!(id, discard.signal);
      await eventually('it is polled', () => log().split('Command of watch failed').length > 2);
      discard.abort();
      assert.equal(await watch, undefined);
      await assert.rejects(isolator.cleanup!(id), failure);
      await isolator.cleanup!(id); // dropped
    },
  },
  {
    name: 'isolator: a context that cannot be written fails prepare',
    scripts: { prepare: 'touch "$0.called"' },
    async run({ isolator, directory }) {
      writeFileSync(join(directory, 'runtime/isolators'), 'in the way');
      await assert.rejects(isolator.prepare!(id, config), /^Error: Failed writing context file for container c1: E/);
      assert.equal(existsSync(join(directory, 'scripts/prepare.called')), false);
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
    async run({ isolator, directory, registry, mode }) {
      const gone = { value: 'gone' };
      for (const each of [id, nested, gone]) await isolator.prepare?.(each, config);
      const context = join(directory, 'runtime/isolators/command/test');
      for (const name of ['broken', 'broken-and-gone']) writeFileSync(join(context, name), '{');
      assert.deepEqual(readdirSync(context).sort(), ['broken', 'broken-and-gone', 'c1', 'c1.n1', 'gone']);
      await registry.close();
      const scripts = { recover: 'cp "$1" "$0.input"', cleanup: 'cat "$1" >> "$0.input"', usage: '' };
      const next = await setUp({ mode, scripts, directory });
      try {
        const state = { container_id: id, pid: 1, directory: '/sandbox', executor_info: executor };
        await next.isolator.recover?.([state, { ...state, container_id: { value: 'broken' } }], [nested]);
        assert.match(next.log(), /Cannot restore the context of a container/);
        await next.isolator.usage?.(id);
        await next.isolator.cleanup?.(nested);
        const left = () => readdirSync(context).sort();
        await eventually('the forgotten ones are cleaned up', () => left().join() === 'broken,c1');
        await next.isolator.cleanup?.({ value: 'broken' });
        assert.deepEqual(left(), ['c1']);
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
]);
