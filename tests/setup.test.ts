/** The first start of a checkout: what it says where it cannot install what it needs, and how the next one goes on. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer as createPlainServer, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { FirstStart } from './support/first-start.ts';
import { SmallDisk } from './support/small-disk.ts';

function scratch(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'setup-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

function smallDisk(t: TestContext, megabytes: number): SmallDisk {
  return new SmallDisk(t, path.join(tmpdir(), `setup-disk-${process.pid}`), megabytes);
}

async function prepare(t: TestContext): Promise<FirstStart> {
  const directory = scratch(t);
  return await FirstStart.prepare(t, directory, directory);
}

/** Listens until the test is over; gives the port. */
async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const whole = { code: 0, stdout: 'whole\n', stderr: '' };
const progress = (node: string, dependencies: string) =>
  new RegExp(`^meseta: fetching Node\\.js \\S+ … ${node}\nmeseta: installing dependencies … ${dependencies}\n$`);

test('a first start installs what is missing, and the next one nothing', async t => {
  const first = await prepare(t);
  const { stderr, ...outcome } = await first.start();
  assert.match(stderr, progress('done', 'done'));
  assert.deepEqual({ ...outcome, stderr: '' }, whole);
  assert.deepEqual(await first.start({ npm_config_registry: 'http://127.0.0.1:1' }), whole);
  assert.deepEqual(readdirSync(path.join(first.checkout, '.meseta')), ['node']);
});

test('of two first starts at once, one installs and the other waits for it', async t => {
  const first = await prepare(t);
  const outcomes = await Promise.all([first.start(), first.start()]);
  for (const { code, stdout } of outcomes) assert.deepEqual({ code, stdout, stderr: '' }, whole);
  assert.equal(first.registry.downloads.length, 2);
});

for (const { what, megabytes } of [
  { what: 'fetch Node.js', megabytes: 2 },
  { what: 'install dependencies', megabytes: 5 },
]) {
  test(`a disk that fills while it is to ${what} is named, and room is enough to go on`, SmallDisk.need, async t => {
    const outside = scratch(t);
    const disk = smallDisk(t, megabytes);
    const first = await FirstStart.prepare(t, disk.path, outside);
    const { code, stderr } = await first.start();
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`failed\nmeseta: cannot ${what}: the disk is full; make room .*\n$`));
    disk.resize(64);
    assert.equal((await first.start()).stdout, 'whole\n');
  });
}

test('a disk that is full before the first start is named', SmallDisk.need, async t => {
  const outside = scratch(t);
  const disk = smallDisk(t, 2);
  const first = await FirstStart.prepare(t, disk.path, outside);
  disk.fill();
  const { code, stderr } = await first.start();
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^(meseta: fetching .* … failed\n)?meseta: cannot [^\n]*: the disk is full; make room [^\n]*\n$/,
  );
  disk.resize(64);
  assert.equal((await first.start()).stdout, 'whole\n');
});

for (const { signal, code, said } of [
  { signal: 'SIGKILL', code: 137, said: '' },
  { signal: 'SIGINT', code: 130, said: 'interrupted\n' },
] as const) {
  test(`after ${signal} while Node.js is unpacked the next start begins anew`, async t => {
    const first = await prepare(t);
    first.registry.stalls = true;
    const { child, outcome } = first.begin();
    await eventually('a part of Node.js', () => filesOf(first.checkout).some(isPartOfNode));
    process.kill(-(child.pid ?? assert.fail()), signal);
    const ended = await outcome;
    assert.equal(ended.code, code);
    assert.match(ended.stderr, new RegExp(`^meseta: fetching Node\\.js \\S+ … ${said}$`));
    first.registry.stalls = false;
    assert.equal((await first.start()).stdout, 'whole\n');
    assert.deepEqual(readdirSync(path.join(first.checkout, '.meseta')), ['node']);
  });
}

