/** Stands between a client and a server, and breaks their connections at the worst moment. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * How the next request is lost: it does not reach the server; the server does it and the client gets no answer; or the
 * server gets it when the client has long been connected anew.
 */
export type Cut = 'request' | 'answer' | 'late';

const lateMs = 150;

/** See the top of this file. */
export class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What happens to the next request that is larger than a heartbeat. */
  next: Cut | undefined;

  /** @param port of the server, on 127.0.0.1. */
  static async start(port: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(port);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(port: number) {
    this.#server = createServer(client => this.#join(client, connect(port, '127.0.0.1')));
  }

  /** `127.0.0.1:PORT`. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  #join(client: Socket, server: Socket): void {
    let isCut = false;
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        if (!isCut) other.destroy();
      });
    }
    client.on('data', data => {
      const cut = data.length > 20 ? this.next : undefined;
      if (cut === undefined) return void server.write(data);
      this.next = undefined;
      isCut = true;
      if (cut === 'request') server.destroy();
      if (cut === 'answer') {
        server.write(data);
        server.once('data', () => server.destroy());
        server.once('close', () => client.destroy());
        return;
      }
      if (cut === 'late') setTimeout(() => server.end(data), lateMs);
      client.destroy();
    });
    server.on('data', data => {
      if (!isCut) client.write(data);
    });
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
