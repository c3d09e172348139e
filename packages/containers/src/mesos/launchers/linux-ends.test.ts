/** What keeps other launchers from ending a container does not keep the linux launcher from it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readProcess } from '@meseta/system';
import { eventually, needs } from '@meseta/system/testing';
import { testCgroups } from '../cgroups/testing/test-cgroups.ts';
import { readCheckpoint } from '../checkpoints.ts';
import type { Launcher } from '../launcher.ts';
import { LinuxLauncher } from './linux.ts';
import { PosixLauncher } from './posix.ts';
import { Harness, id } from './testing/harness.ts';

const root = needs.root('the linux launcher makes cgroups');
const tracking = testCgroups.tracking();
const group = (name: string) => testCgroups.path(tracking, id(name));
const [stateFile, frozen] = tracking.version === 1 ? ['freezer.state', 'FROZEN'] : ['cgroup.freeze', '1'];
const forever = 'while :; do sleep 1000; done';

const linux = (harness: Harness): Launcher =>
  new LinuxLauncher({ runtimeDirectory: harness.runtimeDirectory, cgroups: testCgroups });

async function scene(context: TestContext) {
  const harness = await Harness.make(context, options => new LinuxLauncher({ ...options, cgroups: testCgroups }));
  return { harness, launcher: harness.launcher() };
}

async function mustEnd(harness: Harness, launcher: Launcher): Promise<void> {
  await launcher.remove(id('c'));
  assert.deepEqual(await harness.processes(), []);
  assert.equal(existsSync(group('c')), false);
}

const tricks: Record<string, string> = {
  'has left its cgroup': `echo 0 >${tracking.path}/cgroup.procs`,
  'hides in a cgroup that is like those of nested containers': `mkdir -p $OWN/$ROOT/x; echo 0 >$OWN/$ROOT/x/cgroup.procs`,
  'has frozen itself in a cgroup below': `mkdir $OWN/b; sh -c 'echo 0 >$OWN/b/cgroup.procs; exec sleep 1000' & sleep 0.2; echo ${frozen} >$OWN/b/${stateFile}`,
};
for (const [name, line] of Object.entries(tricks)) {
  test(`ends a task of root that ${name}`, root, async context => {
    const { harness, launcher } = await scene(context);
    const environment = { PATH: '/usr/bin:/bin', OWN: group('c'), ROOT: group('c').split('/').at(-2)! };
    await launcher.launch(id('c'), harness.shell(`${line}; echo up; ${forever}`, { environment }));
    await eventually('the trick', async () => (await harness.stdout()) === 'up\n');
    await mustEnd(harness, launcher);
  });
}

test('ends a container that somebody has frozen, with its shim stopped', root, async context => {
  const { harness, launcher } = await scene(context);
  await launcher.launch(id('c'), harness.shell(forever));
  writeFileSync(join(group('c'), stateFile!), frozen!);
  process.kill((await readCheckpoint(harness.runtimeDirectory, id('c')))!.shim.pid, 'SIGSTOP');
  await mustEnd(harness, launcher);
});

test('ends a frozen container whose shim was killed', root, async context => {
  const { harness, launcher } = await scene(context);
  await launcher.launch(id('c'), harness.shell(forever));
  mkdirSync(join(group('c'), 'below'));
  writeFileSync(join(group('c'), stateFile!), frozen!);
  process.kill((await readCheckpoint(harness.runtimeDirectory, id('c')))!.shim.pid, 'SIGKILL');
  await mustEnd(harness, launcher);
});

test('lets go on what an agent that was killed has left frozen', root, async context => {
  const { harness, launcher } = await scene(context);
  const { pid } = await launcher.launch(id('c'), harness.shell(`until [ -e go ]; do sleep 0.05; done; exit 3`));
  writeFileSync(join(group('c'), stateFile!), frozen!);
  await launcher.close();
  const next = harness.launcher();
  await next.recover();
  writeFileSync(join(harness.directory, 'go'), '');
  assert.deepEqual(await next.wait(id('c')), { kind: 'exited', code: 3 });
  assert.equal(readProcess(pid)?.state ?? 'Z', 'Z');
  await mustEnd(harness, next);
});

for (const [name, before, after] of [
  ['linux, then posix', linux, posix],
  ['posix, then linux', posix, linux],
] as const) {
  test(`ends containers of an earlier agent with another launcher: ${name}`, root, async context => {
    const { harness } = await scene(context);
    const first = before(harness);
    await first.recover();
    const trapping = 'trap "echo got TERM" TERM; echo up; while :; do sleep 0.05; done';
    await first.launch(id('c'), harness.shell(`setsid env -i sh -c '${forever}' & ${trapping}`));
    await eventually('its trap', async () => (await harness.stdout()) === 'up\n');
    await first.close();
    const next = after(harness);
    assert.equal((await next.recover()).size, 1);
    assert.ok((await next.signal(id('c'), 'SIGTERM')) >= 2);
    await eventually('the signal', async () => (await harness.stdout()) === 'up\ngot TERM\n');
    await mustEnd(harness, next);
    await next.close();
  });
}

function posix(harness: Harness): Launcher {
  return new PosixLauncher({ runtimeDirectory: harness.runtimeDirectory, cgroups: testCgroups });
}
