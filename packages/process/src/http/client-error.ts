import { ERROR_HEADER, FAILURES, type FailureCode } from './failures.ts';
import { STATUS_CODES } from './node-http.ts';

const CODES: Readonly<Record<string, FailureCode>> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'CHUNK_EXTENSIONS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
};

/** The error of a `clientError` event: of the parser, a time-out or the socket. */
export interface ClientError extends NodeJS.ErrnoException {
  /** The last data of the parser, and how far it got in it. */
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

/** Returns the last answer on a connection whose bytes are not a request; undefined when no answer is possible. */
export function lastAnswer(error: ClientError): string | undefined {
  const { code = '' } = error;
  const known = CODES[code] ?? (code.startsWith('HPE_') ? 'REQUEST_MALFORMED' : undefined);
  if (known === undefined) return undefined;
  const failure = code === 'HPE_INVALID_METHOD' && endsInRequestLine(error) ? 'METHOD_UNKNOWN' : known;
  return lastFailure(failure, `${FAILURES[failure].meaning} ${FAILURES[failure].action}`);
}

/** Returns a failure as bytes, for a connection that ends with it and has no HTTP server. */
export function lastFailure(code: FailureCode, message: string): string {
  const { status } = FAILURES[code];
  const body = `${message}\n`;
  const fields = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `${ERROR_HEADER}: ${code}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${fields.join('\r\n')}\r\n\r\n${body}`;
}

/** Tells whether the parser stopped in a line that is a request except for its method. */
function endsInRequestLine({ rawPacket, bytesParsed = 0 }: ClientError): boolean {
  if (rawPacket === undefined) return false;
  const start = rawPacket.lastIndexOf('\n', Math.max(0, bytesParsed - 1)) + 1;
  const line = rawPacket.toString('latin1', start, start + LONGEST_LINE);
  return /^[\w!#$%&'*+.^`|~-]+ \S+ HTTP\/1\.[01]\r?\n/.test(line);
}

const LONGEST_LINE = 8 * 1024;
