/** The fetcher with real files, tools and a server. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type CommandInfoURI, checkId } from '@meseta/protocol';
import { lookupUser } from '@meseta/system';
import { needs } from '@meseta/system/testing';
import type { ContainerKey } from '../container-id.ts';
import { Fetcher } from './fetcher.ts';
import { tarOf } from './testing/archives.ts';
import { bench } from './testing/bench.ts';
import { startFtpServer } from './testing/ftp-server.ts';

const run = promisify(execFile);
const id: ContainerKey = checkId('c');

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const failed = { code: 'FETCH', message: "Failed to fetch all URIs for container 'c': exited with status 1" };

test('local files: paths, file URIs, relative paths', async t => {
  const { source, fetch, read, list, sandbox } = await bench(t);
  const a = await source('a', 'A');
  await fetch(
    { value: a },
    { value: `file://${a}`, output_file: 'b/c/d' },
    { value: 'a', output_file: 'e', executable: true },
  );
  assert.deepEqual(await list(), ['a', 'b', 'e']);
  assert.equal(await read('b', 'c', 'd'), 'A');
  assert.equal((await lstat(join(sandbox, 'e'))).mode & 0o777, 0o755);
  assert.match(await read('stderr'), /^Fetched .*\/a\nFetched file:.*\nFetched a\n$/);
});

test('a local file keeps its permissions', async t => {
  const { source, fetch, sandbox } = await bench(t);
  const path = await source('script', 'exit 0');
  await chmod(path, 0o750);
  await fetch({ value: path });
  assert.equal((await lstat(join(sandbox, 'script'))).mode & 0o777, 0o750);
});

test('of two with one name the later wins, also over what is there', async t => {
  const { source, fetch, read, sandbox } = await bench(t);
  await writeFile(join(sandbox, 'x'), 'old');
  const uris = await Promise.all(['1', '2', '3', '4', '5', '6'].map(name => source(name, name)));
  await fetch(...uris.map(value => ({ value, output_file: 'x' })));
  assert.equal(await read('x'), '6');
});

test('http: redirections, users, names', async t => {
  const { fetch, read, list } = await bench(t);
  const server = await serve(t, (request, response) => {
    if (request.url === '/moved/x') response.writeHead(302, { location: '/there' }).end();
    else response.end(`${request.url} ${request.headers.authorization ?? ''}`);
  });
  const withUser = `${server.replace('//', '//user:p%40ss@')}/private`;
  await fetch({ value: `${server}/moved/x` }, { value: withUser }, { value: `${server}/a?b=c` });
  assert.deepEqual(await list(), ['a?b=c', 'private', 'x']);
  assert.equal(await read('x'), '/there ');
  assert.equal(await read('private'), `/private Basic ${Buffer.from('user:p@ss').toString('base64')}`);
  assert.doesNotMatch(await read('stderr'), /ss@/);
});

const responses: [name: string, listener: RequestListener, said: RegExp][] = [
  ['404', (_, response) => response.writeHead(404).end('x'.repeat(100_000)), /status 404: it has no such file; check/],
  ['204', (_, response) => response.writeHead(204).end(), /status 204: a file comes with status 200/],
  ['401', (_, response) => response.writeHead(401).end(), /status 401: it wants a user/],
  ['503', (_, response) => response.writeHead(503).end(), /status 503: it failed; look into its log/],
  [
    'redirections without end',
    (_, response) => response.writeHead(302, { location: '/y' }).end(),
    /redirects more than 20 times, at last to \/y/,
  ],
  [
    'a redirection to a file',
    (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    /redirects to 'file:\/\/\/etc\/passwd', which is no address of http or https/,
  ],
  [
    'a redirection to nowhere',
    (_, response) => response.writeHead(302, { location: 'http://' }).end(),
    /redirects to 'http:\/\/', which is no address/,
  ],
  [
    'a redirection to a closed port',
    (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/x' }).end(),
    /Connection refused by 127\.0\.0\.1:1 /,
  ],
  ['a redirection without an address', (_, response) => response.writeHead(302).end(), /status 302: a file comes with/],
  [
    'truncated',
    (_, response) => void response.writeHead(200, { 'content-length': 10 }).write('x', () => response.destroy()),
    /x: 127\.0\.0\.1:\d+ broke the connection off: look into its log/,
  ],
  ['no answer', (_, response) => response.destroy(), /broke the connection off: look/],
  [
    'no HTTP',
    (request, response) => void request.socket.write('220 ready\r\n', () => response.destroy()),
    /in HTTP: check/,
  ],
  ['a stall before the answer', () => undefined, /stalled: 127\.0\.0\.1:\d+ sent nothing for 0.3 s; .*--fetcher_stall/],
  ['a stall in the middle', (_, response) => void response.writeHead(200).write('x'), /stalled/],
];
for (const [name, listener, said] of responses) {
  test(`http fails: ${name}`, async t => {
    const { fetch, list, read } = await bench(t, name.startsWith('a stall') ? { stallTimeoutMs: 300 } : {});
    const server = await serve(t, listener);
    await assert.rejects(fetch({ value: `${server}/x` }), failed);
    assert.deepEqual(await list(), []);
    const stderr = await read('stderr');
    assert.match(stderr, /^Failed to fetch http:.*\n$/);
    assert.match(stderr, said);
  });
}

const failures: [name: string, uri: CommandInfoURI, said: RegExp][] = [
  [
    'refused connection',
    { value: 'http://127.0.0.1:1/x' },
    /^Failed to fetch http:\/\/127\.0\.0\.1:1\/x: Connection refused by 127\.0\.0\.1:1 \(ECONNREFUSED\): check that/m,
  ],
  [
    'unknown host',
    { value: 'http://no-such-host.invalid/x' },
    /x: Cannot find the host 'no-such-host\.invalid': [^()]*$/m,
  ],
  ['malformed: no host', { value: 'http://:x/y' }, /: Malformed URI: it names no host/],
  [
    'malformed: port',
    { value: 'http://u:p@127.0.0.1:99999/y' },
    /: Malformed URI: '99999' is no port; .* up to 65535$/m,
  ],
  ['malformed: host', { value: 'http://[::1:80/y' }, /: Malformed URI: '\[::1:80' is no name/],
  ['malformed: password', { value: 'http://u:p%zz@127.0.0.1/y' }, /<redacted>@127.*: Malformed URI: a '%' in its user/],
  [
    'no such file',
    { value: '/no/such/file' },
    /^Failed to fetch \/no\/such\/file: No such file on the agent's machine$/m,
  ],
  [
    'no such relative file',
    { value: 'no/file' },
    /file: No such file on the agent's machine, below --frameworks_home=\//,
  ],
  ['a directory', { value: '/etc' }, /^Failed to fetch \/etc: It is a directory, and only files are fetched: pack/m],
  ['a device', { value: '/dev/zero' }, /zero: It is a device, and only files are fetched$/m],
  ['a file instead of a directory', { value: '/etc/hostname/x' }, /x: A part of its path is a file/],
  ['ftp: no connection', { value: 'ftp://127.0.0.1:1/x' }, /x: No connection to 127\.0\.0\.1:1: check/],
  [
    'ftp: unknown host',
    { value: 'ftp://u:p@no-such-host.invalid/x' },
    /x: Cannot find the host 'no-such-host\.invalid':/,
  ],
  ['ftp: malformed', { value: 'ftp://127.0.0.1:99999/x' }, /x: Malformed URI: '99999' is no port/],
  ['a directory is in the way', { value: '/etc/hostname', output_file: 'directory' }, /'directory' .*EISDIR/],
  ['a file is in the way', { value: '/etc/hostname', output_file: 'stdout/x' }, /'stdout' .*ENOTDIR/],
  [
    'a link out of the sandbox is in the way',
    { value: '/etc/hostname', output_file: 'out/x' },
    /'out' .*(ELOOP|ENOTDIR)/,
  ],
];
for (const [name, uri, said] of failures) {
  test(`fails: ${name}`, async t => {
    const { fetch, read, sandbox, sources } = await bench(t);
    await mkdir(join(sandbox, 'directory'));
    await symlink(sources, join(sandbox, 'out'));
    await assert.rejects(fetch(uri), failed);
    assert.match(await read('stderr'), said);
    assert.deepEqual(await readdir(sources), []);
  });
}

test('a link that is in the way is replaced, not followed', async t => {
  const { source, fetch, read, sandbox } = await bench(t);
  const precious = await source('precious', 'precious');
  await symlink(precious, join(sandbox, 'x'));
  await fetch({ value: await source('x', 'X') });
  assert.equal(await read('x'), 'X');
  assert.equal(await readFile(precious, 'utf8'), 'precious');
});

test('a URI that cannot be fetched fails all, before anything is fetched', async t => {
  const { fetch, list, read, source } = await bench(t);
  const refused = [{ value: "/it's" }, { value: 'http://user:secret@host/' }, { value: '/a\nb' }, { value: '' }];
  const message = "Could not fetch /it's: Illegal characters in URI";
  await assert.rejects(fetch({ value: await source('a', '') }, ...refused), { code: 'FETCH', message });
  assert.deepEqual(await list(), []);
  assert.deepEqual((await read('stderr')).split('\n'), [
    "Failed to fetch /it's: Illegal characters in URI",
    'Failed to fetch http://<redacted>@host/: The URI names no file: give the file a name with output_file',
    'Failed to fetch /a\\x0ab: Illegal characters in URI',
    "Failed to fetch '': The URI is empty",
    '',
  ]);
});

test('the status of a refused URI has it in short, the cause of any failure has it whole', async t => {
  const { fetch, read } = await bench(t);
  const user = { value: 'http://user:secret@127.0.0.1:1/x', output_file: 'x' };
  await assert.rejects(fetch(user), ({ cause }: Error) => {
    assert.match(String(cause), /http:\/\/<redacted>@127\.0\.0\.1:1\/x: Connection refused by 127\.0\.0\.1:1/);
    return true;
  });
  const long = `http://127.0.0.1/${'d/'.repeat(200)}it's`;
  await assert.rejects(fetch({ value: long }), ({ message }: Error) => {
    const [, said = ''] = /^Could not fetch (.*)$/.exec(message) ?? [];
    assert.match(said, /^http:\/\/127\.0\.0\.1\/d\/.*….*\/d\/it's: Illegal characters in URI/);
    assert.ok(said.length <= 200, said);
    return true;
  });
  assert.ok((await read('stderr')).includes(`Failed to fetch ${long}: Illegal`));
  assert.doesNotMatch(await read('stderr'), /secret/);
});

test('ftp', async t => {
  const { fetch, read } = await bench(t);
  const { port, close } = await startFtpServer('by ftp');
  t.after(close);
  await fetch({ value: `ftp://127.0.0.1:${port}/file` });
  assert.equal(await read('file'), 'by ftp');
  await assert.rejects(fetch({ value: `ftp://127.0.0.1:${port}/other` }), failed);
  assert.match(await read('stderr'), /other: The server has no such file; check the path\n/);
});

test("other schemes go to Hadoop's client, and it is said when that is missing", async t => {
  const { directory, fetch, read, sandbox } = await bench(t, { hadoopHome: '/no/hadoop' });
  await assert.rejects(fetch({ value: 'hdfs://host/x' }), failed);
  assert.match(await read('stderr'), /hdfs:\/\/ are fetched with Hadoop's client, .*: \/no\/hadoop\/bin\/hadoop/);
  await mkdir(join(directory, 'bin'));
  await writeFile(join(directory, 'bin', 'hadoop'), '#!/bin/sh\necho "$@" >"$4"\n', { mode: 0o755 });
  const fetcher = new Fetcher({ stallTimeoutMs: 60_000, hadoopHome: directory });
  t.after(() => fetcher.close());
  await fetcher.fetch(id, { uris: [{ value: 'hdfs://host/x' }], sandbox });
  assert.match(await read('x'), /^fs -copyToLocal hdfs:\/\/host\/x /);
  const fails =
    "#!/bin/sh\necho '24/01/01 WARN util: no native code\ncopyToLocal: `/x: No such file or directory' >&2; exit 1\n";
  await writeFile(join(directory, 'bin', 'hadoop'), fails);
  await assert.rejects(fetcher.fetch(id, { uris: [{ value: 'hdfs://host/x' }], sandbox }), failed);
  assert.match(await read('stderr'), /x: Hadoop's client failed: `\/x: No such file or directory\n$/);
});

test('what is not extracted for its name is said, where that was asked for', async t => {
  const { fetch, read, list } = await bench(t);
  const server = await serve(t, (_, response) => response.end('bytes'));
  await fetch(
    { value: `${server}/app.tgz?op=OPEN` },
    { value: `${server}/plain` },
    { value: `${server}/b`, extract: true },
    { value: `${server}/app.tar.zst`, extract: true },
  );
  assert.deepEqual(await list(), ['app.tar.zst', 'app.tgz?op=OPEN', 'b', 'plain']);
  const lines = (await read('stderr')).split('\n');
  const said =
    /, but did not extract it: as in Apache Mesos, what is extracted has a name that ends with \.tar, .*, not '(.*)'; give it such a name with output_file$/;
  assert.deepEqual(
    lines.map(line => said.exec(line)?.[1]),
    ['app.tgz?op=OPEN', undefined, 'b', 'app.tar.zst', undefined],
  );
});

test('a server that does not speak TLS', async t => {
  const { fetch, read } = await bench(t);
  const server = await serve(t, (_, response) => response.end());
  await assert.rejects(fetch({ value: `${server.replace('http', 'https')}/x` }), failed);
  assert.match(
    await read('stderr'),
    /127\.0\.0\.1:\d+ does not speak TLS .*: check the port, and whether TLS is on there/,
  );
});

test('one failure ends the others', async t => {
  const { fetch, read } = await bench(t);
  const server = await serve(t, () => undefined);
  await assert.rejects(fetch({ value: `${server}/never` }, { value: '/no/such/file' }), failed);
  assert.match(await read('stderr'), /^Failed to fetch \/no\/such\/file: .*\n$/);
});

test('a cancelled fetch ends with everything that it started', async t => {
  const { fetcher, fetch, list, sandbox } = await bench(t);
  const asked = Promise.withResolvers<void>();
  const server = await serve(t, () => asked.resolve());
  await run('mkfifo', [join(sandbox, 'fifo')]);
  const fetching = fetch({ value: `${server}/never` }, { value: join(sandbox, 'fifo'), output_file: 'x' });
  await asked.promise;
  fetcher.cancel(id);
  await assert.rejects(fetching, { code: 'DESTROYED' });
  assert.deepEqual(await list(), ['fifo']);
  fetcher.cancel(id);
});

test('closing fails what is under way', async t => {
  const { fetcher, fetch } = await bench(t);
  const asked = Promise.withResolvers<void>();
  const server = await serve(t, () => asked.resolve());
  const fetching = assert.rejects(fetch({ value: `${server}/never` }), { code: 'FETCH', message: /stopped/ });
  await asked.promise;
  await fetcher.close();
  await fetching;
});

test(
  'for another user: files are read as that user and belong to it',
  needs.root('files are fetched as another user'),
  async t => {
    const { fetch, list, read, sandbox, source, sources } = await bench(t, {}, 'nobody');
    const server = await serve(t, (_, response) => response.end('x'));
    const { uid, gid } = await lookupUser('nobody');
    const archive = await source('a.tar', tarOf([{ name: 'd/inner', contents: 'x' }]));
    await source('b.gz', gzipSync('x'));
    const below = { value: await source('plain', 'x'), output_file: 'sub/plain', executable: true };
    await fetch({ value: archive }, { value: 'b.gz' }, below, { value: `${server}/h` });
    for (const path of ['a.tar', 'd', 'd/inner', 'b', 'b.gz', 'sub', 'sub/plain', 'h']) {
      const { uid: owner, gid: group } = await lstat(join(sandbox, path));
      assert.deepEqual([owner, group], [uid, gid], path);
    }
    const secret = await source('secret', 'secret');
    await chmod(secret, 0o600);
    await assert.rejects(fetch({ value: secret }), failed);
    assert.match(await read('stderr'), /secret: Permission denied: the task's user may not read the file/);
    assert.ok(!(await list()).includes('secret'));
    assert.equal(await readFile(join(sources, 'secret'), 'utf8'), 'secret');
  },
);
