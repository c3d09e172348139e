/** Secrets of tasks: who sees them, and where they never are. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ContainerInfo, EnvironmentVariable, Secret, TaskInfo, Volume } from '@meseta/protocol';
import { all, eventually, needs } from '@meseta/system/testing';
import { needsBusybox, writeBusyboxImage } from './support/busybox-image.ts';
import { CgroupsRoot } from './support/cgroups.ts';
import { Cluster } from './support/cluster.ts';
import type { Flags } from './support/daemon.ts';
import { bytesOf, filesBelow } from './support/files-below.ts';
import { type Framework, shellTask } from './support/framework.ts';
import { sandboxOf } from './support/task-scene.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const need = needs.root('files of secrets are mounted in containers');

const secret = (data: string | Buffer): Secret => ({
  type: 'VALUE',
  value: { data: Buffer.from(data).toString('base64') },
});
const reference: Secret = { type: 'REFERENCE', reference: { name: 'of/store' } };
const file = (container_path: string, of: Secret, mode: 'RW' | 'RO' = 'RO'): Volume => ({
  ...{ container_path, mode },
  source: { type: 'SECRET', secret: of },
});
const variable = (name: string, of: Secret): EnvironmentVariable => ({ name, type: 'SECRET', secret: of });

interface Scene {
  readonly cluster: Cluster;
  readonly framework: Framework;
}

async function scene(t: TestContext, flags: Flags): Promise<Scene> {
  const cgroups = new CgroupsRoot(t);
  const cluster = await Cluster.start(t, { agents: [{ cgroups_root: cgroups.name, ...flags }] });
  return { cluster, framework: await cluster.framework() };
}

/** Runs a shell line to its end. */
async function run(s: Scene, id: string, line: string, more: Partial<TaskInfo> = {}) {
  await s.framework.run(shellTask(id, line, more));
  const status = await s.framework.end(id);
  return { status, output: readFileSync(path.join(sandboxOf(s.cluster, id), 'stdout'), 'utf8') };
}

const withVolumes = (volumes: Volume[], more: Partial<ContainerInfo> = {}): Pick<TaskInfo, 'container'> => ({
  container: { type: 'MESOS', volumes, ...more },
});

/** Everything that a cluster shows of itself, as text. */
async function shown({ cluster }: Scene): Promise<string> {
  const texts = [cluster.master.log, cluster.agent.log];
  for (const { origin, kind } of [cluster.master, cluster.agent]) {
    for (const url of ['/state', '/flags', ...(kind === 'master' ? ['/tasks', '/frameworks'] : ['/containers'])]) {
      texts.push(await (await fetch(origin + url)).text());
    }
    for (const type of ['GET_STATE', 'GET_TASKS', 'GET_EXECUTORS', 'GET_FRAMEWORKS', 'GET_CONTAINERS']) {
      const headers = { 'content-type': 'application/json', accept: 'application/json' };
      const answer = await fetch(`${origin}/api/v1`, { method: 'POST', headers, body: JSON.stringify({ type }) });
      texts.push(await answer.text());
    }
  }
  return texts.join('\n');
}

/** The files below a directory that contain a text. */
const filesWith = (directory: string, text: string) =>
  filesBelow(directory).filter(each => bytesOf(each).includes(text));

test('a secret is a file in memory that only the container has', need, async t => {
  const s = await scene(t, { isolation: 'filesystem/linux,namespaces/pid,volume/secret' });
  const value = `very-secret-${randomBytes(8).toString('hex')}`;
  const more = withVolumes([file('deep/read', secret(value)), file('write', secret(value), 'RW')]);
  const forms = [value, Buffer.from(value).toString('base64'), Buffer.from(value).toString('hex')];
  const line = `cat deep/read && echo && stat -c '%a %u %F' deep/read && stat -f -c %T deep/read
    (echo x >deep/read) 2>/dev/null || echo read-only
    echo y >write; cat write; touch up; until [ -e go ]; do sleep 0.05; done; cat deep/read`;
  await s.framework.run(
    shellTask('x', line, {
      ...more,
      command: { shell: true, value: line, environment: { variables: [variable('OF_ENV', secret(value))] } },
    }),
  );
  await eventually('the task', () => readdirSync(sandboxOf(s.cluster, 'x')).includes('up'));
  const own = sandboxOf(s.cluster, 'x');
  assert.deepEqual(
    ['deep/read', 'write'].map(name => statSync(path.join(own, name)).size),
    [0, 0],
    'the machine has the places of the files only',
  );
  const onScreen = await shown(s);
  assert.deepEqual(
    forms.filter(each => onScreen.includes(each)),
    [],
  );
  assert.ok(onScreen.includes('OF_ENV') || onScreen.includes('deep/read'), 'what it is for is shown');
  await s.cluster.agent.kill();
  await s.cluster.agent.start();
  await s.cluster.registered(s.cluster.agent);
  const again = await shown(s);
  assert.deepEqual(
    forms.filter(each => again.includes(each)),
    [],
  );
  writeFileSync(path.join(own, 'go'), '');
  assert.equal((await s.framework.end('x')).state, 'TASK_FINISHED');
  const output = readFileSync(path.join(own, 'stdout'), 'utf8');
  assert.equal(output, `${value}\n644 0 regular file\nramfs\nread-only\ny\n${value}`);
  writeFileSync(path.join(own, 'stdout'), '');
  // What the agent must remember of a task to go on with it, for its own user only.
  const files = forms.flatMap(each => filesWith(s.cluster.directory, each));
  assert.deepEqual([...new Set(files.map(each => path.basename(each)))], ['task.info']);
  assert.deepEqual([...new Set(files.map(each => statSync(each).mode & 0o777))], [0o600]);
});

