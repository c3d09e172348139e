/** Pods whose processes are killed one by one, and agents that are killed meanwhile. Nothing is left in the end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually, needs } from '@meseta/system/testing';
import { type ContainerId, containerKey } from '../container-id.ts';
import { forever } from '../testing/containerizer-bench.ts';
import { PodBench } from '../testing/pod-bench.ts';
import { testCgroupsRoot } from './cgroups/testing/test-cgroups.ts';
import { checkpointsPath } from './paths.ts';

const kinds = [
  { name: 'posix launcher', isolation: 'posix/cpu,posix/mem,volume/sandbox_path', need: {} },
  {
    name: 'linux launcher',
    isolation: 'filesystem/linux,namespaces/pid,cgroups/cpu',
    need: needs.root('it needs cgroups'),
  },
];
const program = fileURLToPath(new URL('../testing/pod-agent.ts', import.meta.url));
const killed = { kind: 'signaled', signal: 9, core: false } as const;

/** Nothing is left of a pod: no process, no record, no cgroup. */
async function isGone(bench: PodBench, pod: ContainerId): Promise<void> {
  await bench.containerizer.remove(pod);
  await eventually('no record', () => readdirSync(checkpointsPath(bench.flags.runtime_dir)).length === 0);
  if (existsSync(`/sys/fs/cgroup/freezer/${testCgroupsRoot}`)) assert.deepEqual(bench.cgroups(), []);
  await eventually('no process', () => bench.processes(containerKey(pod)).length === 0);
}

const pidOf = ({ containerizer }: PodBench, id: ContainerId) => containerizer.pid(id) ?? assert.fail();

function shimOf(bench: PodBench, id: ContainerId): number {
  const record = readFileSync(join(checkpointsPath(bench.flags.runtime_dir), containerKey(id)), 'utf8');
  return Number(record.split(' ')[0]);
}

for (const { name, isolation, need } of kinds) {
  suite(`pods, ${name}`, need, () => {
    const isIsolated = isolation.includes('namespaces/pid');

    test('the next agent has the pod and what is nested in it, and the end of what ended meanwhile', async t => {
      const bench = await PodBench.open(t, isolation);
      const pod = await bench.pod('pod');
      const [one, two] = [await bench.task(pod, 'one', forever), await bench.task(pod, 'two', 'exit 7')];
      const [lost] = [await bench.task(pod, 'lost', forever)];
      await bench.containerizer.wait(two);
      await bench.containerizer.close();
      bench.forget(lost);
      const { containers, orphans } = await bench.start();
      assert.deepEqual(
        [...containers].map(([key, { running }]) => [key, running]),
        [pod, one, two].map(id => [containerKey(id), id !== two]),
      );
      assert.deepEqual(orphans, [lost]);
      assert.deepEqual(await bench.containerizer.wait(two), { exit: { kind: 'exited', code: 7 } });
      await bench.containerizer.remove(lost);
      assert.ok(await bench.containerizer.usage(one));
      assert.equal((await bench.containerizer.status(one)).executor_pid, pidOf(bench, one));
      const later = await bench.task(pod, 'later', forever);
      await bench.containerizer.destroy(pod);
      for (const each of [pod, one, later]) assert.equal((await bench.containerizer.wait(each))?.destroyed, true);
      await isGone(bench, pod);
    });

    test('what is nested in a container that the agent does not know is an orphan as well', async t => {
      const bench = await PodBench.open(t, isolation);
      const pod = await bench.pod('pod');
      const one = await bench.task(pod, 'one', forever);
      await bench.containerizer.close();
      bench.forget(pod);
      const { containers, orphans } = await bench.start();
      assert.equal(containers.size, 0);
      assert.deepEqual(orphans, [pod, one]);
      await bench.containerizer.remove(one);
      await isGone(bench, pod);
    });

    const victims: Readonly<Record<string, (bench: PodBench, ids: { pod: ContainerId; one: ContainerId }) => number>> =
      {
        // Where there is nothing to hold, the shim of the pod stands for it.
        ...(isIsolated && {
          'the pause': (bench: PodBench, { pod }: { pod: ContainerId }) =>
            bench.processes(`meseta-pause ${containerKey(pod)}`)[0] ?? assert.fail(),
        }),
        'the first process of the pod': (bench, { pod }) => pidOf(bench, pod),
        'the shim of the pod': (bench, { pod }) => shimOf(bench, pod),
        'the first process of a container in it': (bench, { one }) => pidOf(bench, one),
        'the shim of a container in it': (bench, { one }) => shimOf(bench, one),
      };
    for (const [victim, find] of Object.entries(victims)) {
      test(`${victim} is killed`, async t => {
        const bench = await PodBench.open(t, isolation);
        const pod = await bench.pod('pod');
        const [one, two] = [await bench.task(pod, 'one', forever), await bench.task(pod, 'two', forever)];
        process.kill(find(bench, { pod, one }), 'SIGKILL');
        const ended = /in it/.test(victim) ? one : pod;
        const { exit } = (await bench.containerizer.wait(ended)) ?? {};
        const isUnknown = /shim/.test(victim) && (isIsolated || ended === one);
        assert.deepEqual(exit, isUnknown ? { kind: 'unknown' } : killed);
        if (ended === one) {
          await bench.containerizer.remove(one);
          assert.ok(await bench.containerizer.usage(two), 'the other one goes on');
          await bench.task(pod, 'three', 'exit 3');
          assert.deepEqual((await bench.containerizer.wait(bench.id('three', pod)))?.exit, { kind: 'exited', code: 3 });
        } else if (isIsolated && victim !== 'the pause') {
          await bench.containerizer.wait(two); // the kernel ends all that is in the namespace
          await assert.rejects(bench.task(pod, 'late', 'touch ran'), { code: 'DESTROYED' });
        }
        await isGone(bench, pod);
      });
    }

    for (const phase of ['fetched', 'checkpoint', 'launched', 'destroying', 'destroyed', 'the pod is destroyed']) {
      test(`the agent is killed: ${phase}`, async t => {
        const bench = PodBench.make(t, isolation);
        const argv = [program, bench.directory, `${process.pid}`, isolation, testCgroupsRoot, phase];
        const agent = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
        let problem = '';
        agent.stderr.on('data', text => (problem += text));
        const [, signal] = await once(agent, 'close');
        assert.equal(signal, 'SIGKILL', problem);
        const pod = bench.id('pod');
        const [task, other] = [bench.id('task', pod), bench.id('other', pod)];
        for (const each of [task, pod, other]) bench.know(each);
        const { containers, orphans } = await bench.start();
        assert.deepEqual(orphans, []);
        const running = (id: ContainerId) => containers.get(containerKey(id))?.running;
        if (phase !== 'the pod is destroyed') assert.ok(running(pod) && running(other));
        if (phase === 'launched') assert.ok(running(task));
        if (phase === 'fetched') assert.equal(running(task), undefined);
        if (phase === 'checkpoint' && containers.has(containerKey(task))) await bench.containerizer.wait(task);
        if (/fetched|checkpoint/.test(phase)) assert.ok(!existsSync(join(bench.sandbox(task), 'ran')));
        await isGone(bench, pod);
      });
    }
  });
}
