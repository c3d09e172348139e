/** What every containerizer must do. A new one is one more line in `kinds`. */
import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { eventually } from '@meseta/process/testing';
import type { ContainerLimitation } from '@meseta/protocol';
import { containerKey } from './container-id.ts';
import type { Containerizer } from './containerizer.ts';
import { LaunchError } from './errors.ts';
import type { Isolator } from './mesos/isolators/isolator.ts';
import { ContainerizerBench, id, kinds } from './testing/containerizer-bench.ts';

const forever = 'while :; do sleep 1000; done';
const keys = (containerizer: Containerizer) => [...containerizer.containers()].map(containerKey).sort();
const isError = (code: string) => (error: unknown) => error instanceof LaunchError && error.code === code;

for (const [kind, make] of Object.entries(kinds)) {
  suite(`containerizer contract: ${kind}`, () => {
    test('a container runs, ends, and is known until it is removed', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      const result = await containerizer.launch(c, bench.shell(c, 'echo out; echo err >&2; exit 143'));
      assert.ok('pid' in result);
      assert.equal(containerizer.pid(c), result.pid);
      assert.deepEqual(await containerizer.wait(c), { exit: { kind: 'exited', code: 143 } });
      await containerizer.drained(c);
      assert.equal(bench.output(c), 'out\n');
      assert.deepEqual(keys(containerizer), [containerKey(c)]);
      await containerizer.destroy(c);
      assert.deepEqual((await containerizer.wait(c))?.exit, { kind: 'exited', code: 143 });
      await containerizer.remove(c);
      assert.equal(containerizer.wait(c), undefined);
      assert.deepEqual(keys(containerizer), []);
    });

    test('unknown ids are harmless', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('nobody');
      assert.equal(containerizer.pid(c), undefined);
      assert.equal(containerizer.wait(c), undefined);
      assert.equal(await containerizer.signal(c, 'SIGTERM'), 0);
      assert.equal(await containerizer.usage(c), undefined);
      assert.deepEqual(await containerizer.status(c), { container_id: c });
      await containerizer.update(c, [], {});
      await containerizer.drained(c);
      await containerizer.destroy(c);
      await containerizer.remove(c);
    });

    test('its environment: what the agent says, then what the command asks for', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      const variables = [{ name: 'C', value: 'command' }];
      const launch = bench.shell(c, 'echo "$A|$B|$C|$HOME"');
      await containerizer.launch(c, {
        config: { ...launch.config, command_info: { value: 'echo "$A|$B|$C|$HOME"', environment: { variables } } },
        environment: { A: 'agent', B: 'agent', C: 'agent' },
        variables: [
          { name: 'B', value: 'above' },
          { name: 'C', value: 'above' },
        ],
      });
      await containerizer.wait(c);
      assert.equal(bench.output(c), 'agent|above|command|\n');
    });

    test('a launch that fails leaves nothing, and the id may not be taken twice', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      const missing = bench.shell(c, '', {});
      const config = { ...missing.config, command_info: { shell: false, value: '/no/such/program' } };
      await assert.rejects(containerizer.launch(c, { config }), isError('EXEC'));
      const noValue = { ...missing.config, command_info: {} };
      await assert.rejects(containerizer.launch(c, { config: noValue }), isError('INVALID'));
      const fetched = () => Promise.reject(new Error('no'));
      await assert.rejects(containerizer.launch(c, bench.shell(c, 'touch ran'), { fetched }), /no/);
      assert.deepEqual(keys(containerizer), []);
      assert.equal(containerizer.wait(c), undefined);
      assert.ok(!existsSync(join(bench.sandbox(c), 'ran')));
      await containerizer.launch(c, bench.shell(c, forever));
      await assert.rejects(containerizer.launch(c, bench.shell(c, forever)), isError('EXISTS'));
      assert.deepEqual(keys(containerizer), [containerKey(c)]);
    });

    test('what it does not do is said, and changes nothing', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      const result = await containerizer.launch(c, bench.shell(c, 'true', { container_info: { type: 'DOCKER' } }));
      assert.ok('unsupported' in result);
      assert.match(result.unsupported, /Docker containers are not built yet/);
      assert.deepEqual(keys(containerizer), []);
    });

    test('nothing runs before its checkpoint, and nothing at all when that fails', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      const ran = join(bench.sandbox(c), 'ran');
      const checkpoint = async (pid: number) => {
        assert.equal(containerizer.pid(c), pid);
        assert.ok(!existsSync(ran));
      };
      await containerizer.launch(c, bench.shell(c, 'touch ran'), { checkpoint });
      await containerizer.wait(c);
      assert.ok(existsSync(ran));
      const d = id('d');
      const failing = () => Promise.reject(new Error('disk full'));
      const launch = containerizer.launch(d, bench.shell(d, 'touch ran'), { checkpoint: failing });
      await assert.rejects(launch, isError('CHECKPOINT'));
      assert.ok(!existsSync(join(bench.sandbox(d), 'ran')));
    });

    test('destroy ends a launch that is under way, wherever it is', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      for (const step of ['fetched', 'checkpoint'] as const) {
        let destroyed: Promise<void> | undefined;
        const options = {
          [step]: async () => {
            destroyed = containerizer.destroy(c);
          },
        };
        await assert.rejects(containerizer.launch(c, bench.shell(c, 'touch ran'), options), isError('DESTROYED'), step);
        await destroyed;
        assert.ok(!existsSync(join(bench.sandbox(c), 'ran')), step);
        assert.deepEqual(keys(containerizer), []);
      }
    });

    test('destroy ends every process, however often it is called', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      await containerizer.launch(c, bench.shell(c, '(setsid sleep 1000 &) ; sleep 1000 & echo up; wait'));
      await eventually('its start', () => bench.output(c) === 'up\n');
      await Promise.all([containerizer.destroy(c), containerizer.destroy(c)]);
      await containerizer.drained(c);
      assert.equal(await containerizer.usage(c), undefined);
      const end = await containerizer.wait(c);
      assert.deepEqual(end, { exit: { kind: 'signaled', signal: 9, core: false }, destroyed: true });
    });

    test('the end of the first process is not that of the container', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      await containerizer.launch(c, bench.shell(c, 'sleep 1000 & exit 3'));
      assert.deepEqual(await containerizer.wait(c), { exit: { kind: 'exited', code: 3 } });
      assert.equal(await containerizer.signal(c, 'SIGTERM'), 1);
      await containerizer.drained(c);
    });

    test('usage and status of one that runs', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      await containerizer.launch(c, bench.shell(c, forever));
      await eventually('its memory', async () => ((await containerizer.usage(c))?.mem_rss_bytes ?? 0) > 0);
      assert.deepEqual(await containerizer.status(c), { container_id: c, executor_pid: containerizer.pid(c) });
    });

    test('the next one takes over what runs and what ended, and names what nobody knows', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const first = await bench.started();
      const [running, ended, orphan, never] = [id('running'), id('ended'), id('orphan'), id('never')];
      await first.launch(running, bench.shell(running, 'until [ -e go ]; do sleep 0.01; done; exit 4'));
      await first.launch(ended, bench.shell(ended, 'exit 5'));
      await first.launch(orphan, bench.shell(orphan, forever));
      await first.wait(ended);
      await first.close();
      const second = bench.containerizer();
      const known = [running, ended, never].map(each => ({ id: each, directory: bench.sandbox(each) }));
      const { containers, orphans } = await second.recover(known);
      assert.equal(containers.get(containerKey(running))?.running, true);
      assert.equal(containers.get(containerKey(ended))?.running, false);
      assert.equal(containers.has(containerKey(never)), false);
      assert.deepEqual(orphans, [orphan]);
      assert.deepEqual(await second.wait(ended), { exit: { kind: 'exited', code: 5 } });
      assert.ok((await second.usage(orphan)) !== undefined);
      for (const each of [orphan, ended, never]) await second.remove(each);
      writeFileSync(join(bench.sandbox(running), 'go'), '');
      assert.deepEqual(await second.wait(running), { exit: { kind: 'exited', code: 4 } });
      await second.remove(running);
      await second.close();
      const { containers: none, orphans: nobody } = await bench.containerizer().recover(known);
      assert.deepEqual([none.size, nobody.length], [0, 0]);
    });

    test('a debug container has the environment of its parent, also after a take-over', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const parent = id('parent');
      let containerizer = await bench.started();
      const launch = { ...bench.shell(parent, forever), environment: { PATH: '/usr/bin:/bin', SECRET: 'from parent' } };
      await containerizer.launch(parent, launch, { keepsEnvironment: true });
      for (const name of ['before', 'after']) {
        const child = id(name, parent);
        const debug = bench.shell(child, 'echo "$SECRET"', { container_class: 'DEBUG' });
        const stdout = join(bench.sandbox(parent), name);
        await containerizer.launch(child, { config: debug.config }, { io: { stdout, stderr: stdout } });
        assert.deepEqual(await containerizer.wait(child), { exit: { kind: 'exited', code: 0 } });
        assert.equal(statSync(stdout).size, 'from parent\n'.length);
        await containerizer.remove(child);
        await containerizer.close();
        containerizer = bench.containerizer();
        await containerizer.recover([{ id: parent, directory: bench.sandbox(parent) }]);
      }
      await containerizer.remove(parent);
      const kept = join(bench.runtimeDirectory, 'environments', containerKey(parent));
      assert.ok(!existsSync(kept));
    });

    test('where no environment was kept, debug containers have the one the agent knows', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const parent = id('parent');
      const first = await bench.started();
      await first.launch(parent, bench.shell(parent, forever));
      await first.close();
      const second = bench.containerizer();
      const environment = { PATH: '/usr/bin:/bin', SECRET: 'known' };
      await second.recover([{ id: parent, directory: bench.sandbox(parent), environment }]);
      const child = id('child', parent);
      const debug = bench.shell(child, 'test "$SECRET" = known', { container_class: 'DEBUG' });
      await second.launch(child, { config: debug.config });
      assert.deepEqual((await second.wait(child))?.exit, { kind: 'exited', code: 0 });
      await second.remove(parent);
    });

    test('a debug container ends with its parent, and none starts in one that has ended', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const parent = id('parent');
      await containerizer.launch(parent, bench.shell(parent, forever));
      const child = id('child', parent);
      const debug = bench.shell(child, forever, { container_class: 'DEBUG' });
      await containerizer.launch(child, debug);
      await containerizer.destroy(parent);
      assert.equal((await containerizer.wait(child))?.destroyed, true);
      await containerizer.drained(child);
      const late = id('late', parent);
      await assert.rejects(containerizer.launch(late, debug), isError('DESTROYED'));
      await containerizer.remove(parent);
      assert.deepEqual(keys(containerizer), []);
    });

    test('isolators: in order before, in reverse after; a limit ends the container and says why', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const story: string[] = [];
      const limited = Promise.withResolvers<ContainerLimitation>();
      const isolator = (name: string, more: Partial<Isolator> = {}): Isolator => ({
        name,
        prepare: async () => {
          story.push(`prepare ${name}`);
          return { environment: { variables: [{ name, value: 'set' }] } };
        },
        isolate: async () => void story.push(`isolate ${name}`),
        cleanup: async () => void story.push(`cleanup ${name}`),
        ...more,
      });
      bench.isolators = [isolator('one'), isolator('two', { watch: () => limited.promise })];
      const containerizer = await bench.started();
      assert.equal(containerizer.isolates, true);
      const c = id('c');
      await containerizer.launch(c, bench.shell(c, `echo "$one $two"; ${forever}`));
      await eventually('its start', () => bench.output(c) === 'set set\n');
      limited.resolve({ message: 'too much', reason: 'REASON_CONTAINER_LIMITATION_MEMORY' });
      const end = await containerizer.wait(c);
      assert.deepEqual(end?.limitation?.message, 'too much');
      await containerizer.destroy(c);
      const isolated = ['isolate one', 'isolate two'];
      assert.deepEqual(story, ['prepare one', 'prepare two', ...isolated, 'cleanup two', 'cleanup one']);
    });

    test('isolators are cleaned up after when one of them fails, or the container is destroyed meanwhile', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const story: string[] = [];
      let prepare: NonNullable<Isolator['prepare']> = () => Promise.reject(new Error('no room'));
      bench.isolators = [
        { name: 'one', prepare: (...call) => prepare(...call), cleanup: async () => void story.push('cleanup') },
      ];
      const containerizer = await bench.started();
      const c = id('c');
      await assert.rejects(containerizer.launch(c, bench.shell(c, 'true')), /^IsolatorError: no room$/);
      const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<undefined>()];
      prepare = () => {
        begun.resolve();
        return held.promise;
      };
      const launch = containerizer.launch(c, bench.shell(c, 'touch ran'));
      await begun.promise;
      const destroyed = containerizer.destroy(c);
      held.resolve(undefined);
      await assert.rejects(launch, isError('DESTROYED'));
      await destroyed;
      assert.deepEqual(story, ['cleanup', 'cleanup']);
      assert.ok(!existsSync(join(bench.sandbox(c), 'ran')));
    });
  });
}
