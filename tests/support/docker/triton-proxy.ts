/** An engine like Triton for tests: an HTTP proxy in front of a real Docker engine, which also makes faults on demand. */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { type EngineRequest, refusalOf } from './triton-rules.ts';

/** PEM texts of a server that asks its clients for certificates. */
export interface ProxyTls {
  /** The authority of clients' certificates. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Which requests a fault is for. */
export interface Matching {
  readonly method?: string;
  /** Matched against the path without the version of the API, such as `/containers/create`. */
  readonly path: RegExp;
}

/** What happens to requests. The first fault that matches counts. */
export interface Fault extends Matching {
  /** How many requests it is for; default: all. */
  readonly times?: number;
  /** Waits before the request is passed on, in milliseconds. */
  readonly delayMs?: number;
  /**
   * - `500`: the engine does not see the request, and the answer is a 500.
   * - `500 after`: the engine carries the request out, and the answer is a 500.
   * - `cut`: the engine does not see the request, and the connection breaks.
   * - `cut after`: the engine carries the request out, and the connection breaks.
   * - `late`: the engine sees the request when the fault is released, even if the client has gone.
   */
  readonly answer?: '500' | '500 after' | 'cut' | 'cut after' | 'late';
  /** Passes on the answer no faster than this. */
  readonly bytesPerSecond?: number;
}

/** A fault that was ordered. */
export interface OrderedFault {
  /** How many requests it has met. */
  readonly met: number;
  /** Ends it. */
  end(): void;
  /** Passes on the requests that are `late`. */
  release(): void;
}

interface Pending extends OrderedFault {
  readonly fault: Fault;
  readonly released: Promise<void>;
  met: number;
}

/** A request that the proxy saw. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** 0 when the connection was cut; 101 for a connection that became a stream. */
  status: number;
}

/** The proxy. Its containers are those of the engine. */
export class TritonProxy {
  readonly #engine: string;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  readonly #events = new Set<ServerResponse>();
  readonly #faults = new Set<Pending>();
  readonly #scheme: 'http' | 'https';
  readonly #stopped = new AbortController();
  /** Every request, oldest first. */
  readonly seen: SeenRequest[] = [];
  /** Why requests were refused, oldest first. */
  readonly refusals: string[] = [];
  /** Ids of the containers that were created here, oldest first. */
  readonly created: string[] = [];
  /** Ids or names in requests to remove a container that succeeded, oldest first. */
  readonly removed: string[] = [];
  /** Events that the engine sends meanwhile are lost. */
  losesEvents = false;

