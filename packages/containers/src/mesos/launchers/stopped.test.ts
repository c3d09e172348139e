/** Processes that take part in a container's life and do not go on: something has stopped or frozen them, or a step hangs. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readProcess } from '@meseta/system';
import { eventually, needs } from '@meseta/system/testing';
import { testCgroups } from '../cgroups/testing/test-cgroups.ts';
import { readCheckpoint } from '../checkpoints.ts';
import { checkpointsPath } from '../paths.ts';
import { toLaunchPlan } from '../to-launch-plan.ts';
import { LinuxLauncher } from './linux.ts';
import { Harness, id } from './testing/harness.ts';

const root = needs.root('the linux launcher makes cgroups');
const tracking = testCgroups.tracking();
const group = testCgroups.path(tracking, id('c'));

async function shimOf({ runtimeDirectory }: Harness, name: string): Promise<number> {
  return (await readCheckpoint(runtimeDirectory, id(name)))!.shim.pid;
}

test('a stopped process that launches containers goes on', async context => {
  const harness = await Harness.make(context);
  const launcher = harness.launcher();
  await launcher.launch(id('first'), harness.shell('exec sleep 1000'));
  const spawner = readProcess(await shimOf(harness, 'first'))!.parent;
  process.kill(spawner, 'SIGSTOP');
  await launcher.launch(id('c'), harness.shell('exit 3'));
  assert.deepEqual(await launcher.wait(id('c')), { kind: 'exited', code: 3 });
  assert.match(harness.warnings.join(), new RegExp(`launches containers \\(process ${spawner}\\) was stopped`));
  process.kill(spawner, 'SIGSTOP');
  await launcher.close();
});

test('a shim that was stopped while it sets a container up goes on', async context => {
  const harness = await Harness.make(context);
  const launcher = harness.launcher({ idleSeconds: 600 });
  await launcher.launch(id('first'), harness.shell('exit 0'));
  const shim = await shimOf(harness, 'first');
  await launcher.wait(id('first'));
  await launcher.remove(id('first')); // it gets the next container
  process.kill(shim, 'SIGSTOP');
  await launcher.launch(id('c'), harness.shell('exit 3'));
  assert.equal(await shimOf(harness, 'c'), shim);
  assert.deepEqual(await launcher.wait(id('c')), { kind: 'exited', code: 3 });
});

test('a launch whose step hangs is given up, and leaves nothing when it goes on', root, async context => {
  const harness = await Harness.make(context, options => {
    return new LinuxLauncher({ ...options, cgroups: testCgroups, setUpTimeoutMs: 2000 });
  });
  const launcher = harness.launcher();
  const fifo = join(harness.directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const settings = [[`../../../../../../../..${fifo}`, 'x'] as const];
  const plan = toLaunchPlan({ cgroups: [{ path: `${group}-second`, settings }] });
  const launch = launcher.launch(id('c'), harness.shell('touch ran', { plan }));
  await assert.rejects(launch, /was not set up within 2 secs: process \d+, which sets it up, is waiting/);
  const reader = await open(fifo, constants.O_RDONLY | constants.O_NONBLOCK); // the step goes on
  await eventually('no cgroup and no record', () => {
    return !existsSync(group) && readdirSync(checkpointsPath(harness.runtimeDirectory)).length === 0;
  });
  await reader.close();
  execFileSync('rmdir', [`${group}-second`]);
  assert.equal(existsSync(join(harness.directory, 'ran')), false);
});

test('the end of a shim is noticed when the container is frozen', root, async context => {
  const harness = await Harness.make(context, options => new LinuxLauncher({ ...options, cgroups: testCgroups }));
  const launcher = harness.launcher();
  await launcher.launch(id('c'), harness.shell('sleep 1000 & while :; do sleep 1000; done'));
  const [file, frozen] = tracking.version === 1 ? ['freezer.state', 'FROZEN'] : ['cgroup.freeze', '1'];
  writeFileSync(join(group, file!), frozen!);
  process.kill(await shimOf(harness, 'c'), 'SIGKILL');
  assert.deepEqual(await launcher.wait(id('c')), { kind: 'unknown' });
  await launcher.drained(id('c'));
  assert.deepEqual(await harness.processes(), []);
  await launcher.remove(id('c'));
  assert.equal(existsSync(group), false);
});
