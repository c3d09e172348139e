/** A web service that answers by path, and remembers what it was asked. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** @param answers as JSON, by path; to other paths an empty object. */
export async function answering(t: TestContext, answers: Readonly<Record<string, unknown>>) {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', piece => {
      text += piece;
    });
    request.on('end', () => {
      const { pathname: path, searchParams } = new URL(request.url ?? '', 'http://x');
      const { method = '', headers } = request;
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      calls.push({ method, path, headers, body, query: Object.fromEntries(searchParams) });
      response.end(JSON.stringify(answers[path] ?? {}));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}
