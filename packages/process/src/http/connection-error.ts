import { tlsAlert } from '@meseta/system';

/** Explanations by the error's code in Node.js or undici; they follow the name of the peer. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed before the answer was complete',
  EPIPE: 'the connection was closed before the answer was complete',
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'nothing more came of the answer',
  UND_ERR_HEADERS_OVERFLOW: 'the head of the answer is too large',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: use http:// in place of https://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS: use http:// in place of https://',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  UND_ERR_DESTROYED: 'the client was closed before the answer',
  UND_ERR_CLOSED: 'the client was closed before the answer',
};

/** There was no connection to a daemon, or it broke before the answer was complete. The message names the peer. */
export class HttpConnectionError extends Error {
  override readonly name = 'HttpConnectionError';
  readonly code = 'HTTP_CONNECTION_FAILED';
  /** `http://host:port` of the peer, or `https://`. */
  readonly origin: string;

  constructor(origin: string, cause: unknown) {
    const code = codeOf(cause);
    const peer = origin.replace(/^https?:\/\//, '');
    const words = reasons[code ?? ''] ?? alertReason(cause) ?? (cause instanceof Error ? cause.message : String(cause));
    super(`${peer}: ${words}${code === undefined || words.includes(code) ? '' : ` (${code})`}`, { cause });
    this.origin = origin;
  }
}

/** Says in words which alert of TLS the peer sent; undefined when it sent none. */
function alertReason(error: unknown): string | undefined {
  const alert = tlsAlert(error);
  return alert && `it ${alert.what}: ${alert.help}`;
}

/** Returns the code of an error. When several addresses of a host were tried at once, that of the first. */
function codeOf(error: unknown): string | undefined {
  const { code, errors, cause } = (error ?? {}) as { code?: string; errors?: unknown[]; cause?: unknown };
  return code ?? (errors ? codeOf(errors[0]) : cause ? codeOf(cause) : undefined);
}
