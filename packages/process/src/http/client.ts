import type { Readable } from 'node:stream';
import { boundedJson } from '@meseta/protocol';
import { tlsAlert } from '@meseta/system';
import type { Pool } from 'undici';
import { environmentTls, type Tls } from '../tls/tls.ts';
import { HttpAnswerError } from './answer-error.ts';
import { HttpConnectionError } from './connection-error.ts';
import { ERROR_HEADER } from './failures.ts';
import { STATUS_CODES } from './node-http.ts';
import { secureConnector } from './secure-connector.ts';

/** What every request of a client has. */
export interface ClientOptions {
  /** How long to wait for the head of a response; 0 means no limit. */
  readonly headersMs?: number;
  /** How long a body may pause while it is read; by default, for ever. */
  readonly bodyIdleMs?: number;
  /** For `https://`. Default: what the environment of this process says. */
  readonly tls?: Tls | undefined;
  /** Headers of every request, such as Authorization. Those of a request take precedence. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A response: its head, and its body in pieces as they arrive. The caller must read the body or cancel it. */
export interface ClientResponse {
  readonly status: number;
  /** Names in lower case; of repeated headers the first. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The pieces of the body. Ends when the server ends it, throws when the connection breaks. Leaving the loop cancels
   * it.
   */
  readonly body: AsyncIterable<Buffer>;
  /** Reads the whole body. */
  bytes(): Promise<Buffer>;
  /** Cancels the body, which closes the connection. */
  cancel(): void;
}

/**
 * A client of one daemon that keeps connections open. Redirects are not followed: the caller gets the location of the
 * leader.
 */
export class HttpClient {
  readonly #origin: string;
  /** Begins all paths. */
  readonly #prefix: string;
  /** What errors call the daemon. */
  readonly #name: string;
  readonly #options: Pool.Options;
  #pool: Promise<Pool> | undefined;
  readonly #headers: Readonly<Record<string, string>> | undefined;
  /** The last alert of TLS on an open connection; undefined after an answer. */
  #alert: Error | undefined;

  /**
   * @param address `http://ip:port`, or `https://`; with a path, all paths are below that.
   * @throws {TlsError} for `https://` when the environment names keys or certificates that cannot be used.
   */
  constructor(address: string, options: ClientOptions = {}) {
    const [, origin = address, prefix = ''] = /^(https?:\/\/[^/]*)(.*)$/.exec(address) ?? [];
    this.#origin = origin;
    this.#prefix = prefix;
    this.#name = address;
    this.#headers = options.headers;
    this.#options = {
      ...{ headersTimeout: options.headersMs ?? 30_000, bodyTimeout: options.bodyIdleMs ?? 0 },
      ...(origin.startsWith('https:') && {
        connect: secureConnector(options.tls ?? environmentTls(), error => {
          if (tlsAlert(error)) this.#alert = error;
        }),
      }),
    };
  }

  /**
   * Sends a request; any status is a response.
   *
   * @throws {HttpConnectionError} when there is no connection or it breaks, also from reading the body; the signal's
   *   reason when that aborts.
   */
  async request(
    method: string,
    path: string,
    options: { headers?: Record<string, string>; body?: string | Uint8Array | Readable; signal?: AbortSignal } = {},
  ): Promise<ClientResponse> {
    const { signal } = options;
    const explain = (cause: unknown) => {
      if (signal?.aborted) return cause;
      const isBroken = (cause as NodeJS.ErrnoException)?.code === 'UND_ERR_SOCKET';
      return new HttpConnectionError(this.#name, (isBroken && this.#alert) || cause);
    };
    const pool = await this.#open();
    const { statusCode, headers, body } = await pool
      .request({
        method: method as 'GET',
        path: this.#prefix + path,
        headers: this.#headers ? { ...this.#headers, ...options.headers } : (options.headers ?? null),
        body: options.body ?? null,
        signal: signal ?? null,
      })
      .catch(cause => Promise.reject(explain(cause)));
    this.#alert = undefined;
    const flat: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) flat[name] = Array.isArray(value) ? (value[0] ?? '') : value;
    }
    body.on('error', () => undefined); // readers get the error
    return {
      status: statusCode,
      headers: flat,
      body: explained(body, explain),
      bytes: async () => Buffer.from(await body.bytes().catch(cause => Promise.reject(explain(cause)))),
      cancel: () => body.destroy(),
    };
  }

  /** GET of a JSON view. @throws {HttpAnswerError} with the server's words when the status is not 2xx. */
  async get(path: string): Promise<unknown> {
    return parse(await this.request('GET', path));
  }

  /** POST of a JSON call to an endpoint which answers JSON or nothing (undefined). @throws as {@link get}. */
  async post(path: string, value: unknown): Promise<unknown> {
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
    return parse(await this.request('POST', path, { headers, body: JSON.stringify(value) }));
  }

  /** Closes all connections, streams included. */
  async close(): Promise<void> {
    await (await this.#open()).destroy();
  }

  /** Loads what makes the connections, which takes some 8 MiB of memory; daemons need it seldom. */
  #open(): Promise<Pool> {
    this.#pool ??= import('undici').then(({ Pool }) => new Pool(this.#origin, this.#options));
    return this.#pool;
  }
}

async function* explained(body: AsyncIterable<Buffer>, explain: (cause: unknown) => unknown): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (cause) {
    throw explain(cause);
  }
}

async function parse(response: ClientResponse): Promise<unknown> {
  const body = (await response.bytes()).toString();
  if (response.status < 200 || response.status > 299)
    throw refusalOf(response, body || `${response.status} ${STATUS_CODES[response.status] ?? ''}`);
  return body === '' ? undefined : boundedJson(body);
}

/** Makes the error for a response that is not a success. @param message its body, or a text in its place. */
export function refusalOf({ status, headers }: ClientResponse, message: string): HttpAnswerError {
  return new HttpAnswerError(status, message, { reason: headers[ERROR_HEADER.toLowerCase()] });
}
