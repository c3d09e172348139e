/** A sandbox on a disk that is too small for what is fetched. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { needs } from '@meseta/system/testing';
import { tarOf, zipOf } from './testing/archives.ts';
import { bench } from './testing/bench.ts';
import { startFtpServer } from './testing/ftp-server.ts';

const run = promisify(execFile);
const mounting = needs.mounting('a file system is soon full');
const diskBytes = 1.5 * 2 ** 20;
const contents = 'x'.repeat(2 * 2 ** 20);
/** Fits, but not beside an archive that holds it uncompressed. */
const member = { name: 'member', contents: 'x'.repeat(2 ** 20) };

async function serve(t: TestContext): Promise<string> {
  const server = createServer((_, response) => response.end(contents)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
}

type Source = (t: TestContext, put: (name: string, contents: string | Buffer) => Promise<string>) => Promise<string>;

const sources: [name: string, source: Source][] = [
  ['a local file', (_, put) => put('file', contents)],
  ['a page', t => serve(t)],
  [
    'a file of an FTP server',
    async t => {
      const { port, close } = await startFtpServer(contents);
      t.after(close);
      return `ftp://127.0.0.1:${port}/file`;
    },
  ],
  ['what is in a tar archive', (_, put) => put('a.tar', tarOf([member]))],
  ['what is in a zip archive', (_, put) => put('a.zip', zipOf([member]))],
  ['what is in a gz file', (_, put) => put('a.gz', gzipSync(contents))],
];
for (const [name, source] of sources) {
  test(`${name} does not fit: that is said, nothing is left, and what fits is fetched`, mounting, async t => {
    const { fetch, list, read, sandbox, source: put } = await bench(t);
    await run('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes},mode=0755`, 'tmpfs', sandbox]);
    try {
      await writeFile(join(sandbox, 'stderr'), '');
      const uri = await source(t, put);
      await assert.rejects(fetch({ value: uri }), ({ cause }: Error) => {
        assert.match(String(cause), /: The disk with the agent's work directory is full \(ENOSPC\): make room/);
        assert.ok(String(cause).includes(uri));
        assert.ok(hasCode(cause, 'ENOSPC'), 'the agent sees it, too');
        return true;
      });
      assert.match(await read('stderr'), /^Failed to fetch .*: The disk .* is full .*\n$/);
      assert.deepEqual(await list(), []);
      await fetch({ value: await put('small', 'x') });
      assert.equal(await read('small'), 'x');
    } finally {
      await run('umount', ['--lazy', sandbox]); // before it is removed
    }
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && ((error as NodeJS.ErrnoException).code === code || hasCode(error.cause, code));
}
