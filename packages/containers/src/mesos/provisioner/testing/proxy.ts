/** For tests: an HTTP server between an agent and a registry, which counts and spoils what goes through. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** Handles a request itself and returns true, or lets it go through. */
export type Spoil = (incoming: IncomingMessage, response: ServerResponse) => boolean;

/** A server in between. */
export interface TestProxy {
  readonly host: string;
  readonly origin: string;
  /** `METHOD PATH` of each request, with its range. */
  readonly requests: string[];
}

/** Starts a server that passes requests on to a registry, and ends with the test. */
export async function startProxy(t: TestContext, origin: string, spoil: Spoil = () => false): Promise<TestProxy> {
  const requests: string[] = [];
  const server = createServer((incoming, response) => {
    const { method, url = '/', headers } = incoming;
    requests.push(`${method} ${url}${headers.range === undefined ? '' : ` ${headers.range}`}`);
    if (spoil(incoming, response)) return;
    passOn(origin, incoming, response);
  });
  server.listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, origin: `http://${host}`, requests };
}

/** Passes a request on. @param limit cuts the answer off after this number of bytes. */
export function passOn(origin: string, incoming: IncomingMessage, response: ServerResponse, limit?: number): void {
  const { method, url = '/', headers } = incoming;
  const onward = request(new URL(url, origin), { method, headers }, answer => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    if (limit === undefined) {
      answer.pipe(response);
      return;
    }
    let left = limit;
    answer.on('data', (chunk: Buffer) => {
      if (left <= 0) return;
      response.write(chunk.subarray(0, left), () => {
        if (left <= 0) response.destroy();
      });
      left -= chunk.length;
    });
  });
  onward.on('error', () => response.destroy());
  incoming.pipe(onward);
}