test('a secret of any size and contents; mistakes are named without it', need, async t => {
  const s = await scene(t, { isolation: 'filesystem/linux,volume/secret' });
  const large = randomBytes(200_001);
  const digest = createHash('sha256').update(large).digest('hex');
  const both = withVolumes([file('large', secret(large)), file('empty', secret(''))]);
  const first = await run(s, 'large', 'sha256sum <large; wc -c <empty', both);
  assert.equal(first.output, `${digest}  -\n0\n`, first.status.message ?? '');
  const cases: readonly (readonly [id: string, task: Partial<TaskInfo>, message: RegExp])[] = [
    [
      'reference',
      withVolumes([file('f', reference)]),
      /the volume at 'f': secret 'of\/store' is given by reference, .* --secret_resolver/,
    ],
    [
      'huge',
      withVolumes([file('f', secret(Buffer.alloc(1024 * 1024 + 1)))]),
      /'f': its secret has 1048577 bytes; 1048576 are allowed/,
    ],
    ['up', withVolumes([file('../f', secret('x'))]), /'\.\.\/f': the container path must not contain '\.\.'/],
    [
      'absolute',
      withVolumes([file('/no/such/file', secret('x'))]),
      /'\/no\/such\/file': the container path must exist/,
    ],
    ['directory', withVolumes([file('/tmp', secret('x'))]), /Failed to mount a file in memory at '\/tmp': ENOTDIR/],
  ];
  for (const [id, task, message] of cases) {
    const { status, output } = await run(s, id, 'echo ran', task);
    assert.deepEqual([status.state, status.reason, output], ['TASK_FAILED', 'REASON_CONTAINER_LAUNCH_FAILED', '']);
    assert.match(status.message ?? '', message);
  }
});

test('a link in the sandbox does not lead a secret to another place', need, async t => {
  const s = await scene(t, { isolation: 'filesystem/linux,volume/secret' });
  const directory = mkdtempSync(path.join(tmpdir(), 'hostile-'));
  t.after(() => rmSync(directory, { recursive: true }));
  symlinkSync('/etc', path.join(directory, 'dir'));
  symlinkSync('/etc/hostname', path.join(directory, 'file'));
  execFileSync('tar', ['-cf', 'links.tar', 'dir', 'file'], { cwd: directory });
  const before = readFileSync('/etc/hostname', 'utf8');
  for (const at of ['dir/hostname', 'file']) {
    const uris = [{ value: path.join(directory, 'links.tar'), extract: true }];
    const command = { shell: true, value: 'cat /etc/hostname', uris };
    const id = at.replace('/', '-');
    const { status } = await run(s, id, '', { ...withVolumes([file(at, secret('evil'))]), command });
    assert.equal(status.state, 'TASK_FAILED');
    assert.match(status.message ?? '', new RegExp(`Failed to mount a file in memory at '${at}'`));
  }
  assert.equal(readFileSync('/etc/hostname', 'utf8'), before);
});

test('a secret in the environment, of every agent', async t => {
  const s = await scene(t, {});
  const task = (of: Secret): Partial<TaskInfo> => ({
    command: { shell: true, value: 'echo $S', environment: { variables: [variable('S', of)] } },
  });
  assert.equal((await run(s, 'value', '', task(secret('of the task')))).output, 'of the task\n');
  const cases: readonly (readonly [id: string, of: Secret, message: RegExp])[] = [
    [
      'reference',
      reference,
      /Environment variable 'S': secret 'of\/store' is given by reference, .* --secret_resolver/,
    ],
    [
      'bytes',
      secret(Buffer.from([0xff, 0xfe])),
      /Environment variable 'S': its secret is not text in UTF-8; use a volume/,
    ],
  ];
  for (const [id, of, message] of cases) {
    const { status } = await run(s, id, '', task(of));
    assert.equal(status.reason, 'REASON_CONTAINER_LAUNCH_FAILED');
    assert.match(status.message ?? '', message);
  }
  const { status } = await run(s, 'volume', 'true', withVolumes([file('f', secret('x'))]));
  assert.match(
    status.message ?? '',
    /Volumes of secrets need the isolator volume\/secret, which this agent does not have/,
  );
});

