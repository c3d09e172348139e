/** Reads keys and certificates from the files that the settings name, and checks them one by one. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { systemProblem } from '@meseta/system/system-problem';
import { TlsError } from './error.ts';
import { type TlsSettings, tlsVersions } from './settings.ts';

/** What a secure context is made of, and what is worth a log line about it. */
export interface TlsMaterial {
  readonly context: SecureContextOptions;
  readonly warnings: readonly string[];
  /** The subject of the own certificate and until when it is valid; undefined without one. */
  readonly own: { readonly subject: string; readonly validTo: string } | undefined;
}

const prefix = 'LIBPROCESS_SSL_';
const pem = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;
/** Of the files in a directory of authorities: OpenSSL looks only for those of the first form. */
const hashed = /^[0-9a-f]{8}\.\d+$/;
const named = /\.(?:pem|crt|cer)$/;
const fileBytes = 16 * 1024 * 1024;
/** OpenSSL's list of ciphers is about TLS up to 1.2 only; Node.js has the others in it, too. */
const newestSuites = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';

const crypto = () => process.getBuiltinModule('node:crypto');
const tls = () => process.getBuiltinModule('node:tls');

/**
 * Reads everything anew.
 *
 * @param now milliseconds since 1970.
 * @throws {TlsError} when a file cannot be read, or has something else in it, or two do not belong together.
 */
export function readMaterial(settings: TlsSettings, now: number): TlsMaterial {
  const warnings: string[] = [];
  const found = ownOf(settings, warnings, now);
  const ca = authoritiesOf(settings);
  const context: SecureContextOptions = {
    ...found?.context,
    ...(ca !== undefined && { ca }),
    ...protocolOf(settings),
    honorCipherOrder: true,
    ecdhCurve: settings.curves,
  };
  check('ECDH_CURVES', settings.curves, { ecdhCurve: settings.curves });
  if (settings.ciphers !== undefined) check('CIPHERS', settings.ciphers, { ciphers: settings.ciphers });
  try {
    tls().createSecureContext(context);
  } catch (cause) {
    const files = `${settings.certFile} (${prefix}CERT_FILE) and ${settings.keyFile} (${prefix}KEY_FILE)`;
    throw new TlsError(`OpenSSL does not take what is in ${files}: ${(cause as Error).message}`, { cause });
  }
  return { context, warnings, own: found?.own };
}

function ownOf({ keyFile, certFile }: TlsSettings, warnings: string[], now: number) {
  if (keyFile === undefined && certFile === undefined) return undefined;
  if (keyFile === undefined || certFile === undefined) {
    const missing = keyFile === undefined ? 'KEY_FILE' : 'CERT_FILE';
    throw new TlsError(`${prefix}KEY_FILE and ${prefix}CERT_FILE belong together, and ${prefix}${missing} is not set`);
  }
  const [key, cert] = [read('KEY_FILE', keyFile), read('CERT_FILE', certFile)];
  if ((statSync(keyFile).mode & 0o007) !== 0) {
    warnings.push(`Every user may read the key ${keyFile} (${prefix}KEY_FILE): chmod o= ${keyFile}`);
  }
  const certificate = certificateIn('CERT_FILE', certFile, cert);
  if (!certificate.checkPrivateKey(keyIn(keyFile, key))) {
    throw new TlsError(
      `The key ${keyFile} (${prefix}KEY_FILE) does not belong to the certificate ${certFile} (${prefix}CERT_FILE)`,
    );
  }
  const { subject, validFrom, validTo } = certificate;
  if (Date.parse(validTo) < now) {
    warnings.push(`The certificate ${certFile} (${prefix}CERT_FILE) has expired on ${validTo}: peers will refuse it`);
  } else if (Date.parse(validFrom) > now) {
    warnings.push(`The certificate ${certFile} (${prefix}CERT_FILE) is valid from ${validFrom}: peers will refuse it`);
  }
  return { context: { key, cert }, own: { subject: (subject ?? '').replaceAll('\n', ', '), validTo } };
}

