/** Volumes of sandboxes on an agent that cannot mount: links. They pass as an ordinary user, too. */
import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Volume } from '@meseta/protocol';
import { linux, ofParent, PodBench } from '../testing/pod-bench.ts';

const isolation = 'posix/cpu,posix/mem,volume/sandbox_path';
const having = (...volumes: Volume[]) => ({ type: 'MESOS' as const, volumes });

test('containers of a pod share a directory of its sandbox by links', async t => {
  const bench = await PodBench.open(t, isolation);
  const pod = await bench.pod('pod');
  const share = having(ofParent('in/here', 'shared/data'));
  assert.equal(await bench.run(pod, 'writer', 'echo hello >in/here/file; ls in', share), 'here\n');
  assert.equal(await bench.run(pod, 'reader', 'cat in/here/file', share), 'hello\n');
  assert.equal(readFileSync(join(bench.sandbox(pod), 'shared/data/file'), 'utf8'), 'hello\n');
  const link = join(bench.sandbox(bench.id('reader', pod)), 'in/here');
  assert.equal(readlinkSync(link), join(bench.sandbox(pod), 'shared/data'));
  // The next agent knows where the sandbox of the pod is.
  await bench.containerizer.close();
  await bench.start();
  assert.equal(await bench.run(pod, 'later', 'cat in/here/file', share), 'hello\n');
});

test('a directory of its own sandbox appears at another place in it', async t => {
  const bench = await PodBench.open(t, isolation);
  const pod = await bench.pod('pod');
  const own = having({ mode: 'RW', container_path: 'there', host_path: 'data' });
  assert.equal(await bench.run(pod, 'own', 'touch there/file; ls data', own), 'file\n');
});

test('a persistent volume, which is a link in the sandbox of the pod, is behind the link', async t => {
  const bench = await PodBench.open(t, isolation);
  const pod = await bench.pod('pod');
  const volume = join(bench.directory, 'volume');
  mkdirSync(volume);
  symlinkSync(volume, join(bench.sandbox(pod), 'data'));
  await bench.run(pod, 'writer', 'echo hello >in/file', having(ofParent('in', 'data')));
  assert.equal(readFileSync(join(volume, 'file'), 'utf8'), 'hello\n');
});

test('links that a task made lead neither the directory nor the link elsewhere', async t => {
  const bench = await PodBench.open(t, isolation);
  const pod = await bench.pod('pod');
  const outside = join(bench.directory, 'outside');
  mkdirSync(outside);
  symlinkSync(outside, join(bench.sandbox(pod), 'out'));
  await bench.task(pod, 'parent', 'true', having(ofParent('in', 'out/made')));
  assert.ok(!existsSync(join(outside, 'made')));
  const id = bench.id('own', pod);
  mkdirSync(bench.sandbox(id), { recursive: true });
  symlinkSync(outside, join(bench.sandbox(id), 'out'));
  writeFileSync(join(bench.sandbox(id), 'file'), 'kept');
  for (const path of ['out/made', 'file', 'file/made']) {
    await assert.rejects(bench.task(pod, 'own', 'true', having(ofParent(path, 'shared'))), {
      code: 'ISOLATOR_PREPARE_FAILED',
      message: new RegExp(`^Failed to prepare the volume at '${path}': E`),
    });
  }
  assert.ok(!existsSync(join(outside, 'made')));
  assert.ok(lstatSync(join(bench.sandbox(id), 'file')).isFile());
});

const refused: readonly { name: string; volume: Volume; message: RegExp }[] = [
  { name: 'an absolute place', volume: ofParent('/mnt', 'a'), message: /needs the isolator filesystem\/linux/ },
  { name: 'a place outside', volume: ofParent('../a', 'a'), message: /must name a place in the sandbox/ },
  { name: 'no place', volume: ofParent('.', 'a'), message: /must name a place in the sandbox/ },
  { name: 'an absolute path', volume: ofParent('a', '/etc'), message: /'\/etc' must be relative/ },
  { name: 'a path outside', volume: ofParent('a', 'b/../../c'), message: /must name a directory in the sandbox/ },
  { name: 'no path', volume: ofParent('a', ''), message: /must name a directory in the sandbox/ },
  {
    name: 'no type',
    volume: { mode: 'RW', container_path: 'a', source: { type: 'SANDBOX_PATH', sandbox_path: { path: 'a' } } },
    message: /must be SELF or PARENT/,
  },
];

test('what cannot be shown is refused with the reason, and changes nothing', async t => {
  const bench = await PodBench.open(t, isolation);
  const pod = await bench.pod('pod');
  for (const { name, volume, message } of refused) {
    await assert.rejects(bench.task(pod, 'task', 'true', having(volume)), { message }, name);
  }
  await assert.rejects(bench.pod('alone', linux({}, { volumes: [ofParent('in', 'a')] })), {
    message: /needs a parent container, which this one has not/,
  });
  assert.ok(!existsSync(join(bench.sandbox(pod), 'a')));
  await assert.rejects(
    bench.task(pod, 'task', 'true', having({ mode: 'RW', container_path: 'a', host_path: '/etc' })),
    {
      message: /Volumes of paths of the machine need the isolator filesystem\/linux/,
    },
  );
});
