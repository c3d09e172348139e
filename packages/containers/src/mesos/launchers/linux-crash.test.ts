/** A process that takes part in a launch is killed at a step of it: nothing is left, and the next launch works. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { allPids } from '@meseta/system';
import { eventually, needs } from '@meseta/system/testing';
import { testCgroups, testCgroupsRoot } from '../cgroups/testing/test-cgroups.ts';
import { checkpointsPath } from '../paths.ts';
import { toLaunchPlan } from '../to-launch-plan.ts';
import { LinuxLauncher } from './linux.ts';
import { Harness, id } from './testing/harness.ts';

const root = needs.root('the linux launcher makes cgroups');
const hangingAgent = fileURLToPath(new URL('./testing/hanging-agent.ts', import.meta.url));
const container = id('crash');
const group = testCgroups.path(testCgroups.tracking(), container);
/** A second group, as an isolator makes it. */
const second = `${group}-second`;

function named(pattern: RegExp): number {
  const nameOf = (pid: number) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return ''; // it has ended
    }
  };
  return allPids().find(pid => pattern.test(nameOf(pid))) ?? 0;
}

const shim = () => named(new RegExp(`^meseta-shim ${container}`));
const children = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
const spawner = () => Number(/\nPPid:\t(\d+)/.exec(readFileSync(`/proc/${shim()}/status`, 'utf8'))?.[1]);

const victims = {
  'its shim': () => shim(),
  'the spawner': () => spawner(),
};
/** Their end is that of a container that has just started. */
const inside: Record<string, (pid: number) => number> = {
  'its first process': pid => pid,
  'the process of its program': pid => children(pid)[0]!,
};

async function scene(context: TestContext) {
  const harness = await Harness.make(context, options => new LinuxLauncher({ ...options, cgroups: testCgroups }));
  const plan = toLaunchPlan({ clone_namespaces: [0x2000_0000, 0x2_0000] })!;
  return { harness, launcher: harness.launcher(), plan };
}

async function mustBeGone({ runtimeDirectory }: Harness): Promise<void> {
  await eventually('no cgroup and no record', () => {
    return !existsSync(group) && readdirSync(checkpointsPath(runtimeDirectory)).length === 0;
  });
  await eventually('no process', () => shim() === 0);
}

for (const [name, pidOf] of Object.entries<(pid: number) => number>({ ...victims, ...inside })) {
  test(`${name} is killed while a launch waits for its go`, root, async context => {
    const { harness, launcher, plan } = await scene(context);
    const checkpoint = async (pid: number) => {
      process.kill(pidOf(pid), 'SIGKILL');
    };
    const launch = launcher.launch(container, harness.shell('touch ran', { plan, checkpoint }));
    if (name in victims) await assert.rejects(launch, { name: 'LaunchError' });
    else {
      await launch;
      assert.deepEqual(await launcher.wait(container), { kind: 'signaled', signal: 9, core: false });
      await launcher.remove(container);
    }
    await mustBeGone(harness);
    assert.equal(existsSync(join(harness.directory, 'ran')), false);
    await launcher.launch(container, harness.shell('exit 4', { plan }));
    assert.deepEqual(await launcher.wait(container), { kind: 'exited', code: 4 });
    await launcher.remove(container);
    await mustBeGone(harness);
  });
}

for (const name of ['its shim', 'the spawner'] as const) {
  test(`${name} is killed while a step of the shim hangs`, root, async context => {
    const { harness, launcher, plan } = await scene(context);
    const fifo = join(harness.directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const cgroups = [{ path: second, settings: [[`../../../../../../../..${fifo}`, 'x'] as const] }];
    const launch = launcher.launch(container, harness.shell('touch ran', { plan: { ...plan, cgroups } }));
    const settled = assert.rejects(launch, { name: 'LaunchError' });
    await eventually('the step', () => existsSync(second));
    process.kill(victims[name](), 'SIGKILL');
    await settled;
    const reader = await open(fifo, constants.O_RDONLY | constants.O_NONBLOCK); // the step goes on
    await mustBeGone(harness);
    await reader.close();
    execFileSync('rmdir', [second]);
    assert.equal(existsSync(join(harness.directory, 'ran')), false);
  });
}

test(
  'an agent is killed while a step of the shim hangs, which goes on when the next agent ends the container',
  root,
  async context => {
    const { harness, plan } = await scene(context);
    const fifo = join(harness.directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const limits = testCgroups.path(testCgroups.hierarchy('memory'), container);
    const cgroups = [
      { path: second, settings: [[`../../../../../../../..${fifo}`, 'x'] as const] },
      ...(limits === group ? [] : [{ path: limits, settings: [] }]), // made after that
    ];
    const spec = JSON.stringify(harness.shell('touch ran', { plan: { ...plan, cgroups } }));
    const agent = spawn(process.execPath, [hangingAgent, harness.runtimeDirectory, testCgroupsRoot, container, spec]);
    await eventually('the step', () => existsSync(second));
    agent.kill('SIGKILL');
    await once(agent, 'exit');
    const next = harness.launcher();
    assert.deepEqual([...(await next.recover()).values()], [{ pid: undefined, running: false }]);
    await next.destroy(container);
    const reader = await open(fifo, constants.O_RDONLY | constants.O_NONBLOCK); // the step goes on
    await eventually('no process', () => shim() === 0);
    await next.remove(container);
    await mustBeGone(harness);
    await eventually('no other cgroup', () => !existsSync(limits));
    await reader.close();
    execFileSync('rmdir', [second]);
    assert.equal(existsSync(join(harness.directory, 'ran')), false);
  },
);

test('an agent ends while a launch waits for its go', root, async context => {
  const { harness, launcher, plan } = await scene(context);
  const waiting = Promise.withResolvers<void>();
  const checkpoint = () => {
    waiting.resolve();
    return new Promise<void>(() => {}); // the agent that waits for it is gone
  };
  void launcher.launch(container, harness.shell('touch ran', { plan, checkpoint }));
  await waiting.promise;
  await launcher.close();
  const next = harness.launcher();
  assert.equal((await next.recover()).size, 1);
  assert.deepEqual(await next.wait(container), { kind: 'not-started' });
  await next.remove(container);
  await mustBeGone(harness);
});

test('two hundred containers at once, half of them ended while they start', root, async context => {
  const { harness, launcher, plan } = await scene(context);
  const keys = Array.from({ length: 200 }, (_, index) => id(`many-${index}`));
  await Promise.all(
    keys.map(async (key, index) => {
      const launch = launcher.launch(key, harness.shell('sleep 1000 & setsid sleep 1000', { plan })).catch(() => {});
      if (index % 2) await launch;
      await launcher.remove(key);
      await launch;
    }),
  );
  assert.deepEqual(
    keys.filter(key => existsSync(testCgroups.path(testCgroups.tracking(), key))),
    [],
  );
  assert.deepEqual(harness.warnings, []);
});
