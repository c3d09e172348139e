/** The fetcher with a cache, a server that counts, real tools and files. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { lookupUser } from '@meseta/system';
import { eventually, needs } from '@meseta/system/testing';
import { tarOf, zipOf } from '../testing/archives.ts';
import { cacheBench } from '../testing/bench.ts';
import { countingServer } from '../testing/counting-server.ts';
import { startFtpServer } from '../testing/ftp-server.ts';

const run = promisify(execFile);
const failed = { code: 'FETCH', message: /exited with status 1/ };
const waited = /^(Waiting for \S+: it is already being downloaded into .*\n)?Fetched \S+ through the agent's cache\n$/;
const kilobyte = 'x'.repeat(1024);

test('one request for all containers, at the same time and later', async t => {
  const { container, cached, fetcher, cache } = await cacheBench(t);
  const { url, count } = await countingServer(t, response => response.end('contents'));
  const uri = { value: `${url}/file`, cache: true };
  const containers = await Promise.all(['a', 'b', 'c'].map(name => container(name)));
  await Promise.all(containers.map(({ fetch }) => fetch(uri)));
  const late = await container('late');
  await late.fetch(uri, { ...uri, output_file: 'other/name', executable: true });
  assert.equal(count(), 1);
  for (const { read } of containers) {
    assert.equal(await read('file'), 'contents');
    assert.match(await read('stderr'), waited);
  }
  assert.equal(await late.read('other', 'name'), 'contents');
  assert.equal((await lstat(join(late.sandbox, 'other/name'))).mode & 0o777, 0o755);
  assert.equal((await lstat(join(late.sandbox, 'file'))).nlink, 1, 'it is a copy');
  assert.match(await late.read('stderr'), /^(Fetched \S+ from the agent's cache\n){2}$/);
  assert.deepEqual(await cached(), ['c1-file']);
  assert.equal(fetcher.cacheUsedBytes, 8);
  assert.deepEqual(await readdir(cache), [`user-${process.geteuid?.()}`]);
  assert.equal((await lstat(join(cache, `user-${process.geteuid?.()}`))).mode & 0o777, 0o700);
  await writeFile(join(late.sandbox, 'file'), 'changed by the task');
  const last = await container('last');
  await last.fetch(uri);
  assert.equal(await last.read('file'), 'contents');
});

test('without `cache` every container asks, also when the file is in the cache', async t => {
  const { container } = await cacheBench(t);
  const { url, count } = await countingServer(t, (response, count) => response.end(`${count}`));
  const [a, b] = [await container('a'), await container('b')];
  await a.fetch({ value: `${url}/file`, cache: true });
  await b.fetch({ value: `${url}/file` });
  assert.equal(await b.read('file'), '2');
  assert.equal(await b.read('stderr'), `Fetched ${url}/file\n`);
  assert.equal(count(), 2);
});

test('a download goes on while a container waits for it, and ends with the last', async t => {
  const { container, cached, fetcher } = await cacheBench(t);
  const answer = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const { url, count } = await countingServer(t, async (response, count) => {
    response.once('close', () => count === 2 && left.resolve());
    response.writeHead(200).write('a part');
    asked.resolve();
    if (count !== 1) return;
    await answer.promise;
    response.end(', and the rest');
  });
  const uri = { value: `${url}/file`, cache: true };
  const [a, b, c] = [await container('a'), await container('b'), await container('c')];
  const killed = a.fetch(uri);
  const waiting = b.fetch(uri);
  await asked.promise;
  await eventually('both wait', async () => (await a.read('stderr')) + (await b.read('stderr')) !== '');
  a.cancel();
  await assert.rejects(killed, { code: 'DESTROYED' });
  answer.resolve();
  await waiting;
  assert.equal(await b.read('file'), 'a part, and the rest');
  assert.deepEqual(await a.list(), []);
  const alone = c.fetch({ ...uri, value: `${url}/other` });
  await eventually('the second download has begun', async () => (await cached()).length === 2);
  c.cancel();
  await assert.rejects(alone, { code: 'DESTROYED' });
  await left.promise;
  assert.deepEqual(await cached(), ['c1-file']);
  assert.equal(fetcher.cacheUsedBytes, Buffer.byteLength('a part, and the rest'));
  assert.equal(count(), 2);
});

test('a download that fails leaves nothing, fails all who wait, and is tried again by the next', async t => {
  const { container, cached, fetcher } = await cacheBench(t);
  const both = Promise.withResolvers<void>();
  const { url, count } = await countingServer(t, async (response, count) => {
    if (count > 1) return response.end('at last');
    response.writeHead(200, { 'content-length': 100 }).write('a part');
    await both.promise;
    response.destroy();
  });
  const uri = { value: `${url}/file`, cache: true };
  const [a, b, c] = [await container('a'), await container('b'), await container('c')];
  const fetches = [a, b].map(({ fetch }) => assert.rejects(fetch(uri), failed));
  await eventually('both wait', async () => (await a.read('stderr')) + (await b.read('stderr')) !== '');
  await eventually('room is reserved for the announced size', () => fetcher.cacheUsedBytes === 100);
  both.resolve();
  await Promise.all(fetches);
  assert.match(await b.read('stderr'), /file: 127\.0\.0\.1:\d+ broke the connection off/);
  assert.deepEqual(await cached(), []);
  assert.equal(fetcher.cacheUsedBytes, 0);
  await c.fetch(uri);
  assert.equal(await c.read('file'), 'at last');
  assert.equal(count(), 2);
});

test('statuses that are errors are those of the server', async t => {
  const { container, cached } = await cacheBench(t);
  const { url } = await countingServer(t, response => response.writeHead(404).end());
  const a = await container('a');
  await assert.rejects(a.fetch({ value: `${url}/file`, cache: true }), failed);
  assert.match(await a.read('stderr'), /file: The server answered with status 404: it has no such file/);
  assert.deepEqual(await cached(), []);
});

for (const [name, known] of [
  ['announced', true],
  ['found out', false],
] as const) {
  test(`a file that is too large, as ${name}, is fetched past the cache`, async t => {
    const { container, cached, fetcher } = await cacheBench(t, { totalBytes: 2048 });
    const contents = kilobyte.repeat(300);
    const { url } = await countingServer(t, response => {
      if (known) response.setHeader('content-length', contents.length);
      for (let part = 0; part < 300; part++) response.write(kilobyte);
      response.end();
    });
    const [a, b] = [await container('a'), await container('b')];
    const uri = { value: `${url}/file`, cache: true };
    await Promise.all([a.fetch(uri), b.fetch(uri)]);
    for (const { read } of [a, b]) {
      assert.equal(await read('file'), contents);
      assert.match(
        await read('stderr'),
        /(^|\n)Fetched \S+ past the agent's cache \(no room for \d+\S+ beside .*--fetcher_cache_size=2KB\)\n$/,
      );
    }
    assert.deepEqual(await cached(), []);
    assert.equal(fetcher.cacheUsedBytes, 0);
  });
}

test('a file of unknown size that turns out large does not push all others out', async t => {
  const { container, cached } = await cacheBench(t, { totalBytes: 8192 });
  const { url } = await countingServer(t, (response, _, { url: path }) => {
    if (path !== '/endless') return response.end(kilobyte);
    for (let part = 0; part < 300; part++) response.write(kilobyte);
    response.end();
  });
  const { fetch, read } = await container('a');
  for (const name of ['1', '2', '3', '4', '5', '6']) await fetch({ value: `${url}/${name}`, cache: true });
  await fetch({ value: `${url}/endless`, cache: true });
  assert.match(
    await read('stderr'),
    /past the agent's cache \(no room for \S+ beside other files, as its server does not say how large it is, of /,
  );
  const left = await cached(); // the more comes at once, the fewer had to go
  for (const name of ['c3-3', 'c4-4', 'c5-5', 'c6-6']) assert.ok(left.includes(name), name);
  assert.ok(!left.includes('c7-endless'));
});

test('the file that was not used the longest gives way', async t => {
  const { container, cached, fetcher } = await cacheBench(t, { totalBytes: 2048 });
  const { url, count } = await countingServer(t, response => response.end(kilobyte));
  const { fetch } = await container('a');
  for (const name of ['x', 'y', 'x', 'z', 'x', 'y']) await fetch({ value: `${url}/${name}`, cache: true });
  assert.equal(count(), 4);
  assert.deepEqual((await cached()).sort(), ['c1-x', 'c4-y']);
  assert.equal(fetcher.cacheUsedBytes, 2048);
});

test('a file in use does not give way', async t => {
  const { container, directory } = await cacheBench(t, { totalBytes: 1024 });
  const { url, count } = await countingServer(t, (response, _, { url: path }) =>
    response.end(path?.endsWith('.gz') ? gzipSync('used') : kilobyte),
  );
  const [a, b] = [await container('a'), await container('b')];
  const used = { value: `${url}/used.gz`, cache: true };
  await a.fetch(used);
  // The file is released only when the container has its copy, and gzip is slow for this one.
  const tools = join(directory, 'tools');
  await mkdir(tools);
  await writeFile(join(tools, 'gzip'), `#!/bin/sh\nread line <${directory}/go\nexec cat\n`, { mode: 0o755 });
  await run('mkfifo', [join(directory, 'go')]);
  const path = process.env.PATH;
  process.env.PATH = `${tools}:${path}`;
  const extracting = b.fetch({ ...used, output_file: 'b.gz' });
  try {
    await eventually('it is extracted', async () =>
      (await run('ps', ['axo', 'args'])).stdout.includes(`${tools}/gzip`),
    );
    const c = await container('c');
    await c.fetch({ value: `${url}/large`, cache: true });
    assert.match(await c.read('stderr'), /past the agent's cache \(no room for 1KB beside what is in use/);
  } finally {
    process.env.PATH = path;
    await writeFile(join(directory, 'go'), 'go\n');
  }
  await extracting;
  assert.equal(count(), 3);
});

test('archives are extracted from the cache, and do not come into the sandbox', async t => {
  const { container, source, directory } = await cacheBench(t);
  await writeFile(join(directory, 'c'), 'C');
  await run('tar', ['czf', join(directory, 'c.tgz'), 'c'], { cwd: directory });
  await source('a.tar', tarOf([{ name: 'd/a', contents: 'A' }]));
  await source('b.zip', zipOf([{ name: 'd/b', contents: 'B' }]));
  await source('c.tgz', await readFile(join(directory, 'c.tgz')));
  await source('e.gz', gzipSync('E'));
  const uris = ['a.tar', 'b.zip', 'c.tgz', 'e.gz'].map(value => ({ value, cache: true }));
  for (const name of ['first', 'second']) {
    const { fetch, list, read } = await container(name);
    await fetch(...uris);
    assert.deepEqual(await list(), ['c', 'd', 'e']);
    assert.deepEqual([await read('d/a'), await read('d/b'), await read('c'), await read('e')], ['A', 'B', 'C', 'E']);
  }
  const { fetch, list, read } = await container('third');
  await fetch(...uris.map(uri => ({ ...uri, extract: false })));
  assert.deepEqual(await list(), ['a.tar', 'b.zip', 'c.tgz', 'e.gz']);
  assert.match(await read('stderr'), /^(Fetched \S+ from the agent's cache\n){4}$/);
});

test('a broken archive is named as usual, and stays in the cache', async t => {
  const { container, cached } = await cacheBench(t);
  const { url } = await countingServer(t, response => response.end('no archive'));
  for (const name of ['a.tgz', 'a.zip', 'a.gz']) {
    const { fetch, read } = await container(name.replace('.', ''));
    await assert.rejects(fetch({ value: `${url}/${name}`, cache: true }), failed);
    assert.match(await read('stderr'), new RegExp(`: '${name}' is broken`));
  }
  assert.equal((await cached()).length, 3);
});

test('local files: permissions, relative paths, what is no file', async t => {
  const { container, source, cached, directory } = await cacheBench(t);
  const script = await source('script', 'exit 0');
  await chmod(script, 0o750);
  const [a, b] = [await container('a'), await container('b')];
  await a.fetch({ value: 'script', cache: true });
  await rm(script);
  await b.fetch({ value: 'script', cache: true });
  for (const { sandbox } of [a, b]) assert.equal((await lstat(join(sandbox, 'script'))).mode & 0o777, 0o750);
  assert.equal(await b.read('script'), 'exit 0');
  const c = await container('c');
  await assert.rejects(c.fetch({ value: 'script2', cache: true }), failed);
  assert.match(await c.read('stderr'), /script2: No such file on the agent's machine, below --frameworks_home/);
  await assert.rejects(c.fetch({ value: directory, cache: true }), failed);
  assert.match(await c.read('stderr'), /: It is a directory, and only files are fetched/);
  assert.deepEqual(await cached(), ['c1-script']);
});

test('ftp, and Hadoop', async t => {
  const { container, cached, directory } = await cacheBench(t);
  const { port, close } = await startFtpServer('by ftp');
  t.after(close);
  const { fetch, read } = await container('a');
  await fetch({ value: `ftp://127.0.0.1:${port}/file`, cache: true });
  assert.equal(await read('file'), 'by ftp');
  await assert.rejects(fetch({ value: `ftp://127.0.0.1:${port}/other`, cache: true }), failed);
  assert.match(await read('stderr'), /other: The server has no such file; check the path\n/);
  assert.deepEqual(await cached(), ['c1-file']);
  const hadoop = await cacheBench(t, { options: { hadoopHome: directory } });
  await mkdir(join(directory, 'bin'));
  const client = '#!/bin/sh\n[ $3 = hdfs://h/x ] && echo "$@" && exit\necho \'cat: `/y: No such file\' >&2; exit 1\n';
  await writeFile(join(directory, 'bin', 'hadoop'), client, { mode: 0o755 });
  const b = await hadoop.container('b');
  await b.fetch({ value: 'hdfs://h/x', cache: true });
  assert.equal(await b.read('x'), 'fs -cat hdfs://h/x\n');
  await assert.rejects(b.fetch({ value: 'hdfs://h/y', cache: true }), failed);
  assert.match(await b.read('stderr'), /y: Hadoop's client failed: `\/y: No such file\n$/);
});

test('a start empties the cache, and touches nothing else', async t => {
  const { container, cached, cache } = await cacheBench(t, {
    prepare: async cache => {
      await mkdir(join(cache, 'user-4711/left'), { recursive: true });
      await mkdir(join(cache, 'other'));
      await writeFile(join(cache, 'other/precious'), 'precious');
      await symlink(join(cache, 'other'), join(cache, 'user-1'));
    },
  });
  assert.deepEqual(await readdir(cache), ['other']);
  assert.deepEqual(await cached(), ['precious']);
  const { fetch } = await container('a');
  const { url } = await countingServer(t, response => response.end());
  await fetch({ value: `${url}/..%2fx`, output_file: 'd/x', cache: true });
  assert.deepEqual(
    (await cached()).sort(),
    ['c1-.._2fx', 'precious'].map(name => name.replace('.._2fx', '.._2fx')),
  );
});

test('what somebody removes or changes in the cache is fetched anew', async t => {
  const { container, cached, cache, fetcher } = await cacheBench(t);
  const { url, count } = await countingServer(t, (response, count) => response.end(`${count}`));
  const { fetch, read } = await container('a');
  const uri = { value: `${url}/file`, cache: true };
  const own = join(cache, `user-${process.geteuid?.()}`);
  await fetch(uri);
  await rm(own, { recursive: true });
  await fetch(uri);
  assert.equal(await read('file'), '2');
  await writeFile(join(own, 'c2-file'), 'longer');
  await fetch(uri);
  assert.equal(await read('file'), '3');
  assert.deepEqual(await cached(), ['c3-file']);
  assert.equal(fetcher.cacheUsedBytes, 1);
  await rm(cache, { recursive: true });
  await mkdir(cache, { mode: 0o777 }); // another user could do so in /tmp
  await fetch(uri);
  assert.equal(await read('file'), '5'); // the fourth answer found no place in the cache
  assert.match(await read('stderr'), /past the agent's cache \(the agent's cache cannot be written: ENOENT: .*\)\n$/);
  assert.deepEqual(await readdir(cache), []);
  assert.equal(count(), 5);
});

test('a size of 0 switches the cache off', async t => {
  const { container, cached } = await cacheBench(t, { totalBytes: 0 });
  const { url, count } = await countingServer(t, response => response.end('x'));
  const { fetch, read } = await container('a');
  await fetch({ value: `${url}/file`, cache: true });
  assert.equal(await read('stderr'), `Fetched ${url}/file past the agent's cache (--fetcher_cache_size is 0)\n`);
  assert.equal(count(), 1);
  assert.deepEqual(await cached(), []);
});

test('each user has a cache, and files of its own', needs.root('files are fetched as other users'), async t => {
  const { container, cache, source } = await cacheBench(t);
  const { url, count } = await countingServer(t, response => response.end('x'));
  const [nobody, daemon, own] = [await container('n', 'nobody'), await container('d', 'daemon'), await container('o')];
  await source('a.tar', tarOf([{ name: 'inner', contents: 'x' }]));
  await source('b.gz', gzipSync('x'));
  await source('c.zip', zipOf([{ name: 'zipped', contents: 'x' }]));
  const uris = [`${url}/file`, 'a.tar', 'b.gz', 'c.zip'].map(value => ({ value, cache: true }));
  for (const { fetch } of [nobody, daemon, own, nobody]) await fetch(...uris);
  assert.equal(count(), 3);
  const { uid, gid } = await lookupUser('nobody');
  for (const name of ['file', 'inner', 'b', 'zipped']) {
    const stats = await lstat(join(nobody.sandbox, name));
    assert.deepEqual([stats.uid, stats.gid], [uid, gid], name);
  }
  assert.deepEqual((await readdir(cache)).sort(), ['user-0', 'user-1', `user-${uid}`].sort());
  for (const name of await readdir(cache)) {
    const { uid: owner, mode } = await lstat(join(cache, name));
    assert.deepEqual([owner, mode & 0o777], [0, 0o700]);
  }
  const secret = await source('secret', 'secret');
  await chmod(secret, 0o600);
  await own.fetch({ value: 'secret', cache: true });
  await assert.rejects(nobody.fetch({ value: 'secret', cache: true }), failed);
  assert.match(await nobody.read('stderr'), /secret: Permission denied: the task's user may not read the file/);
});
