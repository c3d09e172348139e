/** `meseta run --uri`: files, pages and archives in the task's sandbox. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Meseta, meseta } from './support/meseta.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'fetcher-'));
const server = createServer((request, response) => {
  if (request.url === '/never') return;
  response.writeHead(request.url === '/page' ? 200 : 404).end('page\n');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true });
});

function file(name: string, contents: string): string {
  writeFileSync(path.join(directory, name), contents);
  return path.join(directory, name);
}

test('a file, a page and an archive', async () => {
  const plain = file('plain', 'plain\n');
  file('inner', 'inner\n');
  const archive = path.join(directory, 'archive.tgz');
  execFileSync('tar', ['czf', archive, '-C', directory, 'inner']);
  const uris = [plain, `${address}/page`, `file://${archive}`].flatMap(uri => ['--uri', uri]);
  const { code, stdout, stderr } = await meseta('run', ...uris, 'cat plain page inner');
  assert.equal(code, 0, stderr);
  assert.equal(stdout, 'plain\npage\ninner\n');
});

const failures: [name: string, uri: string, said: RegExp][] = [
  ['a page that there is not', `${address}/nothing`, /status 404/],
  ['a server that there is not', 'http://127.0.0.1:1/x', /ECONNREFUSED/],
  ['a file that there is not', '/no/such/file', /No such file/],
];
for (const [name, uri, said] of failures) {
  test(`${name} fails the task, and says why`, async () => {
    const { code, stdout, stderr } = await meseta('run', '--uri', uri, 'echo ran');
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /failed: Failed to launch container: Failed to fetch all URIs for container/);
    assert.match(stderr, said);
  });
}

test('an interrupt ends a task that waits for a page', async () => {
  const asked = once(server, 'request');
  const run = new Meseta(['run', '--uri', `${address}/never`, 'echo ran']);
  await asked;
  run.child.kill('SIGINT');
  const { stdout, stderr } = await run.finished;
  assert.equal(stdout, '');
  assert.match(stderr, /killed/);
});
