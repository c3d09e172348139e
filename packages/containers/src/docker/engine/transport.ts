/** HTTP to the Docker engine: calls over few connections, streams over one each. */
import { IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { buildConnector, Client, type Dispatcher, Pool } from 'undici';
import { type ApiVersion, chooseApiVersion, formatApiVersion, parseApiVersion } from './api-version.ts';
import { type EngineEndpoint, formatEndpoint } from './endpoint.ts';
import { EngineError } from './error.ts';
import { Fields } from './fields.ts';
import { requestUpgrade } from './http-upgrade.ts';
import { connectionError, statusError } from './problems.ts';
import { readBounded } from './read-bounded.ts';

/** What every call may be given. */
export interface CallOptions {
  /** Ends the call; the engine may still do what it was asked for. */
  readonly signal?: AbortSignal | undefined;
  /** How long the answer may take; 0: without limit. */
  readonly timeoutMs?: number | undefined;
}

/** A request to the engine. */
export interface EngineRequest extends CallOptions {
  /** What is attempted, for errors: `inspect container mesos-1`. */
  readonly action: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Without the version: `/containers/json`. Parts from outside are escaped. */
  readonly path: string;
  /** A list is sent as one parameter for each of its texts. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, in place of `json`. */
  readonly content?: Readable | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** The limit of the answer. */
  readonly maximumBytes?: number;
}

/** An answer that was read as a whole. */
export interface EngineAnswer {
  readonly status: number;
  readonly text: string;
}

/** Settings of the transport, for tests. */
export interface TransportOptions {
  /** How long a usual call may take. */
  readonly timeoutMs?: number;
  readonly connectTimeoutMs?: number;
}

const defaultTimeoutMs = 60_000;
const defaultConnectMs = 10_000;
/** How long a connection is silent before the kernel asks whether the other side is there still. */
const keepAliveMs = 15_000;
const maximumConnections = 8;
const defaultMaximumBytes = 8 * 1024 * 1024;
const errorBytes = 64 * 1024;

/** One engine, and the connections to it. */
export class EngineTransport {
  readonly endpoint: EngineEndpoint;
  /** The endpoint in words. */
  readonly where: string;
  readonly #pool: Pool;
  readonly #options: Required<TransportOptions>;
  readonly #streams = new Set<{ destroy(): unknown }>();
  #version: Promise<ApiVersion> | undefined;
  #closed = false;
  /** Why the engine ended the last connection that it ended by an alert of TLS; undefined after a success. */
  #alert: Error | undefined;

  constructor(endpoint: EngineEndpoint, options: TransportOptions = {}) {
    const { timeoutMs = defaultTimeoutMs, connectTimeoutMs = defaultConnectMs } = options;
    this.endpoint = endpoint;
    this.where = formatEndpoint(endpoint);
    this.#options = { timeoutMs, connectTimeoutMs };
    this.#pool = new Pool(this.#origin, { ...this.#clientOptions(), connections: maximumConnections });
  }

  /** Performs a call. @throws {EngineError} also when the status is not a success. */
  async call(request: EngineRequest): Promise<EngineAnswer> {
    return this.#attempt(request, async signal => {
      const path = await this.#path(request, signal);
      const response = await this.#pool.request(dispatched(request, path, signal));
      return this.#read(response, request);
    });
  }

  /** Performs a call whose path has no version, as `/version`. @throws {EngineError} */
  async callUnversioned(request: EngineRequest): Promise<EngineAnswer> {
    return this.#attempt(request, async signal => {
      const path = `${this.#basePath}${request.path}${queryOf(request)}`;
      return this.#read(await this.#pool.request(dispatched(request, path, signal)), request);
    });
  }

  /** Performs a call and reads its JSON. @throws {EngineError} `UNEXPECTED` when it has another form. */
  async json<T>(request: EngineRequest, read: (json: unknown) => T): Promise<T> {
    const { text } = await this.call(request);
    return this.parse(request.action, text, read);
  }

  /**
   * Performs a call that may take long, over a connection of its own, so that such calls do not hold others up.
   *
   * @throws {EngineError}
   */
  async callApart(request: EngineRequest): Promise<EngineAnswer> {
    const client = new Client(this.#origin, this.#clientOptions());
    this.#streams.add(client);
    try {
      return await this.#attempt(request, async signal => {
        const path = await this.#path(request, signal);
        return this.#read(await client.request(dispatched(request, path, signal)), request);
      });
    } finally {
      this.#streams.delete(client);
      void client.destroy();
    }
  }

  /** As `json`, over a connection of its own. @throws {EngineError} */
  async jsonApart<T>(request: EngineRequest, read: (json: unknown) => T): Promise<T> {
    const { text } = await this.callApart(request);
    return this.parse(request.action, text, read);
  }

  /** Reads JSON of the engine. @throws {EngineError} `UNEXPECTED` when it has another form. */
  parse<T>(action: string, text: string, read: (json: unknown) => T): T {
    try {
      return read(JSON.parse(text));
    } catch (cause) {
      const problem = `the answer is not that of a Docker engine: ${(cause as Error).message}`;
      throw new EngineError('UNEXPECTED', { action, endpoint: this.where, problem, cause });
    }
  }

  /**
   * Opens an answer that goes on, over a connection of its own, which ends with the stream.
   *
   * @param request its time limit is for the headers of the answer.
   * @returns the body. It fails with the transport's errors; see {@link EngineTransport.failure}.
   * @throws {EngineError}
   */
  async open(request: EngineRequest): Promise<Readable> {
    const client = new Client(this.#origin, this.#clientOptions());
    this.#streams.add(client);
    const end = () => {
      this.#streams.delete(client);
      void client.destroy();
    };
    try {
      return await this.#attempt(request, async (limit, settle) => {
        const path = await this.#path(request, limit);
        const response = await client.request(dispatched(request, path, limit));
        if (!isSuccess(response.statusCode)) await this.#read(response, request);
        settle();
        response.body.once('close', end);
        return response.body;
      });
    } catch (error) {
      end();
      throw error;
    }
  }

  /**
   * Opens a connection for both directions, by an HTTP upgrade.
   *
   * @throws {EngineError}
   */
  async upgrade(request: EngineRequest): Promise<Duplex> {
    return this.#attempt(request, async (limit, settle) => {
      const path = await this.#path(request, limit);
      const socket = await this.#upgraded(request, path, limit);
      settle();
      this.#streams.add(socket);
      socket.once('close', () => this.#streams.delete(socket));
      return socket;
    });
  }

  /** Returns the error of a stream that `open` or `upgrade` returned. */
  failure(error: unknown, { action, signal }: Pick<EngineRequest, 'action' | 'signal'>): EngineError {
    if (signal?.aborted) return this.#cancelled(action, error);
    if (this.#closed) return this.#closedError(action, error);
    return connectionError(error, this.endpoint, action);
  }

  /** Ends all connections. Calls and streams fail with `CLOSED`. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const stream of this.#streams) stream.destroy();
    await this.#pool.destroy();
  }

  /** Finds out which version of the API to speak; once, until the engine refuses it. @throws {EngineError} */
  apiVersion(signal?: AbortSignal): Promise<ApiVersion> {
    this.#version ??= this.#negotiate().catch(error => {
      this.#version = undefined;
      throw error;
    });
    return signal === undefined ? this.#version : raced(this.#version, signal);
  }

  async #negotiate(): Promise<ApiVersion> {
    const action = 'learn the version of the engine';
    const { text } = await this.callUnversioned({ action, method: 'GET', path: '/version' });
    const [newest, oldest] = this.parse(action, text, json => {
      const fields = new Fields(json);
      return [parseApiVersion(fields.required('ApiVersion')), parseApiVersion(fields.text('MinAPIVersion'))];
    });
    const fail = (problem: string) => new EngineError('VERSION', { action, endpoint: this.where, problem });
    if (newest === undefined) throw fail('its ApiVersion is no version');
    const chosen = chooseApiVersion(newest, oldest);
    if (typeof chosen === 'string') throw fail(chosen);
    return chosen;
  }

  /** Runs an attempt with its limits; once more when the engine was replaced by one of another version. */
  async #attempt<T>(request: EngineRequest, run: (limit: AbortSignal, settle: () => void) => Promise<T>): Promise<T> {
    try {
      return await this.#limited(request, run);
    } catch (error) {
      if (!(error instanceof EngineError && error.code === 'VERSION' && error.status === 400)) throw error;
      this.#version = undefined;
      if (request.content !== undefined && !Buffer.isBuffer(request.content)) throw error; // it was read
      return this.#limited(request, run);
    }
  }

  /** @param run calls `settle` when the time limit ends; what is aborted afterwards is aborted by the caller's signal. */
  async #limited<T>(request: EngineRequest, run: (limit: AbortSignal, settle: () => void) => Promise<T>): Promise<T> {
    const { action, signal, timeoutMs = this.#options.timeoutMs } = request;
    if (signal?.aborted) throw this.#cancelled(action, signal.reason);
    if (this.#closed) throw this.#closedError(action);
    const time = new AbortController();
    const late = () => time.abort(new DOMException(`no answer within ${timeoutMs / 1000} s`, 'TimeoutError'));
    const timer = timeoutMs > 0 ? setTimeout(late, timeoutMs) : undefined;
    const settle = () => clearTimeout(timer);
    const limit = signal === undefined ? time.signal : AbortSignal.any([signal, time.signal]);
    try {
      const result = await run(limit, settle);
      this.#alert = undefined;
      return result;
    } catch (error) {
      if (signal?.aborted) throw this.#cancelled(action, error);
      if (time.signal.aborted) {
        const problem = `no answer within ${timeoutMs / 1000} s; is the engine overloaded or stopped?`;
        throw new EngineError('TIMEOUT', { action, endpoint: this.where, problem, cause: error });
      }
      if (this.#closed) throw this.#closedError(action, error);
      if (error instanceof EngineError) throw error.action === action ? error : error.of(action);
      const found = connectionError(error, this.endpoint, action);
      throw found.code === 'BROKEN' && this.#alert ? connectionError(this.#alert, this.endpoint, action) : found;
    } finally {
      settle();
    }
  }

  async #read(response: Dispatcher.ResponseData, request: EngineRequest): Promise<EngineAnswer> {
    const { statusCode: status, body } = response;
    const { action, maximumBytes = defaultMaximumBytes } = request;
    const succeeds = isSuccess(status);
    const text = await readBounded(body, succeeds ? maximumBytes : errorBytes, succeeds);
    if (text === undefined) {
      const problem = `the answer has more than ${maximumBytes / 1024 / 1024} MB`;
      throw new EngineError('TOO_LARGE', { action, endpoint: this.where, problem, status });
    }
    if (!succeeds) throw statusError(status, text, this.endpoint, action);
    return { status, text };
  }

  async #upgraded(request: EngineRequest, path: string, signal: AbortSignal): Promise<Duplex> {
    const { endpoint } = this;
    const { method, json, headers = {} } = request;
    const answer = await requestUpgrade(endpoint, { method, path, json, headers, signal });
    if (!(answer instanceof IncomingMessage)) {
      answer.setKeepAlive(true, keepAliveMs);
      return answer;
    }
    const status = answer.statusCode ?? 0;
    if (!isSuccess(status)) {
      const text = (await readBounded(answer, errorBytes, false)) ?? '';
      throw statusError(status, text, endpoint, request.action);
    }
    answer.destroy();
    const problem = `status ${status} in place of an upgrade; a proxy in between must let upgrades through`;
    throw new EngineError('UNEXPECTED', { action: request.action, endpoint: this.where, problem, status });
  }

  async #path(request: EngineRequest, signal: AbortSignal): Promise<string> {
    const version = formatApiVersion(await this.apiVersion(signal));
    return `${this.#basePath}/v${version}${request.path}${queryOf(request)}`;
  }

  get #basePath(): string {
    return this.endpoint.kind === 'tcp' ? this.endpoint.basePath : '';
  }

  get #origin(): string {
    const { endpoint } = this;
    if (endpoint.kind === 'unix') return 'http://docker';
    const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
    return `${endpoint.tls ? 'https' : 'http'}://${host}:${endpoint.port}`;
  }

  #clientOptions(): Client.Options {
    const { connectTimeoutMs: timeout } = this.#options;
    const { endpoint } = this;
    const tls = endpoint.kind === 'tcp' ? endpoint.tls : undefined;
    return {
      pipelining: 1,
      headersTimeout: 0, // calls have limits of their own
      bodyTimeout: 0,
      connect: this.#connector({
        timeout,
        ...(endpoint.kind === 'unix' && { socketPath: endpoint.socketPath }),
        ...(tls && { ca: tls.ca, cert: tls.cert, key: tls.key }),
        keepAliveInitialDelay: keepAliveMs,
      }),
    };
  }

  /**
   * An engine that does not take the agent's certificate says so in an alert after the handshake. undici forgets it for
   * the end of the connection that follows.
   */
  #connector(options: buildConnector.BuildOptions): buildConnector.connector {
    const connect = buildConnector(options);
    return (target, callback) =>
      connect(target, (...[error, socket]) => {
        socket?.on('error', (failure: NodeJS.ErrnoException) => {
          if (failure.code?.startsWith('ERR_SSL_')) this.#alert = failure;
        });
        if (error === null) callback(null, socket);
        else callback(error, null);
      });
  }

  #cancelled(action: string, cause: unknown): EngineError {
    const problem = 'it is not wanted any more';
    return new EngineError('CANCELLED', { action, endpoint: this.where, problem, cause });
  }

  #closedError(action: string, cause?: unknown): EngineError {
    return new EngineError('CLOSED', { action, endpoint: this.where, problem: 'this client was closed', cause });
  }
}

function isSuccess(status: number): boolean {
  return (status >= 200 && status < 300) || status === 304; // 304: the container is in that state already
}

function queryOf({ query = {} }: EngineRequest): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const each of value) parameters.append(name, each);
    else if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? '' : `?${parameters}`;
}

function dispatched(request: EngineRequest, path: string, signal: AbortSignal): Dispatcher.RequestOptions {
  const { method, json, content, headers = {} } = request;
  const body = content ?? (json === undefined ? undefined : JSON.stringify(json));
  const type = content === undefined ? 'application/json' : 'application/x-tar';
  return {
    method,
    path,
    signal,
    headers: { ...headers, ...(body !== undefined && { 'content-type': type }) },
    ...(body !== undefined && { body }),
  };
}

/** Returns what the promise does, unless the signal is aborted before. */
async function raced<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
    aborted.catch(() => undefined); // raced
  }
}
