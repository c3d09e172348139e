/** What a containerizer must do whose containers are processes in surroundings that isolators make. */
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { ContainerLimitation } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { containerKey } from './container-id.ts';
import { LaunchError } from './errors.ts';
import type { Isolator } from './mesos/isolators/isolator.ts';
import { ContainerizerBench, forever, id, processKinds } from './testing/containerizer-bench.ts';

const isError = (code: string) => (error: unknown) => error instanceof LaunchError && error.code === code;

for (const [kind, make] of Object.entries(processKinds)) {
  suite(`containerizer contract, processes: ${kind}`, () => {
    test('output goes to the sandbox', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      await containerizer.launch(c, bench.shell(c, 'echo out; echo err >&2'));
      await containerizer.drained(c);
      assert.equal(bench.output(c), 'out\n');
    });

    test('input and output of one that others attach to, also through a terminal', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const parent = id('parent');
      await containerizer.launch(parent, bench.shell(parent, forever));
      assert.equal(containerizer.attach?.(parent), undefined);
      for (const tty_info of [undefined, { window_size: { rows: 3, columns: 4 } }]) {
        const c = id(tty_info ? 'terminal' : 'pipes', parent);
        const launch = bench.shell(c, 'stty -echo; echo ready; read line; echo "got $line"; echo err >&2', {
          container_class: 'DEBUG',
          ...(tty_info && { container_info: { type: 'MESOS', tty_info } }),
        });
        await containerizer.launch(c, launch, { io: 'attached' });
        const io = containerizer.attach?.(c);
        assert.ok(io);
        assert.deepEqual(
          [io.isTerminal, io.waits, io.resize(1, 2)],
          [tty_info !== undefined, true, tty_info !== undefined],
        );
        let text = '';
        io.read({
          take: (_, data) => {
            text += data;
            return true;
          },
          end: () => undefined,
        });
        await eventually('that it is ready', () => text.includes('ready'));
        await io.write(Buffer.from('line\n'));
        await io.ended;
        assert.match(text.replaceAll('\r', ''), /got line\nerr\n|err\ngot line\n/);
        await assert.rejects(io.write(Buffer.from('more')), { code: 'INPUT_CLOSED' });
        await containerizer.remove(c);
        assert.equal(containerizer.attach?.(c), undefined);
      }
      assert.equal(bench.output(parent), '');
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
