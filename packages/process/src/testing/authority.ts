/** For tests: an authority of certificates by `openssl`, and certificates of it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files of a certificate and its key. */
export interface Issued {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What is in a certificate. */
export interface Issue {
  /** In openssl's form. Default: `DNS:localhost,IP:127.0.0.1`. */
  readonly names?: string;
  /** Its last day is past. */
  readonly expired?: boolean;
  /** It may sign others. */
  readonly isAuthority?: boolean;
}

/** An authority of its own, with its files in a directory of its own. */
export class Authority {
  readonly directory: string;
  /** Its certificate. */
  readonly caFile: string;
  readonly #keyFile: string;
  #number = 0;

  /** @param issued by another authority; by default, it signs its own certificate. */
  constructor(directory: string, name = 'authority', issued?: Issued) {
    this.directory = join(directory, name);
    mkdirSync(this.directory, { recursive: true });
    this.caFile = issued?.certFile ?? join(this.directory, 'ca.pem');
    this.#keyFile = issued?.keyFile ?? join(this.directory, 'ca.key');
    if (issued !== undefined) return;
    openssl(
      ...['req', '-x509', ...newKey, '-keyout', this.#keyFile, '-out', this.caFile, '-days', '2'],
      ...['-subj', `/CN=${name}`, '-addext', 'keyUsage=critical,keyCertSign'],
    );
  }

  /** Makes a key and a certificate for it. */
  issue(
    name: string,
    { names = 'DNS:localhost,IP:127.0.0.1', expired = false, isAuthority = false }: Issue = {},
  ): Issued {
    const at = (suffix: string) => join(this.directory, `${name}.${suffix}`);
    const [keyFile, certFile, request, extensions] = [at('key'), at('pem'), at('csr'), at('ext')];
    writeFileSync(
      extensions,
      isAuthority ? 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n' : `subjectAltName=${names}\n`,
    );
    openssl('req', '-new', ...newKey, '-keyout', keyFile, '-out', request, '-subj', `/CN=${name}`);
    openssl(
      ...['x509', '-req', '-in', request, '-CA', this.caFile, '-CAkey', this.#keyFile, '-out', certFile],
      ...['-set_serial', String(++this.#number), '-extfile', extensions, '-days', expired ? '-1' : '2'],
    );
    return { keyFile, certFile };
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(...args: string[]): void {
  const { status, stderr, error } = spawnSync('openssl', args);
  assert.equal(status, 0, error?.message ?? String(stderr));
}

/** Returns the variables that turn TLS on with this certificate. */
export function tlsVariables(
  { keyFile, certFile }: Issued,
  caFile: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const named = Object.entries(more).map(([name, value]) => [`LIBPROCESS_SSL_${name}`, value]);
  return {
    LIBPROCESS_SSL_ENABLED: 'true',
    LIBPROCESS_SSL_KEY_FILE: keyFile,
    LIBPROCESS_SSL_CERT_FILE: certFile,
    LIBPROCESS_SSL_CA_FILE: caFile,
    LIBPROCESS_SSL_VERIFY_SERVER_CERT: 'true',
    LIBPROCESS_SSL_VERIFY_IPADD: 'true',
    ...Object.fromEntries(named),
  };
}
