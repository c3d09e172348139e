/** For tests: makes self-signed certificates. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate and its key, as PEM texts and as files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly certPath: string;
  readonly keyPath: string;
}

/**
 * Makes `cert.pem` and `key.pem`.
 *
 * @param directory for this certificate only.
 * @param names in openssl's form, `DNS:localhost`.
 * @param lifeMs in whole seconds.
 */
export function makeCertificate(directory: string, names = 'DNS:localhost', lifeMs = 24 * 3600_000): Certificate {
  const [certPath, keyPath, requestPath, configPath] = ['cert.pem', 'key.pem', 'request.pem', 'openssl.conf'].map(
    name => join(directory, name),
  ) as [string, string, string, string];
  const configuration = `
    [ca]
    default_ca = own
    [own]
    dir = ${directory}
    new_certs_dir = $dir
    database = $dir/index
    rand_serial = yes
    default_md = sha256
    policy = any
    x509_extensions = names
    [any]
    commonName = supplied
    [names]
    subjectAltName = ${names}
    [req]
    distinguished_name = any
  `;
  writeFileSync(configPath, configuration.replaceAll(/^ +/gm, ''));
  writeFileSync(join(directory, 'index'), '');
  openssl(
    ...['req', '-config', configPath, '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-subj', '/CN=test', '-keyout', keyPath, '-out', requestPath],
  );
  const end = new Date(Date.now() + lifeMs).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  openssl(
    ...['ca', '-config', configPath, '-batch', '-notext', '-selfsign', '-enddate', end],
    ...['-keyfile', keyPath, '-in', requestPath, '-out', certPath],
  );
  return { cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8'), certPath, keyPath };
}

function openssl(...args: string[]): void {
  const { status, stderr, error } = spawnSync('openssl', args);
  assert.equal(status, 0, error?.message ?? String(stderr));
}
