import { STATUS_CODES } from 'node:http';

const STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * The last answer on a connection whose bytes are no request; undefined when there is nobody to answer.
 *
 * @param error of `clientError`: the parser's, a time-out's or the socket's.
 */
export function lastAnswer(error: NodeJS.ErrnoException): string | undefined {
  const { code = '' } = error;
  if (!code.startsWith('HPE_') && STATUSES[code] === undefined) return undefined;
  const status = STATUSES[code] ?? 400;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`;
}
