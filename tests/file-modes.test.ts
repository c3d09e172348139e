/** What others can see of what master and agent keep: the way to the sandboxes of their own tasks, nothing else. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually, needs } from '@meseta/system/testing';
import { Framework, shellTask } from './support/framework.ts';
import { localCluster, meseta } from './support/meseta.ts';

/** All paths below a directory. One that is removed meanwhile makes it look anew. */
function namesBelow(directory: string): Promise<string[]> {
  return eventually('what is there', () => {
    try {
      return readdirSync(directory, { recursive: true, encoding: 'utf8' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  });
}

/** Paths below a directory with their modes, `40711` of a directory; sandboxes and what is in them left out. */
async function modesBelow(directory: string): Promise<[string, string][]> {
  return (await namesBelow(directory))
    .filter(name => !/work\/slaves\/.*\/runs\/[^/]+/.test(name) || name.includes('/meta/'))
    .flatMap(name => {
      const stats = lstatSync(path.join(directory, name), { throwIfNoEntry: false }); // journals of databases come and go
      return stats === undefined || stats.isSymbolicLink() ? [] : [[name, stats.mode.toString(8)] as [string, string]];
    });
}

const isWay = (name: string) => /^agent-1$|^agent-1\/work$|^agent-1\/work\/slaves(\/(?!.*\/meta\/).*)?$/.test(name);

/** Runs a task with a secret on a cluster, which ends with the test. @returns the cluster's directory. */
async function clusterWithTask(t: TestContext, user?: string): Promise<string> {
  const directory = mkdtempSync(path.join(tmpdir(), 'modes-'));
  chmodSync(directory, 0o755);
  const cluster = await localCluster('--work-dir', directory);
  const framework = await new Framework(`http://${cluster.master}`).start();
  const command = { value: 'cd / && cat "$MESOS_SANDBOX/stdout" && sleep 600', user };
  await framework.run(shellTask('t', 'true'), {
    ...shellTask('secret', ''),
    command: { ...command, environment: { variables: [{ name: 'TOKEN', value: 's3cret' }] } },
  });
  await framework.end('t');
  await framework.reaches('secret', 'TASK_RUNNING');
  t.after(async () => {
    await framework.teardown();
    await framework.close();
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });
  return directory;
}

test('only sandboxes are for others', async t => {
  const directory = await clusterWithTask(t, process.geteuid?.() === 0 ? 'daemon' : undefined);
  const modes = await modesBelow(directory);
  assert.ok(modes.some(([name]) => name.endsWith('task.info')));
  assert.ok(modes.some(([name]) => name.endsWith('registry.db')));
  for (const [name, mode] of modes) {
    if (isWay(name)) assert.equal(mode, '40711', name);
    else assert.match(mode, /00$/, name);
  }
});

test('another user reads no task definition', needs.root('it is tried as another user'), async t => {
  const directory = await clusterWithTask(t, 'daemon');
  const found = execFileSync(
    'setpriv',
    ['--reuid=nobody', '--regid=nogroup', '--clear-groups', 'sh', '-c', `grep -rl s3cret ${directory} 2>&1; true`],
    { encoding: 'utf8' },
  );
  assert.match(found, /Permission denied/);
  assert.doesNotMatch(found, /^\//m);
});

test('directories that somebody else could write to are refused, by name', async t => {
  const directory = mkdtempSync(path.join(tmpdir(), 'modes-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const open = path.join(directory, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  writeFileSync(path.join(directory, 'file'), '');
  const agent = ['agent', '--master=127.0.0.1:1', '--port=0', '--ip=127.0.0.1'];
  const good = `--work_dir=${directory}/work`;
  const cases: [argv: string[], says: RegExp][] = [
    [[...agent, good, `--runtime_dir=${open}`], /--runtime_dir '.*open': it may be written to by others \(mode 0777\)/],
    [[...agent, `--work_dir=${open}`, `--runtime_dir=${directory}/run`], /--work_dir '.*open': it may be written to/],
    [
      [...agent, good, `--runtime_dir=${directory}/run`, `--log_dir=${open}`],
      /--log_dir '.*open': it may be written to/,
    ],
    [[...agent, '--work_dir=/proc/x', `--runtime_dir=${directory}/run`], /--work_dir '\/proc\/x': nothing can be made/],
    [[...agent, good, `--runtime_dir=${directory}/file`], /--runtime_dir '.*file': it is not a directory/],
    [[...agent, good, '--runtime_dir='], /--runtime_dir='': not a path/],
    [[...agent, '--work_dir=', '--runtime_dir=x'], /--work_dir='': not a path/],
    [['master', '--work_dir='], /--work_dir='': not a path/],
    [['master', '--port=0', '--ip=127.0.0.1', '--work_dir=/proc/x'], /--work_dir '\/proc\/x': nothing can be made/],
    [['master', '--port=0', '--ip=127.0.0.1', `--work_dir=${open}`], /--work_dir '.*open': it may be written to/],
    [['local', '--work-dir=/proc/x'], /--work-dir '\/proc\/x': nothing can be made/],
    [['local', `--work-dir=${open}`], /--work-dir '.*open': it may be written to/],
    [
      ['local', `--work-dir=${open}/own`],
      /--work-dir '.*own': '.*open', which leads there, may be written to by others/,
    ],
    [['master', '--port=0', '--ip=127.0.0.1', `--work_dir=${open}/a/b`], /open', which leads there, may be written to/],
    [[...agent, good, `--runtime_dir=${open}/own`], /open', which leads there, may be written to/],
    [['local', '--work-dir='], /--work-dir needs a value/],
  ];
  for (const [argv, says] of cases) {
    const { code, stderr } = await meseta(...argv);
    assert.notEqual(code, 0, argv.join(' '));
    assert.match(stderr, says, argv.join(' '));
    assert.doesNotMatch(stderr, /^ +at /m, argv.join(' '));
  }
});
