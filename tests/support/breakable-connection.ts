/** A way to a server that a test can cut: what is sent into it then arrives nowhere, and nothing says so. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export class BreakableConnection {
  /** `127.0.0.1:PORT`, for clients. */
  readonly host: string;
  readonly #sockets: Set<Socket>;
  readonly #state: { isCut: boolean };

  /** @param scope a test, for example: the way ends with it. @param to `ip:port` of the server. */
  static async to(scope: { after(cleanUp: () => void): void }, to: string): Promise<BreakableConnection> {
    const [host = '', port = ''] = to.split(':');
    const sockets = new Set<Socket>();
    const state = { isCut: false };
    const server = createServer(client => {
      const remote = connect(Number(port), host);
      for (const [from, into] of [
        [client, remote],
        [remote, client],
      ] as const) {
        sockets.add(from);
        from.on('data', data => state.isCut || into.write(data));
        from.on('error', () => undefined);
        from.on('close', () => state.isCut || into.destroy());
      }
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    scope.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return new BreakableConnection(`127.0.0.1:${(server.address() as AddressInfo).port}`, sockets, state);
  }

  private constructor(host: string, sockets: Set<Socket>, state: { isCut: boolean }) {
    this.host = host;
    this.#sockets = sockets;
    this.#state = state;
  }

  cut(): void {
    this.#state.isCut = true;
  }

  /** Connections from before stay broken, and end. */
  mend(): void {
    this.#state.isCut = false;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
}
