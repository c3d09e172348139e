import { defaultScheme } from '@meseta/process';

/** A text is not an address. The message says what was expected. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
  readonly code = 'ADDRESS_INVALID';
}

/**
 * Parses the address of a daemon as users type it: `host`, `host:port`, `http://host:port` or `https://host:port`.
 *
 * @param port the default: 5050 for a master, 5051 for an agent.
 * @param scheme the default. Without it, what the environment says about TLS decides.
 * @returns the origin, `http://host:port`.
 * @throws {AddressError} for anything else.
 * @throws {TlsError} when the environment says neither yes nor no.
 */
export function parseOrigin(text: string, port: number, scheme: 'http' | 'https' = defaultScheme(process.env)): string {
  const hasScheme = /^https?:\/\//.test(text);
  const url = URL.parse(hasScheme ? text : `${scheme}://${text}`);
  if (url?.username !== '' || url.pathname !== '/' || url.search !== '') {
    const hint = text.startsWith('/') ? `, or file://${text} for a file that contains an address` : '';
    throw new AddressError(`'${text}' is not an address; expecting host:port${hint}`);
  }
  const explicit = url.port === '' && !hasScheme ? String(port) : url.port;
  return `${url.protocol}//${url.hostname}${explicit === '' ? '' : `:${explicit}`}`;
}
