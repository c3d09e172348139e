/** Explains failures of connections to the engine, and its answers. */
import { networkProblem, tlsAlert } from '@meseta/system';
import { withAdvice } from './advice.ts';
import { type EngineEndpoint, formatEndpoint } from './endpoint.ts';
import { EngineError, type EngineErrorCode } from './error.ts';

type Explanation = readonly [code: EngineErrorCode, problem: string];

const authority: Explanation = [
  'TLS_AUTHORITY',
  "the engine's certificate is not of the authority in ca.pem; use the ca.pem of this engine",
];
const broken: Explanation = ['BROKEN', 'the engine ended the connection before its answer was complete'];
const unreachable: Explanation = ['UNREACHABLE', 'there is no way to that host; check the network and its routes'];
const late: Explanation = ['TIMEOUT', 'the engine did not answer in time; is it overloaded or stopped?'];
const withoutTls: Explanation = [
  'TLS',
  'the engine does not speak TLS there; check the port (2376 is usual with TLS), or do without --docker_tls_verify',
];
const clientCertificate: Explanation = [
  'TLS_CLIENT_CERTIFICATE',
  'the engine wants a certificate that its authority has signed and that has not expired; put its cert.pem and key.pem into --docker_cert_path',
];

/** By the codes of Node.js, OpenSSL and undici. */
const explanations: Readonly<Record<string, Explanation>> = {
  ENOENT: ['SOCKET_MISSING', 'there is no such socket; is the engine started? See --docker_host'],
  ENOTSOCK: ['SOCKET_MISSING', 'that is no socket; see --docker_host'],
  EACCES: [
    'PERMISSION',
    "the agent's user may not connect to the socket; run it as root or add it to the group docker",
  ],
  ECONNREFUSED: ['REFUSED', 'nothing listens there; start the engine, or check --docker_host'],
  ECONNRESET: broken,
  EPIPE: broken,
  UND_ERR_SOCKET: broken,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: broken,
  ERR_STREAM_PREMATURE_CLOSE: broken,
  ENOTFOUND: ['UNREACHABLE', 'there is no host of that name; check --docker_host and the name servers'],
  EAI_AGAIN: ['UNREACHABLE', 'no name server answers; check /etc/resolv.conf'],
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ENETDOWN: unreachable,
  ETIMEDOUT: ['UNREACHABLE', 'no connection in time; check that host and the firewalls in between'],
  UND_ERR_CONNECT_TIMEOUT: ['UNREACHABLE', 'no connection in time; check that host and the firewalls in between'],
  UND_ERR_HEADERS_TIMEOUT: late,
  UND_ERR_BODY_TIMEOUT: late,
  TimeoutError: late,
  AbortError: ['CANCELLED', 'it is not wanted any more'],
  UND_ERR_ABORTED: ['CANCELLED', 'it is not wanted any more'],
  UND_ERR_DESTROYED: ['CLOSED', 'the client was closed'],
  UND_ERR_CLOSED: ['CLOSED', 'the client was closed'],
  DEPTH_ZERO_SELF_SIGNED_CERT: authority,
  SELF_SIGNED_CERT_IN_CHAIN: authority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: authority,
  UNABLE_TO_GET_ISSUER_CERT: authority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: authority,
  CERT_UNTRUSTED: authority,
  CERT_SIGNATURE_FAILURE: authority,
  ERR_SSL_WRONG_VERSION_NUMBER: withoutTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: withoutTls,
};

/** Explains an error of a connection; an `EngineError` is returned as it is. */
export function connectionError(error: unknown, endpoint: EngineEndpoint, action: string): EngineError {
  if (error instanceof EngineError) return error;
  const where = formatEndpoint(endpoint);
  const failure = (problem: string) => ({ action, endpoint: where, problem, cause: error });
  const code = codeOf(error);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const { cert } = error as { cert?: { subjectaltname?: string; subject?: { CN?: string } } };
    const names = cert?.subjectaltname ?? (cert?.subject?.CN === undefined ? 'another name' : `CN:${cert.subject.CN}`);
    const help = 'use a name of the certificate in --docker_host, or a certificate that has this one';
    return new EngineError('TLS_HOST_NAME', failure(`the engine's certificate is for ${names.slice(0, 300)}; ${help}`));
  }
  const [known, problem] = tlsAlert(error)?.refusesCertificate ? clientCertificate : (explanations[code] ?? ['', '']);
  if (known !== '') return new EngineError(known, failure(`${problem} (${code})`));
  if (/^(?:ERR_SSL_|ERR_TLS_|CERT_|EPROTO)/.test(code)) {
    return new EngineError('TLS', failure(`${networkProblem(error, where) ?? (error as Error).message} (${code})`));
  }
  if (code.startsWith('HPE_') || code === 'HTTPParserError') {
    const help = endpoint.kind === 'tcp' && !endpoint.tls ? '; if it speaks TLS, set --docker_tls_verify' : '';
    return new EngineError('UNEXPECTED', failure(`what listens there does not answer in HTTP (${code})${help}`));
  }
  const isOfConnection = /^(?:ERR_|UND_|E[A-Z]+$)/.test(code);
  return new EngineError(isOfConnection ? 'BROKEN' : 'UNEXPECTED', failure(String((error as Error)?.message ?? error)));
}

function codeOf(error: unknown): string {
  const { code, name, errors, cause } = (error ?? {}) as {
    code?: unknown;
    name?: string;
    errors?: unknown[];
    cause?: unknown;
  };
  if (typeof code === 'string') return code;
  if (errors !== undefined && errors.length > 0) return codeOf(errors[0]);
  if (name === 'TimeoutError' || name === 'AbortError' || name === 'HTTPParserError') return name;
  return cause === undefined ? (name ?? '') : codeOf(cause);
}

const codeOfStatus: Readonly<Record<number, EngineErrorCode>> = {
  400: 'INVALID',
  401: 'UNAUTHORIZED',
  403: 'UNAUTHORIZED',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
};

/** Explains an answer that is not a success. @param body the beginning of its body. */
export function statusError(status: number, body: string, endpoint: EngineEndpoint, action: string): EngineError {
  const said = engineMessage(body);
  const where = formatEndpoint(endpoint);
  if (status === 400 && /client sent an HTTP request to an HTTPS server/i.test(body)) {
    const problem = 'the engine speaks TLS there; set --docker_tls_verify and --docker_cert_path';
    return new EngineError('TLS', { action, endpoint: where, problem, status });
  }
  if (status === 400 && /client version .* is too (?:old|new)/i.test(said ?? '')) {
    return new EngineError('VERSION', { action, endpoint: where, problem: said ?? '', status, engineMessage: said });
  }
  const code = codeOfStatus[status] ?? (status >= 500 ? 'ENGINE' : 'UNEXPECTED');
  const problem = said === undefined ? `it answered with status ${status}` : withAdvice(`${said} (status ${status})`);
  return new EngineError(code, { action, endpoint: where, problem, status, engineMessage: said });
}

/** Returns the message of `{"message": …}`, or the first line of a plain text; undefined when there is none. */
function engineMessage(body: string): string | undefined {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === 'string' && message !== '') return message.trim().slice(0, 4096);
  } catch {
    const [line = ''] = body.trim().split('\n');
    if (line !== '') return line.slice(0, 1024);
  }
  return undefined;
}
