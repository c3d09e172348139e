/** Tasks in the root file systems of Docker images. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CommandInfo, Image, TaskInfo, TaskStatus } from '@meseta/protocol';
import { all, eventually, needs } from '@meseta/system/testing';
import { needsBusybox, writeBusyboxImage } from './support/busybox-image.ts';
import { CgroupsRoot } from './support/cgroups.ts';
import { Cluster } from './support/cluster.ts';
import type { Flags } from './support/daemon.ts';
import { type Framework, shellTask } from './support/framework.ts';
import { Meseta } from './support/meseta.ts';
import { sandboxOf } from './support/task-scene.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const need = all(needs.root('the linux launcher makes mounts'), needs.mounting('images are mounted'), needsBusybox);

interface Scene {
  readonly cluster: Cluster;
  readonly framework: Framework;
  /** The work directory of the agent. */
  readonly work: string;
  readonly store: string;
}

async function scene(t: TestContext, images: (directory: string) => void, flags: Flags = {}): Promise<Scene> {
  const directory = temporaryDirectory(t, 'images');
  images(directory);
  const cgroups = new CgroupsRoot(t);
  const agent: Flags = {
    isolation: 'filesystem/linux,namespaces/pid,docker/runtime',
    image_providers: 'DOCKER',
    docker_registry: directory,
    docker_store_dir: path.join(directory, 'store'),
    cgroups_root: cgroups.name,
    ...flags,
  };
  const cluster = await Cluster.start(t, { agents: [agent] });
  const work = path.join(cluster.directory, 'agent-1');
  return { cluster, framework: await cluster.framework(), work, store: path.join(directory, 'store') };
}

const docker = (name: string): Image => ({ type: 'DOCKER', docker: { name } });
const inImage = (name: string, more: Partial<TaskInfo['container']> = {}): Pick<TaskInfo, 'container'> => ({
  container: { type: 'MESOS', mesos: { image: docker(name) }, ...more },
});

/** Runs a task to its end. @returns its output, and its last status. */
async function run(
  { cluster, framework }: Scene,
  id: string,
  command: CommandInfo,
  more: Partial<TaskInfo>,
): Promise<{ status: TaskStatus; output: string }> {
  await framework.run({ ...shellTask(id, 'true', more), command });
  const status = await framework.end(id);
  const stdout = path.join(sandboxOf(cluster, id), 'stdout');
  return { status, output: existsSync(stdout) ? readFileSync(stdout, 'utf8') : '' };
}

for (const backend of ['overlay', 'copy']) {
  test(`tasks run in the files of an image (${backend})`, need, async t => {
    const s = await scene(
      t,
      directory => {
        const config = {
          Env: ['PATH=/bin', 'OF_IMAGE=yes', 'BOTH=image'],
          WorkingDir: '/data',
          Cmd: ['sh', '-c', 'echo command of the image'],
        };
        writeBusyboxImage(directory, 'app', config, [[['data/file', 'of the image\n']], [['data/more', '']]]);
      },
      { image_provisioner_backend: backend },
    );
    const script = `pwd; ls /; cat file; echo $OF_IMAGE $BOTH; echo mine >file; cat file; echo in sandbox >$MESOS_SANDBOX/note; echo $MESOS_SANDBOX; readlink /proc/1/exe; ls /proc | grep -c '^[0-9]'; echo x >/dev/null && head -c 3 /dev/zero | wc -c`;
    const environment = { variables: [{ name: 'BOTH', value: 'task' }] };
    const first = await run(s, 'first', { value: script, environment }, inImage('app'));
    const lines = first.output.split('\n');
    assert.equal(first.status.state, 'TASK_FINISHED', `${first.status.message}\n${first.output}`);
    assert.equal(lines[0], '/data');
    const roots = ['bin', 'data', 'dev', 'etc', 'mnt', 'proc', 'sys']; // etc has the machine's names of hosts
    assert.deepEqual(lines.slice(1, 1 + roots.length), roots);
    assert.deepEqual(lines.slice(8, 12), ['of the image', 'yes task', 'mine', '/mnt/mesos/sandbox']);
    assert.equal(lines.at(-2), '3');
    const second = await run(s, 'second', { value: 'cat /data/file' }, inImage('app'));
    assert.equal(second.output, 'of the image\n', 'what the first one changed was its own');
    const third = await run(s, 'third', { shell: false }, inImage('app'));
    assert.equal(third.output, 'command of the image\n');
    const fourth = await run(
      s,
      'fourth',
      { shell: false, value: '/bin/echo', arguments: ['echo', 'a', 'b'] },
      inImage('app'),
    );
    assert.equal(fourth.output, 'a b\n');
    await eventually(
      'nothing is left of the containers',
      () => readdirSync(path.join(s.work, 'provisioner/containers')).length === 0,
    );
    const mounts = readFileSync('/proc/self/mounts', 'utf8');
    assert.ok(!mounts.includes(s.cluster.directory), 'nothing is mounted on the machine');
  });
}

