import type { IncomingMessage } from 'node:http';

/**
 * Returns what is ambiguous about the end of a request, its host or its sender, beyond what Node.js's parser refuses: a
 * proxy may have read it differently. Undefined when nothing is.
 *
 * @see RFC 9112, sections 3.2 and 6.3
 */
export function framingProblem(message: IncomingMessage): string | undefined {
  const { httpVersion, headers } = message;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return `HTTP/${httpVersion} is not spoken here`;
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    return "'Transfer-Encoding' must be 'chunked' and nothing else";
  }
  // Peers with the libprocess of Mesos 0.21 say HTTP/1.0 and send chunks.
  if (coding !== undefined && httpVersion === '1.0' && !isLibprocess(message)) {
    return "'Transfer-Encoding' needs HTTP/1.1";
  }
  return doubled(message.rawHeaders);
}

/** Tells whether a body may follow the head of a request. */
export function mayHaveBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function isLibprocess({ headers }: IncomingMessage): boolean {
  return headers['libprocess-from'] !== undefined || headers['user-agent']?.startsWith('libprocess/') === true;
}

/** Of these headers Node.js takes the first, and a proxy may take the last. */
function doubled(rawHeaders: readonly string[]): string | undefined {
  let hosts = 0;
  let credentials = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
    else if (name.length === 13 && name.toLowerCase() === 'authorization') credentials++;
  }
  if (hosts > 1) return "More than one 'Host' header";
  return credentials > 1 ? "More than one 'Authorization' header" : undefined;
}
