/** A stand-in of a Consul agent: keeps what is registered, and can be made to stall. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export class Consul {
  /** Ids of the services there are. */
  readonly services = new Set<string>();
  /** `+id` and `-id`, in the order of the calls. */
  readonly log: string[] = [];
  /** Calls are taken, but not answered. */
  stalls = false;
  address = '';

  static async start(t: TestContext): Promise<Consul> {
    const consul = new Consul();
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', piece => {
        text += piece;
      });
      request.on('end', () => consul.#answer(request.url ?? '', text, response));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    consul.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    return consul;
  }

  #answer(path: string, text: string, response: ServerResponse): void {
    const end = /^\/v1\/agent\/service\/(register|deregister\/(.+))$/.exec(path);
    if (!end) return void response.writeHead(400).end(`unexpected ${path}`);
    const gone = end[2] && decodeURIComponent(end[2]);
    const id = gone ?? (JSON.parse(text) as { ID: string }).ID;
    this.log.push(`${gone ? '-' : '+'}${id}`);
    if (this.stalls) return;
    if (gone) this.services.delete(id);
    else this.services.add(id);
    response.end();
  }
}