for (const isolation of ['filesystem/linux', 'filesystem/linux,namespaces/pid']) {
  test(`the owner of the kernel's settings cannot write them in an image (${isolation})`, need, async t => {
    const images = (directory: string) => writeBusyboxImage(directory, 'app', {}, [[]]);
    const s = await scene(t, images, { isolation: `${isolation},docker/runtime` });
    // Opened for writing, but nothing is written.
    const files = '/proc/sys/kernel/core_pattern /proc/sysrq-trigger';
    const value = `for file in ${files}; do (: >>$file) 2>/dev/null && echo can write $file; done; cat ${files.split(' ')[0]} | wc -l`;
    assert.equal((await run(s, 'x', { value }, inImage('app'))).output, '1\n');
  });
}

test('the user of an image does not count, and the agent says so', need, async t => {
  const s = await scene(t, directory => writeBusyboxImage(directory, 'app', { Env: ['PATH=/bin'], User: '1000:1000' }));
  const { output } = await run(s, 'x', { value: 'id -u' }, inImage('app'));
  assert.equal(output, '0\n');
  assert.match(
    s.cluster.agent.log,
    /The image names a user, which does not count: the task runs as root .*user=1000:1000/,
  );
});

test('entry point and arguments', need, async t => {
  const s = await scene(t, directory => {
    writeBusyboxImage(directory, 'entry', {
      Env: ['PATH=/bin'],
      Entrypoint: ['/bin/echo', 'entry'],
      Cmd: ['of image'],
    });
    writeBusyboxImage(directory, 'none', {});
  });
  const own = await run(s, 'own', { shell: false }, inImage('entry'));
  assert.equal(own.output, 'entry of image\n');
  const given = await run(s, 'given', { shell: false, arguments: ['given', 'ones'] }, inImage('entry'));
  assert.equal(given.output, 'entry given ones\n');
  const none = await run(s, 'none', { shell: false }, inImage('none'));
  assert.equal(none.status.state, 'TASK_FAILED');
  assert.match(none.status.message ?? '', /Neither the task nor its image has a command/);
});

test('an agent may ignore what images say of processes, and show the sandbox elsewhere', need, async t => {
  const config = { Env: ['PATH=/bin', 'OF_IMAGE=yes'], WorkingDir: '/data' };
  const s = await scene(t, directory => writeBusyboxImage(directory, 'app', config, [[['data/file', '']]]), {
    docker_ignore_runtime: true,
    docker_sandbox_directory: '/elsewhere',
  });
  const { output, status } = await run(s, 'x', { value: 'pwd; echo [$OF_IMAGE] $MESOS_SANDBOX' }, inImage('app'));
  assert.equal(output, '/elsewhere\n[] /elsewhere\n', status.message ?? '');
});

test(
  'an agent removes images that nothing uses when the disk is fuller than --image_gc_config allows',
  need,
  async t => {
    const interval = { nanoseconds: 50_000_000 };
    const s = await scene(t, directory => writeBusyboxImage(directory, 'app', { Env: ['PATH=/bin'] }), {
      image_gc_config: JSON.stringify({ image_disk_headroom: 1, image_disk_watch_interval: interval }),
    });
    const { output } = await run(s, 'x', { value: 'echo ran' }, inImage('app'));
    assert.equal(output, 'ran\n');
    await eventually('no layer to be left', () => readdirSync(path.join(s.store, 'layers')).length === 0);
    await s.cluster.agent.kill('SIGTERM'); // it would write to the directory that goes
  },
);

