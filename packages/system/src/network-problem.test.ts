import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkProblem } from './network-problem.ts';

const failure = (code: string, more: object = {}) => Object.assign(new Error('words of a library'), { code, ...more });

const cases: [error: unknown, problem: string | undefined][] = [
  [
    failure('ECONNREFUSED', { address: '::1', port: 80 }),
    'connection refused by [::1]:80 (ECONNREFUSED): check that the server runs, and its port',
  ],
  [
    new AggregateError([failure('ECONNRESET')]),
    'peer:1 broke the connection off (ECONNRESET): look into its log, or try again',
  ],
  [
    new TypeError('fetch failed', { cause: failure('ENOTFOUND', { hostname: 'nowhere' }) }),
    'the host name of nowhere is unknown (ENOTFOUND): check its spelling, and the name servers',
  ],
  [
    failure('SELF_SIGNED_CERT_IN_CHAIN'),
    'the certificate of peer:1 is not trusted (SELF_SIGNED_CERT_IN_CHAIN): install its authority on this machine, or ' +
      'name its file: for daemons of a cluster in LIBPROCESS_SSL_CA_FILE, for others in NODE_EXTRA_CA_CERTS',
  ],
  [
    failure('HPE_INVALID_CONSTANT'),
    'peer:1 does not answer in HTTP (HPE_INVALID_CONSTANT): check the port and the scheme',
  ],
  [
    failure('ERR_SSL_WRONG_VERSION_NUMBER'),
    'peer:1 does not speak TLS (ERR_SSL_WRONG_VERSION_NUMBER): check the port, and whether TLS is on there',
  ],
  [failure('ENOENT'), undefined],
  [new Error('another'), undefined],
  ['text', undefined],
];
for (const [error, problem] of cases) {
  test(`says ${problem}`, () => assert.equal(networkProblem(error, 'peer:1'), problem));
}
