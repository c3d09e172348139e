/** Real servers of each kind are told apart. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { Authority, clientTls, type Issued } from '@meseta/process/testing';
import { probeMaster } from './probe.ts';
import type { PeerKind } from './verdict.ts';

async function listen(t: TestContext, server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answers = (table: Record<string, [status: number, text: string]>): RequestListener => {
  return ({ url = '' }, response) => {
    const [status, text] = table[url] ?? [404, ''];
    response.writeHead(status).end(text);
  };
};

const peers: [kind: PeerKind, server: () => Server][] = [
  [
    'leader',
    () => createServer(answers({ '/master/health': [200, ''], '/metrics/snapshot': [200, '{"master/elected":1}'] })),
  ],
  [
    'standby',
    () => createServer(answers({ '/master/health': [200, ''], '/metrics/snapshot': [200, '{"master/elected":0}'] })),
  ],
  ['agent', () => createServer(answers({ '/slave(1)/health': [200, ''] }))],
  ['stranger', () => createServer(answers({}))],
  ['refuses', () => createServer(answers({ '/master/health': [403, 'Not you'] }))],
  ['tls', () => createTlsServer()],
  ['silent', () => createTcpServer()],
  ['unreachable', () => createTcpServer(socket => socket.end('SSH-2.0-x\r\n'))],
];
for (const [kind, make] of peers) {
  test(`finds out: ${kind}`, async t => {
    const origin = await listen(t, make());
    // Only the silent one is waited for in full.
    const verdict = await probeMaster(origin, { asksLeader: true, waitMs: kind === 'silent' ? 200 : 60_000 });
    assert.equal(verdict.kind, kind, verdict.words);
  });
}

const directory = mkdtempSync(path.join(tmpdir(), 'probe-'));
after(() => rmSync(directory, { recursive: true }));

const secure: [kind: PeerKind, server: (certificate: Issued) => Server, words: RegExp][] = [
  ['plain', () => createServer(answers({})), /does not speak TLS: give its address as http:/],
  ['untrusted', tlsServer, /is not trusted: no trusted authority has signed the certificate/],
];
for (const [kind, make, words] of secure) {
  test(`finds out by TLS: ${kind}`, async t => {
    const authority = new Authority(directory, kind);
    const origin = (await listen(t, make(authority.issue('server')))).replace('http:', 'https:');
    const verdict = await probeMaster(origin, { waitMs: 60_000, tls: clientTls({}) });
    assert.equal(verdict.kind, kind, verdict.words);
    assert.match(verdict.words, words);
  });
}

function tlsServer({ keyFile, certFile }: Issued): Server {
  return createTlsServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) });
}

test('finds out: nobody', async t => {
  const server = createTcpServer();
  const origin = await listen(t, server);
  server.close();
  await once(server, 'close');
  const { kind, words } = await probeMaster(origin, { waitMs: 60_000, peer: 'there' });
  assert.equal(kind, 'unreachable');
  assert.match(words, /^connection refused by 127\.0\.0\.1:\d+ \(ECONNREFUSED\): check/);
});
