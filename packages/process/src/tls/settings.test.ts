/** What the environment says about TLS. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDaemonSettings, type Environment, isTlsEnabled, readTlsSettings } from './settings.ts';

const named = (values: Readonly<Record<string, string>>): Environment =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`LIBPROCESS_SSL_${name}`, value]));

const refused: [name: string, variables: Environment, message: RegExp][] = [
  ['a boolean', named({ ENABLED: 'yes' }), /^LIBPROCESS_SSL_ENABLED='yes': allowed: true, 1, false, 0$/],
  ['a boolean, TLS being off', named({ VERIFY_CERT: '' }), /^LIBPROCESS_SSL_VERIFY_CERT='': allowed: true/],
  ['a depth', named({ VERIFICATION_DEPTH: '-1' }), /VERIFICATION_DEPTH='-1': allowed: whole numbers from 0 to 100/],
  ['a scheme', named({ HOSTNAME_VALIDATION_SCHEME: 'x' }), /_SCHEME='x': allowed: legacy, openssl/],
  ['SSL 3', named({ ENABLE_SSL_V3: 'true' }), /SSL 3 is broken/],
  ['an empty file', named({ CA_FILE: '' }), /LIBPROCESS_SSL_CA_FILE='': it is empty/],
  ['no version', named({ ENABLED: '1', ENABLE_TLS_V1_2: '0', ENABLE_TLS_V1_3: '0' }), /No version of TLS is left/],
  ['several', named({ ENABLED: 'x', VERIFY_IPADD: 'y' }), /ENABLED='x'.*; LIBPROCESS_SSL_VERIFY_IPADD='y'/],
  [
    'a daemon without a key',
    named({ ENABLED: '1', CERT_FILE: 'c' }),
    /ENABLED is set and LIBPROCESS_SSL_KEY_FILE is not/,
  ],
  ['a daemon without a certificate', named({ ENABLED: '1', KEY_FILE: 'k' }), /LIBPROCESS_SSL_CERT_FILE is not/],
  [
    'a daemon that could connect to none',
    named({
      ...{ ENABLED: '1', KEY_FILE: 'k', CERT_FILE: 'c' },
      ...{ REQUIRE_CERT: '1', HOSTNAME_VALIDATION_SCHEME: 'openssl' },
    }),
    /SCHEME=openssl needs LIBPROCESS_SSL_VERIFY_IPADD=true/,
  ],
];
for (const [name, variables, message] of refused) {
  test(`refused: ${name}`, () => {
    const read = () => {
      const settings = readTlsSettings(variables, []);
      if (settings.enabled) checkDaemonSettings(settings, []);
    };
    assert.throws(read, { code: 'TLS_UNUSABLE', message });
  });
}

const files = { ENABLED: '1', KEY_FILE: 'k', CERT_FILE: 'c' };
const warned: [name: string, variables: Environment, warnings: RegExp[]][] = [
  [
    'old names',
    named({ ...files, VERIFY_CERT: '1', REQUIRE_CERT: '0' }),
    [/VERIFY_CERT is an old name/, /REQUIRE_CERT is an old/],
  ],
  ['nothing verified', named(files), [/not verified.*VERIFY_SERVER_CERT=true/]],
  ['a downgrade', named({ ...files, VERIFY_SERVER_CERT: '1', SUPPORT_DOWNGRADE: '1' }), [/can be bypassed/]],
  ['old versions', named({ ...files, VERIFY_SERVER_CERT: '1', ENABLE_TLS_V1_1: '1' }), [/weak: TLSv1\.1$/]],
  [
    'an unknown name',
    named({ ...files, VERIFY_SERVER_CERT: '1', VERFY: '1', constructor: '1' }),
    [/LIBPROCESS_SSL_VERFY is not known; known: /, /LIBPROCESS_SSL_constructor is not known; known: /],
  ],
  [
    'names of before Mesos 1.0',
    {
      ...named({ KEY_FILE: 'k', VERIFY_SERVER_CERT: '1' }),
      SSL_ENABLED: '1',
      SSL_CERT_FILE: 'c',
      SSL_KEY_FILE: 'other',
    },
    [
      /^SSL_ENABLED is an old name/,
      /KEY_FILE counts, and SSL_KEY_FILE with another value does not/,
      /SSL_CERT_FILE is an old name: use LIBPROCESS_SSL_CERT_FILE/,
    ],
  ],
];
for (const [name, variables, expected] of warned) {
  test(`warned of: ${name}`, () => {
    const warnings: string[] = [];
    checkDaemonSettings(readTlsSettings(variables, warnings), warnings);
    assert.equal(warnings.length, expected.length, `${warnings}`);
    for (const [index, each] of expected.entries()) assert.match(warnings[index] ?? '', each);
  });
}

test('off, with the defaults of Mesos', () => {
  const { variables, versions, ...settings } = readTlsSettings({}, []);
  assert.deepEqual(settings, {
    ...{ enabled: false, supportsDowngrade: false, keyFile: undefined, certFile: undefined },
    ...{ caFile: undefined, caDirectory: undefined, verifiesServers: undefined, requiresClientCertificates: false },
    ...{ verifiesIpAddresses: false, verificationDepth: 4, hostnameScheme: 'legacy' },
    ...{ ciphers: undefined, curves: 'auto' },
  });
  assert.deepEqual([...versions], ['TLSv1.2', 'TLSv1.3']);
  assert.deepEqual(variables, {});
});

test("OpenSSL's SSL_CERT_FILE is not taken for a certificate", () => {
  const settings = readTlsSettings(
    { ...named({ ENABLED: '1' }), SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt' },
    [],
  );
  assert.equal(settings.certFile, undefined);
});

test('names as in the documentation of Mesos, which executors get by the real ones', () => {
  const { verificationDepth, curves, variables } = readTlsSettings(
    named({ VERIFY_DEPTH: '2', ECDH_CURVE: 'P-256' }),
    [],
  );
  assert.deepEqual([verificationDepth, curves], [2, 'P-256']);
  assert.deepEqual(variables, { LIBPROCESS_SSL_VERIFICATION_DEPTH: '2', LIBPROCESS_SSL_ECDH_CURVES: 'P-256' });
});

test('a certificate that is required of clients is verified of servers, too', () => {
  assert.equal(readTlsSettings(named({ REQUIRE_CLIENT_CERT: '1', VERIFY_SERVER_CERT: '0' }), []).verifiesServers, true);
});

test('on by the old name', () => {
  assert.equal(isTlsEnabled({ SSL_ENABLED: 'true' }), true);
  assert.equal(isTlsEnabled({ SSL_ENABLED: 'true', LIBPROCESS_SSL_ENABLED: '0' }), false);
});
