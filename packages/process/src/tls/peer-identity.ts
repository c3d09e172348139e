/** Decides whether a certificate, which a trusted authority has signed, is that of the peer. */
import { isIP } from 'node:net';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { TlsPeerError } from './error.ts';

/** How the names of peers are found. */
export interface IdentityRules {
  readonly hostnameScheme: 'legacy' | 'openssl';
  /** Whether an IP address in a certificate counts. */
  readonly verifiesIpAddresses: boolean;
  readonly verificationDepth: number;
}

/** How long the name of an address is taken as known. */
const nameMs = 60_000;
const mostNames = 10_000;

/** The names that the name service has for addresses. */
export class ReverseNames {
  readonly #found = new Map<string, { readonly name: Promise<string | undefined>; readonly untilMs: number }>();

  /** Returns the name of an IP address; undefined when it has none. */
  of(ip: string): Promise<string | undefined> {
    const known = this.#found.get(ip);
    if (known !== undefined && performance.now() < known.untilMs) return known.name;
    const { lookupService } = process.getBuiltinModule('node:dns/promises');
    const name = lookupService(ip, 0).then(
      ({ hostname }) => (hostname === ip ? undefined : hostname),
      () => undefined,
    );
    if (this.#found.size >= mostNames) this.#found.clear();
    this.#found.set(ip, { name, untilMs: performance.now() + nameMs });
    return name;
  }
}

/**
 * Returns the names of which the certificate of a peer must have one.
 *
 * @param host the name or the IP address that was connected to, or from which the connection came.
 * @see Mesos docs/ssl.md, LIBPROCESS_SSL_HOSTNAME_VALIDATION_SCHEME
 */
export async function namesOf(host: string, rules: IdentityRules, reverse: ReverseNames): Promise<readonly string[]> {
  if (isIP(host) === 0) return [host];
  const ip = host.replace(/^::ffff:(?=[0-9.]+$)/, '');
  const name = rules.hostnameScheme === 'legacy' ? await reverse.of(ip) : undefined;
  return [...(name === undefined ? [] : [name]), ...(rules.verifiesIpAddresses ? [ip] : [])];
}

/**
 * Checks the peer's certificate against the allowed names.
 *
 * @throws {TlsPeerError} which says what the certificate is for.
 */
export function checkNames(certificate: DetailedPeerCertificate, names: readonly string[], host: string): void {
  const { checkServerIdentity } = process.getBuiltinModule('node:tls');
  if (names.some(name => checkServerIdentity(name, certificate) === undefined)) return;
  const { subjectaltname, subject } = certificate;
  const isFor = subjectaltname ?? (subject?.CN === undefined ? 'no name' : `CN:${subject.CN}`);
  const wanted = names.length === 0 ? `${host}, which has no name in the name service` : names.join(' or ');
  const help = names.includes(host)
    ? 'make one that names it'
    : 'make one that names it, or set LIBPROCESS_SSL_VERIFY_IPADD=true and name the IP address in it';
  throw new TlsPeerError(
    'ERR_TLS_CERT_ALTNAME_INVALID',
    `the certificate is for ${isFor.slice(0, 300)} and not for ${wanted}: ${help}`,
  );
}

/** Checks the number of certificates between the peer's and the authority's. @throws {TlsPeerError} */
export function checkDepth(certificate: DetailedPeerCertificate, most: number): void {
  let between = -1;
  let each = certificate;
  while (each.issuerCertificate !== undefined && each.issuerCertificate !== each && between <= most) {
    each = each.issuerCertificate;
    between++;
  }
  if (between <= most) return;
  throw new TlsPeerError(
    'CERT_CHAIN_TOO_LONG',
    `the chain of certificates is longer than LIBPROCESS_SSL_VERIFICATION_DEPTH=${most} allows`,
  );
}

const unsigned = [
  'no trusted authority has signed the certificate',
  'name the file of its authority in LIBPROCESS_SSL_CA_FILE',
] as const;

/** Problems of certificates, and what to do, by OpenSSL's names. */
const problems: Readonly<Record<string, readonly [what: string, help: string]>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: unsigned,
  SELF_SIGNED_CERT_IN_CHAIN: unsigned,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unsigned,
  UNABLE_TO_GET_ISSUER_CERT: unsigned,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unsigned,
  CERT_SIGNATURE_FAILURE: unsigned,
  CERT_HAS_EXPIRED: ['the certificate has expired', 'renew it, or check the clocks'],
  CERT_NOT_YET_VALID: ['the certificate is not valid yet', 'check the clocks'],
  INVALID_PURPOSE: ['the certificate is for another purpose', 'make one with the right extendedKeyUsage'],
};

/**
 * Explains why OpenSSL does not trust the other end of a connection; undefined when it does.
 *
 * @param socket after the handshake, or when it has failed.
 */
export function trustProblem({ authorized, authorizationError }: TLSSocket): TlsPeerError | undefined {
  if (authorized || !authorizationError) return undefined;
  // Node.js has the code here, in place of the error that its types name.
  const code = authorizationError instanceof Error ? authorizationError.message : String(authorizationError);
  const [what, help] = problems[code] ?? ['the certificate is not trusted', undefined];
  return new TlsPeerError(code, `${what} (${code})${help === undefined ? '' : `: ${help}`}`);
}
