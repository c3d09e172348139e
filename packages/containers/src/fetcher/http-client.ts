/** The HTTP client of downloads. It is loaded when the first one begins: it takes some 8 MiB of memory, and many agents never need it. */
import { buildConnector, Client, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import { SocketReader } from './socket-reader.ts';

export { request } from 'undici';

/** The connection of a client. */
interface Connection {
  /** Undefined: it was not made yet. */
  reader?: SocketReader;
}

/** The `opaque` of a request and its response, which tells what reads the socket. */
export interface Exchange {
  /** Undefined behind a proxy. */
  connection?: Connection;
}

/** Creates a client that uses the proxies of the environment. Who reads a body has to notice that it stalls. */
export function createClient(timeoutMs: number): EnvHttpProxyAgent {
  const connect = { timeout: timeoutMs };
  return new EnvHttpProxyAgent({ connect, headersTimeout: timeoutMs, bodyTimeout: 0, factory: createPool });
}

/** Creates the clients for one server. `connect` is a function behind a proxy, which makes sockets of its own. */
function createPool(server: URL | string, options: object): Dispatcher {
  const { connect } = options as Pool.Options;
  if (typeof connect === 'function') return new Pool(server, options);
  const create = connector(connect ?? {});
  return new Pool(server, { ...options, factory: (origin, more) => new ReaderClient(origin, more, create) });
}

/** Makes a connection whose socket is read by a reader. */
type Connect = (connection: Connection) => buildConnector.connector;

/** A client of one connection at a time. */
class ReaderClient extends Client {
  readonly #connection: Connection;

  constructor(server: URL, options: Client.Options, connect: Connect) {
    const connection: Connection = {};
    super(server, { ...options, connect: connect(connection) });
    this.#connection = connection;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { opaque } = options as { readonly opaque?: Exchange };
    if (opaque !== undefined) opaque.connection = this.#connection;
    return super.dispatch(options, handler);
  }
}

/** Returns what connects to a server. */
function connector(options: buildConnector.BuildOptions): Connect {
  return connection => (target, connected) => {
    const reader = new SocketReader();
    const connect = buildConnector({ ...options, onread: reader.onread } as buildConnector.BuildOptions);
    connect(target, (...[error, socket]) => {
      if (error !== null) return connected(error, null);
      connection.reader = reader;
      reader.attach(socket);
      connected(null, socket);
    });
  };
}
