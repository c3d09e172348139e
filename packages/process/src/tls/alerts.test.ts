/** What users read when a server ends the handshake with an alert. The server is that of `openssl`. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, type TestContext, test } from 'node:test';
import { HttpClient } from '../http/client.ts';
import { Authority, tlsVariables } from '../testing.ts';
import { clientTls } from './tls.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'alerts-'));
after(() => rmSync(directory, { recursive: true }));
const authority = new Authority(directory);
const foreign = new Authority(directory, 'foreign').issue('mine');
const own = authority.issue('server');
const trusted = { LIBPROCESS_SSL_CA_FILE: authority.caFile };
const stranger = tlsVariables(foreign, authority.caFile);

async function serve(t: TestContext, ...args: string[]): Promise<number> {
  const server = spawn('openssl', [
    ...['s_server', '-accept', '127.0.0.1:0', '-cert', own.certFile, '-key', own.keyFile, '-CAfile', authority.caFile],
    ...['-www', ...args],
  ]);
  t.after(async () => {
    const ended = once(server, 'exit');
    server.kill();
    await ended;
  });
  server.stderr.resume();
  for await (const line of createInterface({ input: server.stdout })) {
    const port = /^ACCEPT .*:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error('openssl ended');
}

const asks = ['-Verify', '1', '-verify_return_error'];
const cases: [name: string, server: string[], client: Readonly<Record<string, string>>, words: RegExp][] = [
  [
    'no certificate',
    ['-tls1_3', ...asks],
    trusted,
    /it asks for a certificate that it trusts: .*LIBPROCESS_SSL_CERT_FILE/,
  ],
  [
    'no certificate, TLS 1.2',
    ['-tls1_2', ...asks],
    trusted,
    /or it asks for a certificate: .*LIBPROCESS_SSL_CERT_FILE/,
  ],
  ['a certificate of another authority', ['-tls1_3', ...asks], stranger, /does not know the authority/],
  ['a certificate of another authority, TLS 1.2', ['-tls1_2', ...asks], stranger, /does not know the authority/],
  [
    'no version in common',
    ['-tls1_2'],
    { ...trusted, LIBPROCESS_SSL_ENABLE_TLS_V1_2: 'false' },
    /no version or cipher of TLS in common/,
  ],
];
for (const [name, server, variables, words] of cases) {
  test(`a client of HTTP is refused: ${name}`, async t => {
    const port = await serve(t, ...server);
    const http = new HttpClient(`https://127.0.0.1:${port}`, { tls: clientTls(variables) });
    t.after(() => http.close());
    await assert.rejects(http.request('GET', '/'), words);
  });
}