function filesOf(checkout: string): string[] {
  const directory = path.join(checkout, '.meseta');
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' }).map(file => path.join(directory, file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

const isPartOfNode = (file: string) =>
  file.endsWith('/bin/node') && (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;

test('a checkout that is mounted read-only', SmallDisk.need, async t => {
  const outside = scratch(t);
  const disk = smallDisk(t, 2);
  const first = await FirstStart.prepare(t, disk.path, outside);
  disk.makeReadOnly();
  const { code, stderr } = await first.start();
  assert.equal(code, 1);
  assert.match(stderr, /^meseta: has to install .*, which is mounted read-only; mount it writable .*\n$/);
});

test("npm's cache cannot be written to", async t => {
  const first = await prepare(t);
  const places = [
    { cache: '/dev/null/cache', environment: { npm_config_cache: '/dev/null/cache' } },
    { cache: '/dev/null/.npm', environment: { npm_config_cache: undefined, HOME: '/dev/null' } },
  ];
  for (const { cache, environment } of places) {
    const { code, stderr } = await first.start(environment);
    assert.equal(code, 1);
    assert.ok(
      stderr.includes(`may not write to npm's cache, ${cache}; name another directory, as in 'npm_config_cache=`),
    );
  }
});

const answer =
  (status: number, body = '{}'): RequestListener =>
  (_, response) =>
    response.writeHead(status).end(body);
const plainFaults: { answers: RequestListener; tls?: true; says: RegExp }[] = [
  { answers: answer(400), says: /does not understand npm/ },
  { answers: answer(401), says: /refuses access; log in with 'npm login'/ },
  { answers: answer(403), says: /refuses access; log in with 'npm login'/ },
  { answers: answer(404), says: /does not have a package/ },
  { answers: answer(503), says: /does not work at present/ },
  { answers: answer(200, '<html>Log in</html>'), says: /does not answer in JSON; perhaps .* a login page/ },
  { answers: answer(200), tls: true, says: /does not speak TLS; perhaps its URL begins with http:/ },
];

test('a registry that answers otherwise is named, with what to check', async t => {
  const first = await prepare(t);
  for (const { answers, tls, says } of plainFaults) {
    const url = `${tls ? 'https' : 'http'}://127.0.0.1:${await listen(t, createPlainServer(answers))}/`;
    const { code, stderr } = await first.start({ npm_config_registry: url });
    assert.equal(code, 1);
    const [, sentence = ''] = stderr.split('\n');
    assert.ok(sentence.startsWith(`meseta: cannot fetch Node.js: the npm registry ${url} `), stderr);
    assert.match(sentence, says);
    assert.match(sentence, /see 'npm config get registry'/);
  }
});

test('a registry whose URL is none', async t => {
  const first = await prepare(t);
  for (const url of ['nonsense', 'ftp://127.0.0.1/']) {
    const { code, stderr } = await first.start({ npm_config_registry: url });
    assert.equal(code, 1);
    assert.ok(stderr.includes(`the npm registry '${url}' is no http or https URL; correct it with`), stderr);
  }
});

test('without a registry', async t => {
  const first = await prepare(t);
  const { code, stderr } = await first.start({ npm_config_registry: 'http://127.0.0.1:1/' });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /\nmeseta: cannot .*: the npm registry http:\/\/127\.0\.0\.1:1\/ cannot be reached; connect this machine, or .*\n$/,
  );
});

test('with a registry whose certificate is not trusted', async t => {
  const directory = scratch(t);
  const first = await FirstStart.prepare(t, directory, directory);
  const [key, cert] = [path.join(directory, 'key.pem'), path.join(directory, 'cert.pem')];
  const request = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout';
  execFileSync('openssl', [...request.split(' '), key, '-out', cert], { stdio: 'ignore' });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, answer(200));
  const { code, stderr } = await first.start({ npm_config_registry: `https://127.0.0.1:${await listen(t, server)}` });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /\nmeseta: cannot .*: the certificate of the npm registry \S+ is not trusted; .*NODE_EXTRA_CA_CERTS.*\n$/,
  );
});