  /** @param socket the path of the engine's. */
  static async start(socket: string, tls?: ProxyTls): Promise<TritonProxy> {
    const proxy = new TritonProxy(socket, tls);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  private constructor(socket: string, tls: ProxyTls | undefined) {
    this.#engine = socket;
    const handle: RequestListener = (incoming, response) => void this.#handle(incoming, response);
    this.#scheme = tls ? 'https' : 'http';
    this.#server = tls
      ? createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: true }, handle)
      : createServer(handle);
    this.#server.on('upgrade', (incoming, client, head) => void this.#upgrade(incoming, client, head));
    for (const event of ['connection', 'secureConnection'] as const) {
      this.#server.on(event, (socket: Socket) => {
        this.#sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
      });
    }
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** For `--docker_host`. */
  get host(): string {
    return `tcp://127.0.0.1:${this.port}`;
  }

  /** `http://…` or `https://…`. */
  get origin(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** Returns the names of the containers that exist on the engine, running or not: those that Triton would bill. */
  async existing(): Promise<string[]> {
    const answer = await this.#ask('GET', '/containers/json?all=1');
    const containers = JSON.parse(answer) as { readonly Names: readonly string[] }[];
    return containers.map(({ Names }) => (Names[0] ?? '').replace(/^\//, '')).sort();
  }

  /** Orders a fault for requests from now on. */
  fault(fault: Fault): OrderedFault {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const end = () => void this.#faults.delete(pending);
    const pending: Pending = { fault, met: 0, end, released, release };
    this.#faults.add(pending);
    return pending;
  }

  /** Ends all streams of events. */
  endEvents(): void {
    for (const response of this.#events) response.destroy();
  }

  /** Breaks all connections, and goes on. */
  breakConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    const closed = new Promise(resolve => this.#server.close(resolve));
    this.breakConnections();
    await closed;
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    try {
      // Archives of images are passed on as they come.
      const streams = !/json/.test(incoming.headers['content-type'] ?? '');
      const body = streams ? undefined : await bodyOf(incoming);
      const engineRequest = parse(incoming, body);
      const seen = this.#see(engineRequest);
      const refusal = refusalOf(engineRequest);
      if (refusal !== undefined) {
        this.refusals.push(refusal);
        seen.status = 400;
        return answer(response, 400, refusal);
      }
      const { fault, released } = this.#faultFor(engineRequest) ?? {};
      await this.#delay(fault);
      if (fault?.answer === 'late') await released;
      if (fault?.answer === 'cut') return void response.destroy();
      if (fault?.answer === '500') {
        seen.status = 500;
        return answer(response, 500, 'ordered by the test');
      }
      this.#pass(incoming, body, response, { engineRequest, seen, fault });
    } catch {
      response.destroy(); // the client has gone
    }
  }

  #see({ method, path, query }: EngineRequest): SeenRequest {
    const seen: SeenRequest = { method, path, query: String(query), status: 0 };
    this.seen.push(seen);
    return seen;
  }

  #faultFor({ method, path }: EngineRequest): Pending | undefined {
    for (const pending of this.#faults) {
      const { fault } = pending;
      if ((fault.method ?? method) !== method || !fault.path.test(path)) continue;
      if (++pending.met === fault.times) this.#faults.delete(pending);
      return pending;
    }
    return undefined;
  }

  /** @throws when the proxy is stopped meanwhile. */
  async #delay(fault: Fault | undefined): Promise<void> {
    if (fault?.delayMs !== undefined) await wait(fault.delayMs, undefined, { signal: this.#stopped.signal });
  }

  #pass(
    incoming: IncomingMessage,
    body: Buffer | undefined,
    response: ServerResponse,
    { engineRequest, seen, fault }: { engineRequest: EngineRequest; seen: SeenRequest; fault: Fault | undefined },
  ): void {
    const { method, url, headers } = incoming;
    const outgoing = request({ socketPath: this.#engine, method, path: url, headers, agent: false });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    outgoing.on('response', answered => {
      const status = answered.statusCode ?? 0;
      answered.on('error', () => response.destroy());
      if (engineRequest.path === '/events') {
        seen.status = status;
        response.writeHead(status, answered.rawHeaders).flushHeaders();
        return this.#passEvents(answered, response);
      }
      const isPassed = fault?.answer === undefined || fault.answer === 'late';
      if (isPassed && !isCounted(engineRequest)) {
        seen.status = status;
        response.writeHead(status, answered.rawHeaders).flushHeaders();
        return void this.#passAnswer(answered, response, fault?.bytesPerSecond);
      }
      return void bodyOf(answered).then(
        text => {
          this.#note(engineRequest, status, String(text)); // before the client knows
          if (fault?.answer === 'cut after') return void response.destroy();
          seen.status = isPassed ? status : 500;
          if (isPassed) response.writeHead(status, answered.rawHeaders).end(text);
          else answer(response, 500, 'ordered by the test');
        },
        () => response.destroy(),
      );
    });
    if (body) outgoing.end(body);
    else incoming.pipe(outgoing);
  }

  async #passAnswer(answered: IncomingMessage, response: ServerResponse, bytesPerSecond = 0): Promise<void> {
    if (bytesPerSecond === 0) return void answered.pipe(response);
    let passed = 0;
    try {
      for await (const piece of answered) {
        response.write(piece);
        passed += piece.length;
        if (passed < bytesPerSecond) continue;
        passed = 0;
        await wait(1000, undefined, { signal: this.#stopped.signal });
      }
      response.end();
    } catch {
      response.destroy(); // the client has gone, or the proxy is stopped
    }
  }

  #passEvents(answered: IncomingMessage, response: ServerResponse): void {
    this.#events.add(response);
    response.on('close', () => this.#events.delete(response));
    answered.on('data', (piece: Buffer) => void (this.losesEvents || response.write(piece)));
    answered.on('end', () => response.end());
  }

  #note(engineRequest: EngineRequest, status: number, text: string): void {
    if (creates(engineRequest) && status === 201 && text !== '') this.created.push(JSON.parse(text).Id);
    const id = removedBy(engineRequest);
    if (id !== undefined && status === 204) this.removed.push(id);
  }

  /** Connections that become streams in both directions: attach, and the start of a command. */
  async #upgrade(incoming: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    const engineRequest = parse(incoming, undefined);
    const seen = this.#see(engineRequest);
    const { fault } = this.#faultFor(engineRequest) ?? {};
    client.on('error', () => undefined);
    await this.#delay(fault).catch(() => client.destroy());
    if (fault?.answer !== undefined && fault.answer !== 'cut') {
      seen.status = 500;
      return void client.end('HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    }
    if (fault?.answer === 'cut') return void client.destroy();
    seen.status = 101;
    const engine = connect({ path: this.#engine, allowHalfOpen: true });
    this.#sockets.add(engine);
    engine.on('error', () => client.destroy());
    engine.on('close', () => {
      this.#sockets.delete(engine);
      client.end();
    });
    client.on('close', () => engine.destroy());
    const { method, url, rawHeaders } = incoming;
    const lines = [`${method} ${url} HTTP/1.1`];
    for (let index = 0; index < rawHeaders.length; index += 2)
      lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
    engine.write(`${lines.join('\r\n')}\r\n\r\n`);
    // The body of the request, where Node reads it as one; else it is at the beginning of what the client sends.
    incoming.on('data', (piece: Buffer) => void engine.write(piece));
    engine.write(head);
    engine.pipe(client);
    client.pipe(engine);
  }

  #ask(method: string, path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ socketPath: this.#engine, method, path, agent: false });
      outgoing.on('error', reject).on('response', response => void bodyOf(response).then(String).then(resolve, reject));
      outgoing.end();
    });
  }
}

const creates = ({ path }: EngineRequest) => path === '/containers/create';

/** The id or name of the container that a request removes. */
const removedBy = ({ method, path }: EngineRequest) =>
  method === 'DELETE' ? /^\/containers\/([^/]+)$/.exec(path)?.[1] : undefined;

/** Whether the proxy counts what comes of a request. */
const isCounted = (engineRequest: EngineRequest) => creates(engineRequest) || removedBy(engineRequest) !== undefined;

function parse(incoming: IncomingMessage, body: Buffer | undefined): EngineRequest {
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://engine');
  return {
    method: incoming.method ?? '',
    path: pathname.replace(/^\/v\d+\.\d+(?=\/)/, ''),
    query: searchParams,
    json: body === undefined || body.length === 0 ? undefined : tryJson(String(body)),
  };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the engine will say so
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function answer(response: ServerResponse, status: number, message: string): void {
  const body = JSON.stringify({ message });
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
    .end(body);
}
