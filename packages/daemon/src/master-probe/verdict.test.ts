import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Finding, judgeMaster, type PeerKind } from './verdict.ts';

const coded = (code: string, name = 'Error') => Object.assign(new Error(code), { code, name });
const wrapped = (cause: Error) => new Error('wrapped', { cause });

const cases: [name: string, finding: Omit<Finding, 'waitedMs'>, kind: PeerKind, words: RegExp][] = [
  ['a master', { health: { status: 200, text: '' } }, 'leader', /^there is a master at h:1$/],
  ['a leader', { health: { status: 200, text: '' }, elected: 1 }, 'leader', /^there is a master/],
  ['a standby', { health: { status: 200, text: '' }, elected: 0 }, 'standby', /does not lead: give the address of/],
  [
    'an agent',
    { health: { status: 404, text: '' }, isAgent: true },
    'agent',
    /^there is an agent, not a master, at h:1:/,
  ],
  ['a web server', { health: { status: 404, text: '' }, isAgent: false }, 'stranger', /is not a master \(.*: 404\)/],
  [
    'TLS',
    { health: { error: coded('UND_ERR_SOCKET') }, speaksTls: true },
    'tls',
    /^h:1 speaks TLS: give its address as https:\/\/h:1$/,
  ],
  ['TLS with an answer', { health: { status: 400, text: 'HTTPS please' }, speaksTls: true }, 'tls', /speaks TLS/],
  [
    'no TLS',
    { health: { error: coded('ERR_SSL_WRONG_VERSION_NUMBER') }, speaksPlainly: true },
    'plain',
    /as http:\/\/h:1$/,
  ],
  [
    'another user',
    { health: { status: 403, text: 'This is private.\nMore' } },
    'refuses',
    /^h:1 refuses us \(403: This is private\)$/,
  ],
  ['a page', { health: { status: 401, text: '<html>Log in</html>' } }, 'refuses', /^h:1 refuses us \(401\)$/],
  ['control characters', { health: { status: 403, text: '\u001b[31mred' } }, 'refuses', /\(403: \[31mred\)$/],
  [
    'silence',
    { health: { error: coded('23', 'TimeoutError') } },
    'silent',
    /^nothing answers at h:1 within 5 s: check/,
  ],
  ['silence, wrapped', { health: { error: wrapped(coded('UND_ERR_HEADERS_TIMEOUT')) } }, 'silent', /^nothing answers/],
  [
    'a closed port',
    { health: { error: wrapped(coded('ECONNREFUSED')) } },
    'unreachable',
    /refused by h:1 \(ECONNREFUSED\): check/,
  ],
  ['an unknown name', { health: { error: coded('ENOTFOUND') } }, 'unreachable', /host name of h:1 is unknown/],
  [
    'no HTTP',
    { health: { error: coded('HPE_INVALID_CONSTANT') }, speaksTls: false },
    'unreachable',
    /does not answer in HTTP/,
  ],
  ['anything else', { health: { error: new Error('odd') } }, 'unreachable', /^h:1 cannot be asked: odd$/],
];
for (const [name, finding, kind, words] of cases) {
  test(`tells ${name}`, () => {
    const verdict = judgeMaster({ ...finding, waitedMs: 5000 }, 'h:1');
    assert.equal(verdict.kind, kind);
    assert.match(verdict.words, words);
  });
}