function keyIn(file: string, key: string) {
  try {
    return crypto().createPrivateKey(key);
  } catch (cause) {
    const isLocked = (cause as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE' || key.includes('ENCRYPTED');
    const why = isLocked
      ? `has a passphrase, for which a daemon cannot ask; write it without one: openssl pkey -in ${file} -out NEW_FILE`
      : 'is no private key in PEM';
    throw new TlsError(`The file ${file} (${prefix}KEY_FILE) ${why}`, { cause });
  }
}

function certificateIn(variable: string, file: string, text: string) {
  const [first] = text.match(pem) ?? [];
  try {
    if (first !== undefined) return new (crypto().X509Certificate)(first);
  } catch (cause) {
    throw new TlsError(`The certificate in ${file} (${prefix}${variable}) is damaged`, { cause });
  }
  throw new TlsError(`The file ${file} (${prefix}${variable}) has no certificate in PEM`);
}

/** Returns the trusted certificates, each once. */
function authoritiesOf({ caFile, caDirectory }: TlsSettings): string[] | undefined {
  if (caFile === undefined && caDirectory === undefined) {
    const { getCACertificates } = tls();
    const system = getCACertificates('system');
    return system.length === 0 ? undefined : [...system, ...getCACertificates('extra')];
  }
  const ofFile = caFile === undefined ? [] : certificatesIn('CA_FILE', caFile);
  return [...new Set([...ofFile, ...(caDirectory === undefined ? [] : certificatesOf(caDirectory))])];
}

function certificatesOf(directory: string): string[] {
  const all = namesIn(directory);
  const files = [hashed, named].map(form => all.filter(name => form.test(name))).find(({ length }) => length > 0) ?? [];
  // A key or a request may be beside them.
  const certificates = files
    .map(name => join(directory, name))
    .filter(file => read('CA_DIR', file).search(pem) >= 0)
    .flatMap(file => certificatesIn('CA_DIR', file));
  if (certificates.length > 0) return certificates;
  throw new TlsError(
    `The directory ${directory} (${prefix}CA_DIR) has no certificates: their files end in .pem or .crt, or are named by openssl rehash`,
  );
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    const why = systemProblem(error as NodeJS.ErrnoException);
    throw new TlsError(`The directory ${directory} (${prefix}CA_DIR) cannot be read: ${why}`, { cause: error });
  }
}

function certificatesIn(variable: string, file: string): string[] {
  const text = read(variable, file);
  certificateIn(variable, file, text);
  const all = text.match(pem) ?? [];
  for (const each of all) certificateIn(variable, file, each);
  return all;
}

function read(variable: string, file: string): string {
  try {
    const { size } = statSync(file);
    if (size > fileBytes) throw new TlsError(`The file ${file} (${prefix}${variable}) has more than 16 MB`);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof TlsError) throw cause;
    throw new TlsError(
      `The file ${file} (${prefix}${variable}) cannot be read: ${systemProblem(cause as NodeJS.ErrnoException)}`,
      { cause },
    );
  }
}

function protocolOf({ versions, ciphers }: TlsSettings): SecureContextOptions {
  const { constants } = crypto();
  const off = {
    TLSv1: constants.SSL_OP_NO_TLSv1,
    'TLSv1.1': constants.SSL_OP_NO_TLSv1_1,
    'TLSv1.2': constants.SSL_OP_NO_TLSv1_2,
    'TLSv1.3': constants.SSL_OP_NO_TLSv1_3,
  };
  const on = tlsVersions.filter(version => versions.has(version));
  const refused = tlsVersions.filter(version => !versions.has(version));
  const isOld = versions.has('TLSv1') || versions.has('TLSv1.1');
  const list = [
    ...(ciphers === undefined
      ? isOld
        ? [tls().DEFAULT_CIPHERS]
        : []
      : [/TLS_/.test(ciphers) ? '' : newestSuites, ciphers]),
    ...(isOld ? ['@SECLEVEL=0'] : []), // their signatures are below the least level
  ].filter(part => part !== '');
  return {
    minVersion: on[0] ?? 'TLSv1.2',
    maxVersion: on.at(-1) ?? 'TLSv1.3',
    secureOptions: refused.reduce((sum, version) => sum | off[version], constants.SSL_OP_NO_RENEGOTIATION),
    ...(list.length > 0 && { ciphers: list.join(':') }),
  };
}

function check(variable: string, value: string, options: SecureContextOptions): void {
  try {
    tls().createSecureContext(options);
  } catch (cause) {
    throw new TlsError(
      `${prefix}${variable}='${value.slice(0, 200)}': OpenSSL ${process.versions.openssl} knows none or not all of these`,
      { cause },
    );
  }
}
