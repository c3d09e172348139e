/** Explains network errors and what to do about them. */
import { tlsAlert } from './tls-alerts.ts';

interface NetworkError {
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

/**
 * Explains an error of sockets, TLS, name servers, HTTP parsers or undici. The message has the error's code, so that
 * users can search for it.
 *
 * @param peer the other side, `host:port`; an address in the error takes precedence.
 * @returns undefined for any other error.
 */
export function networkProblem(error: unknown, peer: string): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return networkProblem(error.errors[0], peer); // addresses
  if (!(error instanceof Error)) return undefined;
  const { code, address, port, hostname } = error as NetworkError;
  const where = address === undefined ? peer : port === undefined ? address : `${bracketed(address)}:${port}`;
  const alert = tlsAlert(error);
  if (alert !== undefined) return `${where} ${alert.what} (${code}): ${alert.help}`;
  const what = describe(code ?? error.name, where, hostname ?? peer); // undici's parser has no codes
  if (what !== undefined) return what;
  return error.cause === undefined || error.cause === error ? undefined : networkProblem(error.cause, peer);
}

function describe(code: string, peer: string, name: string): string | undefined {
  const fixed = problems[code]?.(peer, name);
  if (fixed !== undefined) return `${fixed[0]} (${code}): ${fixed[1]}`;
  if (code.startsWith('HPE_') || code === 'HTTPParserError')
    return `${peer} does not answer in HTTP (${code}): check the port and the scheme`;
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') {
    return `${peer} does not speak TLS as this machine does (${code}): check the port and the scheme`;
  }
  return undefined;
}

type Problem = (peer: string, name: string) => readonly [what: string, help: string];

const brokenOff: Problem = peer => [`${peer} broke the connection off`, 'look into its log, or try again'];
const unreachable: Problem = peer => [`there is no way to ${peer}`, "check the machine's network and its routes"];
const untrusted: Problem = peer => [
  `the certificate of ${peer} is not trusted`,
  'install its authority on this machine, or name its file: for daemons of a cluster in LIBPROCESS_SSL_CA_FILE, for others in NODE_EXTRA_CA_CERTS',
];
const withoutTls: Problem = peer => [`${peer} does not speak TLS`, 'check the port, and whether TLS is on there'];
const silent: Problem = peer => [
  `no connection to ${peer} in time`,
  'check that it runs, and the firewalls and proxies in between',
];

const problems: Readonly<Record<string, Problem>> = {
  ECONNREFUSED: peer => [`connection refused by ${peer}`, 'check that the server runs, and its port'],
  ECONNRESET: brokenOff,
  EPIPE: brokenOff,
  ECONNABORTED: brokenOff,
  UND_ERR_SOCKET: brokenOff,
  HPE_HEADER_OVERFLOW: peer => [`the headers that ${peer} answers with are too large`, 'look into its log'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: peer => [`${peer} sent less or more than it said`, 'try again'],
  ENOTFOUND: (_, name) => [`the host name of ${name} is unknown`, 'check its spelling, and the name servers'],
  EAI_AGAIN: (_, name) => [`no name server answers for ${name}`, 'check /etc/resolv.conf, or try again'],
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ENETDOWN: unreachable,
  ETIMEDOUT: silent,
  UND_ERR_CONNECT_TIMEOUT: silent,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_UNTRUSTED: untrusted,
  ERR_SSL_WRONG_VERSION_NUMBER: withoutTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: withoutTls,
  CERT_HAS_EXPIRED: peer => [`the certificate of ${peer} has expired`, "renew it, or check this machine's clock"],
  CERT_NOT_YET_VALID: peer => [`the certificate of ${peer} is not valid yet`, "check this machine's clock"],
  ERR_TLS_CERT_ALTNAME_INVALID: peer => [`the certificate of ${peer} is for another name`, 'use the name in it'],
};

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
