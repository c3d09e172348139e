/** Stands between a browser and a master, and does to answers what networks and other proxies do. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TestContext } from 'node:test';
import { encodeRecord, RecordDecoder } from '@meseta/protocol';

/** What happens to requests. */
export type Trouble =
  /** The connection breaks: of requests under way, and of new ones before they are answered. */
  | { readonly type: 'cut' }
  /** Nothing is passed on until the trouble is over. */
  | { readonly type: 'hold' }
  /** Of an answer in RecordIO, no more than this many records are passed on until the trouble is over. */
  | { readonly type: 'hold after'; readonly records: number }
  /** Every second byte of an answer's body is another one. */
  | { readonly type: 'corrupt' }
  /** This is the answer. */
  | { readonly type: 'status'; readonly status: number; readonly text: string };

/** A proxy in front of a master, which makes trouble for some requests. */
export class FaultProxy {
  readonly origin: string;
  readonly #target: URL;
  readonly #under = new Set<{ readonly path: string; readonly cut: () => void }>();
  #trouble: { readonly of: RegExp; readonly what: Trouble } | undefined;
  #over = Promise.withResolvers<void>();

  private constructor(origin: string, target: URL) {
    this.origin = origin;
    this.#target = target;
  }

  /** Starts one. It ends with the test. */
  static async start(t: TestContext, target: string): Promise<FaultProxy> {
    const server = createServer((incoming, response) => void proxy.#serve(incoming, response));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const proxy = new FaultProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, new URL(target));
    t.after(() => {
      proxy.end();
      server.closeAllConnections();
      return new Promise(resolve => server.close(resolve));
    });
    return proxy;
  }

  /** Makes trouble for requests whose path matches, those under way included, until {@link end}. */
  make(what: Trouble, of = /^/): void {
    this.end();
    this.#trouble = { of, what };
    for (const { path, cut } of [...this.#under]) if (of.test(path)) cut();
  }

  /** Ends the trouble: requests that were held go on. */
  end(): void {
    this.#trouble = undefined;
    this.#over.resolve();
    this.#over = Promise.withResolvers();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = incoming.url ?? '/';
    const trouble = this.#trouble?.of.test(path) ? this.#trouble.what : undefined;
    switch (trouble?.type) {
      case 'cut':
        incoming.socket.destroy();
        return;
      case 'status':
        incoming.resume();
        response.writeHead(trouble.status, { 'Content-Type': 'text/plain' }).end(trouble.text);
        return;
      case 'hold':
        await this.#over.promise;
        break;
      default:
    }
    await this.#pass(incoming, response, this.#changeOf(trouble));
  }

  /** What is done to the body of an answer. */
  #changeOf(trouble: Trouble | undefined): Transform {
    if (trouble?.type === 'corrupt') return corruption();
    return trouble?.type === 'hold after' ? holding(trouble.records, this.#over.promise) : new PassThrough();
  }

  async #pass(incoming: IncomingMessage, response: ServerResponse, change: Transform): Promise<void> {
    const { hostname, port } = this.#target;
    const { method, url: path = '/', headers } = incoming;
    const outgoing = request({ hostname, port, method, path, headers });
    const pass = { path, cut: () => incoming.socket.destroy() };
    this.#under.add(pass);
    try {
      incoming.pipe(outgoing);
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        outgoing.once('response', resolve).once('error', reject);
        response.once('close', () => outgoing.destroy());
      });
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      await pipeline(answer, change, response);
    } catch {
      incoming.socket.destroy(); // one of the two sides has gone: the other one sees that
    } finally {
      this.#under.delete(pass);
    }
  }
}

/** Passes some records on, and the others once `over` is resolved. */
function holding(records: number, over: Promise<void>): Transform {
  const decoder = new RecordDecoder();
  let passed = 0;
  return new Transform({
    async transform(chunk: Buffer, _, done) {
      for (const record of decoder.push(chunk)) {
        if (passed++ === records) await over;
        this.push(encodeRecord(record));
      }
      done();
    },
  });
}

function corruption(): Transform {
  return new Transform({
    transform(chunk: Buffer, _, done) {
      done(
        null,
        chunk.map((byte, index) => (index % 2 === 0 ? byte : byte ^ 0x55)),
      );
    },
  });
}
