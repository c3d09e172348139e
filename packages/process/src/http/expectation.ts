import type { IncomingMessage } from 'node:http';

/**
 * Returns what a client expects by its `Expect` header: a `100 Continue` before the body, or something unknown.
 * Undefined without such a header, or when it has no meaning because the client uses HTTP/1.0.
 *
 * @see RFC 9110, section 10.1.1
 */
export function expectationOf({ httpVersion, headers }: IncomingMessage): 'continue' | 'unknown' | undefined {
  const { expect } = headers;
  if (expect === undefined || httpVersion === '1.0') return undefined;
  return expect.toLowerCase() === '100-continue' ? 'continue' : 'unknown';
}
