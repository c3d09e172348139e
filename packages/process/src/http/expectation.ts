import type { IncomingMessage } from 'node:http';

/**
 * What a client expects by its `Expect` header: to be told to go on with the body, or something that is not known here.
 * Undefined when there is no such header, or it means nothing because the client speaks HTTP/1.0.
 *
 * @see RFC 9110, section 10.1.1
 */
export function expectationOf({ httpVersion, headers }: IncomingMessage): 'continue' | 'unknown' | undefined {
  const { expect } = headers;
  if (expect === undefined || httpVersion === '1.0') return undefined;
  return expect.toLowerCase() === '100-continue' ? 'continue' : 'unknown';
}
