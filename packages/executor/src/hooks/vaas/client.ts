import { boundedJson } from '@meseta/protocol';
import { httpRequest } from '../http-request.ts';

/** A backend as VaaS's API takes it. */
export interface VaasBackend {
  readonly address: string;
  /** Path of the director's resource. */
  readonly director: string;
  /** The data centre's object, complete, as VaaS returned it. */
  readonly dc: unknown;
  readonly port: number;
  readonly inherit_time_profile: true;
  readonly weight?: number;
  readonly tags?: readonly string[];
}

/** Address, credentials and limits of a VaaS client. */
export interface VaasClientOptions {
  readonly host: URL;
  readonly username: string;
  /** The API key. It is sent as a query parameter, so URLs must not appear in messages. */
  readonly key: string;
  /** The time limit of one request, in milliseconds. */
  readonly timeoutMs: number;
}

interface Listing<T> {
  readonly objects?: readonly T[];
}

const api = 'api/v0.1';

/** A client of VaaS's HTTP API (Varnish as a Service). */
export class VaasClient {
  readonly #options: VaasClientOptions;

  constructor(options: VaasClientOptions) {
    this.#options = options;
  }

  /**
   * Finds a data centre.
   *
   * @param symbol its name in VaaS.
   * @returns its object.
   * @throws when there is none.
   */
  async findDc(symbol: string, signal: AbortSignal): Promise<unknown> {
    const { objects = [] } = (await this.#call('GET', 'dc/', signal)) as Listing<{ symbol?: string }>;
    const found = objects.find(dc => dc.symbol === symbol);
    if (!found) throw new Error(`VaaS knows no data centre '${symbol}'`);
    return found;
  }

  /**
   * Finds the director of exactly that name.
   *
   * @returns the path of its resource.
   * @throws when there is none.
   */
  async findDirector(name: string, signal: AbortSignal): Promise<string> {
    const listing = await this.#call('GET', 'director/', signal, { query: { name } });
    const found = (listing as Listing<{ id: number; name?: string }>).objects?.find(director => director.name === name);
    if (!found) throw new Error(`VaaS knows no director '${name}'`);
    return `/${api}/director/${found.id}/`;
  }

  /**
   * Adds a backend. The request cannot be aborted, only its time is limited: after an abort it would be unknown whether
   * VaaS added the backend.
   *
   * @returns the backend's id.
   */
  async addBackend(body: VaasBackend): Promise<number> {
    const { signal } = new AbortController();
    const { id } = (await this.#call('POST', 'backend/', signal, { body })) as { id?: number };
    if (typeof id !== 'number') throw new Error('VaaS did not return the id of the new backend');
    return id;
  }

  /** Removes a backend. A backend that does not exist is no error. */
  async deleteBackend(id: number, signal: AbortSignal): Promise<void> {
    await this.#call('DELETE', `backend/${id}/`, signal, { headers: { Prefer: 'respond-async' }, alsoFine: 404 });
  }

  async #call(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    signal: AbortSignal,
    more: { query?: Record<string, string>; body?: unknown; headers?: Record<string, string>; alsoFine?: number } = {},
  ): Promise<unknown> {
    const { host, username, key, timeoutMs } = this.#options;
    const url = new URL(`${api}/${path}`, host.href.endsWith('/') ? host : `${host.href}/`);
    url.search = new URLSearchParams({ ...more.query, username, api_key: key }).toString();
    const { status, text } = await httpRequest(url, {
      ...{ method, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) },
      ...(more.body !== undefined && { body: more.body }),
      ...(more.headers && { headers: more.headers }),
    });
    if (status === more.alsoFine) return undefined;
    const answer = key ? text.replaceAll(key, '<redacted>') : text;
    if (status < 200 || status > 299)
      throw new Error(`VaaS answered ${status} to ${method} ${path}: ${answer.slice(0, 200)}`);
    return text === '' ? {} : boundedJson(text);
  }
}
