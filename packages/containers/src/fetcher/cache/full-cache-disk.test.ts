/** The fetcher's cache, where its disk or that of the sandbox is too small. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { needs } from '@meseta/system/testing';
import { cacheBench } from '../testing/bench.ts';
import { countingServer } from '../testing/counting-server.ts';

const run = promisify(execFile);
const failed = { code: 'FETCH', message: /exited with status 1/ };
const kilobyte = 'x'.repeat(1024);

test('a full disk of the cache: files are fetched past it', needs.mounting('a file system is soon full'), async t => {
  let mounted = '';
  const { container, cached, warnings, fetcher } = await cacheBench(t, {
    totalBytes: 2 ** 30,
    prepare: async cache => {
      await run('mount', ['-t', 'tmpfs', '-o', 'size=128k,mode=0700', 'tmpfs', cache]);
      mounted = cache;
    },
  });
  try {
    const { url } = await countingServer(t, response => response.end(kilobyte.repeat(300)));
    const { fetch, read } = await container('a');
    await fetch({ value: `${url}/file`, cache: true });
    assert.equal(await read('file'), kilobyte.repeat(300));
    assert.match(
      await read('stderr'),
      /past the agent's cache \(the agent's cache cannot be written: its disk is full/,
    );
    assert.match(warnings.join(), /cache cannot be written: its disk is full \(ENOSPC\); containers fetch/);
    assert.deepEqual(await cached(), []);
    assert.equal(fetcher.cacheUsedBytes, 0);
  } finally {
    await run('umount', ['--lazy', mounted]); // before it is removed
  }
});

test('a full disk of the sandbox: that is said, and the cache keeps the file', needs.mounting('the same'), async t => {
  const { container, cached } = await cacheBench(t);
  const { url, count } = await countingServer(t, (response, _, { url: path }) =>
    response.end(path === '/a.gz' ? gzipSync(kilobyte.repeat(300)) : kilobyte.repeat(300)),
  );
  const { fetch, list, read, sandbox } = await container('a');
  await run('mount', ['-t', 'tmpfs', '-o', 'size=128k,mode=0755', 'tmpfs', sandbox]);
  try {
    await writeFile(join(sandbox, 'stderr'), '');
    for (const name of ['file', 'a.gz']) {
      await assert.rejects(fetch({ value: `${url}/${name}`, cache: true }), failed);
      assert.match(await read('stderr'), new RegExp(`${name}: The disk with the agent's work directory is full`));
      assert.deepEqual(await list(), []);
    }
  } finally {
    await run('umount', ['--lazy', sandbox]); // before it is removed
  }
  assert.deepEqual((await cached()).sort(), ['c1-file', 'c2-a.gz']);
  assert.equal(count(), 2);
});
