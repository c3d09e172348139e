/** An address that is none: names what is allowed. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
  readonly code = 'ADDRESS_INVALID';
}

/**
 * The origin of a daemon from what a user types: `host`, `host:port` or `http://host:port`.
 *
 * @param port taken where the text has none: 5050 of a master, 5051 of an agent.
 * @throws {AddressError} for anything else.
 */
export function parseOrigin(text: string, port: number): string {
  if (text.startsWith('zk://')) {
    throw new AddressError(`'${text}': finding the leader in ZooKeeper is not built yet; give the master's host:port`);
  }
  const hasScheme = /^https?:\/\//.test(text);
  const url = URL.parse(hasScheme ? text : `http://${text}`);
  if (url?.username !== '' || url.pathname !== '/' || url.search !== '') {
    throw new AddressError(`'${text}' is not an address; expecting host:port`);
  }
  const explicit = url.port === '' && !hasScheme ? String(port) : url.port;
  return `${url.protocol}//${url.hostname}${explicit === '' ? '' : `:${explicit}`}`;
}
