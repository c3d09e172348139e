import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAccess, type Realm } from '@meseta/daemon';
import { failure, type Request } from '@meseta/process';
import { FakeClock } from '@meseta/system/testing';
import { silentLogger } from '@meseta/telemetry/testing';
import { quietly, withSessions } from './access.ts';
import { Sessions } from './sessions.ts';

const sessions = await Sessions.open({
  file: undefined,
  lifetimeMs: 60_000,
  credentialOf: () => 'c',
  clock: new FakeClock(),
  log: silentLogger(),
});
const token = sessions.begin({ value: 'ops' });
const cookie = `meseta_session=${token}`;
const challenge = 'Basic realm="r",Bearer realm="r"';
const refusing = {
  ...openAccess,
  authenticate: () => ({ refusal: failure('AUTHENTICATION_REQUIRED', 'no', { 'WWW-Authenticate': challenge }) }),
};
const readonly: Realm = 'mesos-master-readonly';
const access = withSessions(refusing, sessions, { realms: new Set([readonly]), isQuiet: true });
const host = '10.0.0.1:5050';
const own = `http://${host}`;

interface Case {
  readonly name: string;
  readonly headers: Request['headers'];
  readonly url?: string;
  readonly realm?: Realm;
  readonly counts: boolean;
}

const cases: readonly Case[] = [
  { name: 'a page of ours', headers: { cookie, origin: own }, counts: true },
  { name: 'a script of ours that names no page', headers: { cookie, 'sec-fetch-site': 'same-origin' }, counts: true },
  { name: 'a typed address', headers: { cookie, 'sec-fetch-site': 'none' }, counts: true },
  {
    name: 'a page of ours behind a proxy that names another host',
    headers: { cookie, origin: 'https://meseta.example', 'sec-fetch-site': 'same-origin' },
    counts: true,
  },
  { name: 'a program with the cookie', headers: { cookie }, counts: true },
  { name: 'an origin that is allowed by name', headers: { cookie, origin: 'https://dash.example' }, counts: false },
  {
    name: 'another port of the host',
    headers: { cookie, origin: 'http://10.0.0.1:31000', 'sec-fetch-site': 'same-site' },
    counts: false,
  },
  { name: 'an image on another page', headers: { cookie, 'sec-fetch-site': 'cross-site' }, counts: false },
  { name: 'a page that hides its origin', headers: { cookie, origin: 'null' }, counts: false },
  { name: 'a link elsewhere, told by Referer', headers: { cookie, referer: 'http://wiki.example/' }, counts: false },
  { name: 'jsonp', url: '/state?jsonp=f', headers: { cookie, origin: own }, counts: false },
  { name: 'a framework', realm: 'mesos-master-scheduler', headers: { cookie, origin: own }, counts: false },
  {
    name: 'credentials of its own, which count first',
    headers: { cookie, origin: own, authorization: 'Basic eDp5' },
    counts: false,
  },
  { name: 'two cookies', headers: { cookie: `${cookie}; ${cookie}`, origin: own }, counts: false },
  { name: 'a wrong cookie', headers: { cookie: `${cookie}x`, origin: own }, counts: false },
  { name: 'no cookie', headers: { origin: own }, counts: false },
];
for (const { name, headers, url = '/state', realm = readonly, counts } of cases) {
  test(`${name}: ${counts ? 'counts' : 'does not count'}`, async () => {
    const { principal, refusal } = await access.authenticate({ url, headers: { host, ...headers } } as Request, realm);
    assert.equal(principal?.value, counts ? 'ops' : undefined);
    assert.equal(refusal?.status, counts ? undefined : 401);
  });
}

const windows: [name: string, headers: Request['headers'], challenge: string][] = [
  [
    'a script gets no window of the browser',
    { 'user-agent': 'Mozilla/5.0', accept: '*/*' },
    'Session realm="r",Bearer realm="r"',
  ],
  ['who opens an address by hand does', { 'user-agent': 'Mozilla/5.0', accept: 'text/html,*/*' }, challenge],
  ['a program is told the scheme', { 'user-agent': 'curl/8.0', accept: '*/*' }, challenge],
];
for (const [name, headers, expected] of windows) {
  test(name, async () => {
    const { refusal } = await access.authenticate({ url: '/state', headers } as Request, readonly);
    assert.equal(refusal?.headers?.['WWW-Authenticate'], expected);
  });
}

test('schemes without parameters open no window either', () => {
  const headers = { 'WWW-Authenticate': 'Negotiate, NTLM, Bearer realm="r"' };
  const refusal = failure('AUTHENTICATION_REQUIRED', 'no', headers);
  const quiet = quietly({ refusal }, { headers: { 'user-agent': 'Mozilla/5.0', accept: '*/*' } });
  assert.equal(quiet.refusal?.headers?.['WWW-Authenticate'], 'Session, Session, Bearer realm="r"');
});

test('another web UI in the place of ours has the window of the browser', async () => {
  const loud = withSessions(refusing, sessions, { realms: new Set([readonly]), isQuiet: false });
  const headers = { 'user-agent': 'Mozilla/5.0', accept: '*/*' };
  const { refusal } = await loud.authenticate({ url: '/state', headers } as Request, readonly);
  assert.equal(refusal?.headers?.['WWW-Authenticate'], challenge);
});