test('a registry that sends nothing is given up after --docker_stall_timeout', need, async t => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => {
    silent.closeAllConnections();
    silent.close();
  });
  const { port } = silent.address() as AddressInfo;
  const registry = { docker_registry: `http://127.0.0.1:${port}`, docker_stall_timeout: '10ms' };
  const s = await scene(t, () => undefined, registry);
  const { status } = await run(s, 'x', { value: 'true' }, inImage('app'));
  assert.equal(status.state, 'TASK_FAILED');
  assert.match(status.message ?? '', /sent nothing for 0\.01 s; .*--docker_stall_timeout/);
});

test('a volume with the files of another image', need, async t => {
  const s = await scene(t, directory => {
    writeBusyboxImage(directory, 'app', { Env: ['PATH=/bin'] });
    writeBusyboxImage(directory, 'some/data', {}, [[['value', 'of the volume\n']]]);
  });
  const image = docker('some/data');
  const volumes = [
    { mode: 'RO', container_path: '/volume', image },
    { mode: 'RW', container_path: 'own', image },
  ] as const;
  const script =
    'cat /volume/value; echo x >/volume/value || echo cannot; cd $MESOS_SANDBOX/own; echo y >value; cat value';
  const both = await run(s, 'both', { value: script }, inImage('app', { volumes: [...volumes] }));
  assert.equal(both.output, 'of the volume\ncannot\ny\n', both.status.message ?? '');
  const alone = await run(
    s,
    'alone',
    { value: 'cat own/value' },
    { container: { type: 'MESOS', volumes: [volumes[1]] } },
  );
  assert.equal(alone.output, 'of the volume\n', alone.status.message ?? '');
});

test('a task whose image is missing fails with the reason, and leaves nothing', need, async t => {
  const s = await scene(t, () => undefined);
  const { status } = await run(s, 'missing', { value: 'true' }, inImage('no/such:v1'));
  assert.deepEqual([status.state, status.reason], ['TASK_FAILED', 'REASON_CONTAINER_LAUNCH_FAILED']);
  assert.match(
    status.message ?? '',
    /Image 'no\/such:v1': The directory '.*' of --docker_registry has no 'no\/such:v1\.tar'/,
  );
  const containers = path.join(s.work, 'provisioner/containers');
  await eventually('nothing is left of the container', () => readdirSync(containers).length === 0);
});

test('an agent that was killed keeps the root file systems of running tasks, and removes others', need, async t => {
  const s = await scene(t, directory => writeBusyboxImage(directory, 'app', { Env: ['PATH=/bin'] }));
  const containers = path.join(s.work, 'provisioner/containers');
  const line = 'echo x >/mine; until [ -e $MESOS_SANDBOX/go ]; do sleep 0.1; done; cat /mine; exit 4';
  await s.framework.run(shellTask('long', line, inImage('app')));
  await s.framework.reaches('long', 'TASK_RUNNING');
  const [container = ''] = readdirSync(containers);
  await s.cluster.agent.kill();
  execFileSync('cp', ['-r', path.join(containers, container), path.join(containers, 'orphan')]);
  await s.cluster.agent.start();
  await s.cluster.registered(s.cluster.agent);
  await eventually('the removal of what nobody uses', () => readdirSync(containers).join() === container);
  const prune = { type: 'PRUNE_IMAGES', prune_images: { excluded_images: [] } };
  const headers = { 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(prune) };
  const pruned = async () => (await fetch(`${s.cluster.agent.origin}/api/v1`, request)).status;
  assert.equal(await pruned(), 200);
  assert.equal(readdirSync(path.join(s.store, 'layers')).length, 1, 'its layer is in use');
  const sandbox = sandboxOf(s.cluster, 'long');
  writeFileSync(path.join(sandbox, 'go'), '');
  assert.equal((await s.framework.end('long')).message, 'Command exited with status 4');
  assert.equal(readFileSync(path.join(sandbox, 'stdout'), 'utf8'), 'x\n');
  await eventually('its files are removed', () => readdirSync(containers).length === 0);
  const layers = () => readdirSync(path.join(s.store, 'layers'));
  await eventually('the removal of its layer', async () => (await pruned()) === 200 && layers().length === 0);
  assert.ok(existsSync(s.store));
});