/** A resolver that knows one secret, and the flags of an agent that uses it. */
function resolver(t: TestContext): Flags {
  const directory = mkdtempSync(path.join(tmpdir(), 'resolver-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const module = path.join(directory, 'resolver.mjs');
  writeFileSync(
    module,
    `export default { store: { kind: 'secret_resolver', create: () => ({
      async resolve({ reference: { name, key } }) {
        if (name === 'of/store') return { data: Buffer.from('kept ' + (key ?? 'there')).toString('base64') };
        if (name === 'odd') return 'a secret that is no object';
        throw new Error('the store has no ' + name);
      },
    }) } };`,
  );
  const modules = JSON.stringify({ libraries: [{ file: module, modules: [{ name: 'store' }] }] });
  return { modules, secret_resolver: 'store' };
}

test('secrets by reference are resolved by a module, in variables of command tasks and of pods', async t => {
  const s = await scene(t, resolver(t));
  const task = (id: string, value: string, of: Secret) => ({
    task_id: { value: id },
    command: { shell: true, value, environment: { variables: [variable('S', of)] } },
  });
  const keyed: Secret = { type: 'REFERENCE', reference: { name: 'of/store', key: 'by key' } };
  assert.equal((await run(s, 'key', '', task('key', 'echo $S', keyed))).output, 'kept by key\n');
  await s.framework.runGroup('pod', task('nested', 'case $S in *there) ;; *) exit 1 ;; esac', reference));
  assert.equal((await s.framework.end('nested')).state, 'TASK_FINISHED');
  const cases: readonly (readonly [id: string, of: Secret, message: RegExp])[] = [
    [
      'missing',
      { type: 'REFERENCE', reference: { name: 'x' } },
      /'S': secret 'x' was not resolved: the store has no x$/,
    ],
    ['odd', { type: 'REFERENCE', reference: { name: 'odd' } }, /'odd' was not resolved: module 'store' must return/],
  ];
  for (const [id, of, message] of cases) {
    const { status } = await run(s, id, '', task(id, 'true', of));
    assert.equal(status.reason, 'REASON_CONTAINER_LAUNCH_FAILED');
    assert.match(status.message ?? '', message);
    assert.doesNotMatch(status.message ?? '', /no object/);
  }
  assert.doesNotMatch(await shown(s), /kept (by key|there)/);
  assert.deepEqual(
    filesWith(path.join(s.cluster.directory, 'agent-1/meta'), 'kept '),
    [],
    'only the reference is stored',
  );
});

test('secrets by reference are files', need, async t => {
  const s = await scene(t, { isolation: 'filesystem/linux,volume/secret', ...resolver(t) });
  const { output, status } = await run(s, 'file', 'cat f', withVolumes([file('f', reference)]));
  assert.equal(output, 'kept there', status.message ?? '');
  const gone = await run(s, 'gone', 'cat f', withVolumes([file('f', { type: 'REFERENCE', reference: { name: 'x' } })]));
  assert.match(gone.status.message ?? '', /the volume at 'f': secret 'x' was not resolved: the store has no x/);
});

const needImage = all(need, needs.mounting('images are mounted'), needsBusybox);

test('a secret in an image', needImage, async t => {
  const images = temporaryDirectory(t, 'images');
  writeBusyboxImage(images, 'app', { Env: ['PATH=/bin'] });
  const s = await scene(t, {
    isolation: 'filesystem/linux,docker/runtime,volume/secret',
    image_providers: 'DOCKER',
    docker_registry: images,
    docker_store_dir: path.join(images, 'store'),
  });
  const image = { mesos: { image: { type: 'DOCKER' as const, docker: { name: 'app' } } } };
  const volumes = [file('/run/secrets/one', secret('first')), file('two', secret('second'))];
  const line = 'cat /run/secrets/one; cat /mnt/mesos/sandbox/two; grep -c ramfs /proc/mounts';
  const { output, status } = await run(s, 'x', line, withVolumes(volumes, image));
  assert.equal(output, 'firstsecond2\n', status.message ?? '');
});
