/** What every containerizer must do. A new one is one more line in `kinds`. Processes: `contract-processes.test.ts`. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, suite, test } from 'node:test';
import { eventually, needs } from '@meseta/system/testing';
import { containerKey } from './container-id.ts';
import type { Containerizer } from './containerizer.ts';
import { LaunchError } from './errors.ts';
import {
  ContainerizerBench,
  dockerKinds,
  externalKinds,
  forever,
  id,
  kinds,
  startEngine,
} from './testing/containerizer-bench.ts';
import { needsDocker } from './testing/docker/index.ts';

const keys = (containerizer: Containerizer) => [...containerizer.containers()].map(containerKey).sort();
const isError = (code: string) => (error: unknown) => error instanceof LaunchError && error.code === code;

for (const [kind, make] of Object.entries(kinds)) {
  const isExternal = kind in externalKinds;
  const isDocker = kind in dockerKinds;
  const isFlat = isExternal || isDocker; // without containers in containers
  const python = kind.endsWith('Python') ? needs.program('python3', 'an example program is written in it') : {};
  // Docker engines tell no signals.
  const killed = isDocker ? { kind: 'exited', code: 137 } : { kind: 'signaled', signal: 9, core: false };
  suite(`containerizer contract: ${kind}`, isDocker ? needsDocker : python, () => {
    if (isDocker) before(startEngine);

    test('a container runs, ends, and is known until it is removed', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      const result = await containerizer.launch(c, bench.shell(c, 'exit 143'));
      assert.ok('pid' in result);
      assert.equal(containerizer.pid(c), result.pid);
      assert.deepEqual(await containerizer.wait(c), { exit: { kind: 'exited', code: 143 } });
      await containerizer.drained(c);
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
      const asked = isFlat ? { type: 'MESOS' as const, tty_info: {} } : { type: 'DOCKER' as const };
      const launch = bench.shell(c, 'true', { container_info: asked });
      const result = await containerizer.launch(c, launch);
      assert.ok('unsupported' in result);
      assert.match(
        result.unsupported,
        isExternal ? /Terminals/ : isDocker ? /type DOCKER only/ : /needs the containerizer docker/,
      );
      if (containerizer.refuses) assert.equal(containerizer.refuses(launch.config), result.unsupported);
      assert.deepEqual(keys(containerizer), []);
    });

    test('nothing runs before its checkpoint, and nothing at all when that fails', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      const ran = join(bench.sandbox(c), 'ran');
      const checkpoint = async (pid: number | undefined) => {
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

    test('destroy may be called more than once, and says of a container that it was destroyed', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      await containerizer.launch(c, bench.shell(c, forever));
      await Promise.all([containerizer.destroy(c), containerizer.destroy(c)]);
      await containerizer.drained(c);
      assert.equal(await containerizer.usage(c), undefined);
      const end = await containerizer.wait(c);
      assert.deepEqual(end, { exit: killed, destroyed: true });
      await containerizer.remove(c);
      await containerizer.destroy(c);
    });

    test('a signal reaches what runs, and nothing that has ended', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      const trapping = "trap 'exit 15' TERM; touch up; sleep 1000 & wait";
      await containerizer.launch(c, bench.shell(c, isDocker ? trapping : forever));
      if (isDocker) await eventually('its trap', () => existsSync(join(bench.sandbox(c), 'up')));
      if (isExternal) return assert.equal(await containerizer.signal(c, 'SIGTERM'), 0); // there is no command for it
      assert.ok((await containerizer.signal(c, 'SIGTERM')) > 0);
      const end = await containerizer.wait(c);
      const terminated = { kind: 'signaled', signal: 15, core: false };
      assert.deepEqual(end, { exit: isDocker ? { kind: 'exited', code: 15 } : terminated });
      await containerizer.destroy(c);
      assert.equal(await containerizer.signal(c, 'SIGTERM'), 0);
    });

    test('closing it twice does nothing more, and a closed one launches nothing', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      await Promise.all([containerizer.close(), containerizer.close()]);
      await containerizer.close();
      await assert.rejects(containerizer.launch(c, bench.shell(c, 'touch ran')), isError('SPAWNER'));
      assert.ok(!existsSync(join(bench.sandbox(c), 'ran')));
    });

    test('usage and status of one that runs', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const c = id('c');
      await containerizer.launch(c, bench.shell(c, forever));
      await eventually('its memory', async () => ((await containerizer.usage(c))?.mem_rss_bytes ?? 0) > 0);
      const pid = containerizer.pid(c);
      assert.deepEqual(await containerizer.status(c), {
        container_id: c,
        ...(pid !== undefined && { executor_pid: pid }),
      });
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

    test('one that pauses holds nested ones until it is destroyed', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const pod = id('pod');
      const paused = { ...bench.shell(pod, 'touch ran'), pauses: true };
      if (isFlat) return assert.ok('unsupported' in (await containerizer.launch(pod, paused)));
      await containerizer.launch(pod, paused);
      await containerizer.signal(pod, 'SIGTERM');
      const [one, two] = [id('one', pod), id('two', pod)];
      await containerizer.launch(one, bench.shell(one, 'exit 3'));
      await containerizer.launch(two, bench.shell(two, forever));
      const termination = await containerizer.wait(one);
      assert.ok(termination && !termination.destroyed);
      await containerizer.remove(one);
      assert.deepEqual(keys(containerizer), [pod, two].map(containerKey));
      await containerizer.destroy(pod);
      for (const each of [pod, two]) assert.equal((await containerizer.wait(each))?.destroyed, true);
      assert.ok(!existsSync(join(bench.sandbox(pod), 'ran')));
      await containerizer.remove(pod);
      assert.deepEqual(keys(containerizer), []);
    });

    test('the end of a container is that of what is being launched in it, wherever that is', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      if (isFlat) return; // nothing is nested there
      const nested = id('nested', id('nobody'));
      await assert.rejects(containerizer.launch(nested, bench.shell(nested, 'touch ran')), isError('DESTROYED'));
      for (const step of ['fetched', 'checkpoint'] as const) {
        const pod = id(step);
        const task = id('task', pod);
        await containerizer.launch(pod, { ...bench.shell(pod, ''), pauses: true });
        let destroyed: Promise<void> | undefined;
        const options = {
          [step]: async () => {
            destroyed = containerizer.destroy(pod);
          },
        };
        await assert.rejects(containerizer.launch(task, bench.shell(task, 'touch ran'), options), isError('DESTROYED'));
        await destroyed;
        assert.ok(!existsSync(join(bench.sandbox(pod), 'ran')), step);
        assert.equal((await containerizer.wait(pod))?.destroyed, true);
        await assert.rejects(containerizer.launch(task, bench.shell(task, 'touch ran')), isError('DESTROYED'));
        await containerizer.remove(pod);
      }
      assert.deepEqual(keys(containerizer), []);
    });

    test('a debug container ends with its parent, and none starts in one that has ended', async t => {
      const bench = await ContainerizerBench.open(t, make);
      const containerizer = await bench.started();
      const parent = id('parent');
      await containerizer.launch(parent, bench.shell(parent, forever));
      const child = id('child', parent);
      const debug = bench.shell(child, forever, { container_class: 'DEBUG' });
      if (isExternal) return assert.ok('unsupported' in (await containerizer.launch(child, debug)));
      await containerizer.launch(child, debug);
      await containerizer.destroy(parent);
      assert.equal((await containerizer.wait(child))?.destroyed, true);
      await containerizer.drained(child);
      const late = id('late', parent);
      await assert.rejects(containerizer.launch(late, debug), isError('DESTROYED'));
      await containerizer.remove(parent);
      assert.deepEqual(keys(containerizer), []);
    });
  });
}