test('checks start where the task starts, also of an agent that took it over', need, async t => {
  const s = await scene(t, directory => {
    writeBusyboxImage(directory, 'app', { Env: ['PATH=/bin'], WorkingDir: '/data' }, [[['data/file', 'x']]]);
    writeBusyboxImage(directory, 'none', { Env: ['PATH=/bin'] });
  });
  const checked = (): Partial<TaskInfo> => {
    const command = { value: 'pwd >>$MESOS_SANDBOX/health' };
    return { health_check: { type: 'COMMAND', command, delay_seconds: 0, interval_seconds: 0.2 } };
  };
  const places = { app: '/data', none: '/mnt/mesos/sandbox' };
  for (const image of Object.keys(places)) {
    const line = 'until [ -e $MESOS_SANDBOX/go ]; do sleep 0.1; done';
    await s.framework.run(shellTask(image, line, { ...inImage(image), ...checked() }));
    await eventually('health', () => s.framework.statusesOf(image).some(({ healthy }) => healthy));
  }
  const health = (id: string) => path.join(sandboxOf(s.cluster, id), 'health');
  const starts = () => Object.entries(places).map(([id]) => [...new Set(readFileSync(health(id), 'utf8').split('\n'))]);
  const expected = Object.values(places).map(each => [each, '']);
  assert.deepEqual(starts(), expected);
  await s.cluster.agent.kill();
  for (const id of Object.keys(places)) rmSync(health(id));
  await s.cluster.agent.start();
  const isWritten = (id: string) => existsSync(health(id)) && readFileSync(health(id), 'utf8').endsWith('\n');
  await eventually('checks by the next agent', () => Object.keys(places).every(isWritten));
  assert.deepEqual(starts(), expected);
  for (const id of Object.keys(places)) {
    writeFileSync(path.join(sandboxOf(s.cluster, id), 'go'), '');
    await s.framework.end(id);
  }
});

test('a terminal in an image is /dev/console, and sessions are in the image as well', need, async t => {
  const { cluster, framework } = await scene(t, directory => writeBusyboxImage(directory, 'busybox'));
  const command = {
    value:
      'stat -c "%t,%T" /dev/console; : >/dev/console && echo here >/dev/console; until [ -e end ]; do sleep 1; done',
  };
  const container = { ...inImage('busybox').container, type: 'MESOS' as const, tty_info: {} };
  await framework.run({ ...shellTask('task', 'true', { container }), command });
  await framework.reaches('task', 'TASK_RUNNING');
  const written = () => readFileSync(path.join(sandboxOf(cluster, 'task'), 'stdout'), 'utf8');
  await eventually(
    () => `the console in ${JSON.stringify(written())}`,
    () => /^88,[0-9a-f]+\r\nhere\r\n$/.test(written()),
  );
  const script = 'pwd; ls / | grep -c busybox-only; test -e /proc/1 && echo $$; id -u; : >/dev/console && echo console';
  const execute = (...argv: string[]) =>
    new Meseta(['task', 'exec', ...argv], { env: { MESETA_MASTER: cluster.master.address } }).finished;
  const session = await execute('-t', 'task', 'sh', '-c', script);
  assert.equal(session.code, 0, session.stderr);
  assert.match(session.stdout, /^\/mnt\/mesos\/sandbox\r\n0\r\n\d{1,3}\r\n0\r\nconsole\r\n$/);
  assert.match(written(), /here\r\n/);
  await execute('task', 'touch', 'end'); // the task may end before this command has, and takes it along
  await framework.end('task');
});
