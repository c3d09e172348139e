import { boundedJson } from '@meseta/protocol';
import { httpRequest } from '../http-request.ts';

export interface VaasBackend {
  readonly address: string;
  /** Path of the director's resource. */
  readonly director: string;
  /** The data centre's whole object, as VaaS gave it. */
  readonly dc: unknown;
  readonly port: number;
  readonly inherit_time_profile: true;
  readonly weight?: number;
  readonly tags?: readonly string[];
}

export interface VaasClientOptions {
  readonly host: URL;
  readonly username: string;
  /** Goes as a query parameter, and so is kept out of every message. */
  readonly key: string;
  /** Of one request. */
  readonly timeoutMs: number;
}

interface Listing<T> {
  readonly objects?: readonly T[];
}

const api = 'api/v0.1';

export class VaasClient {
  readonly #options: VaasClientOptions;

  constructor(options: VaasClientOptions) {
    this.#options = options;
  }

  /** @param symbol of a data centre. @returns its object. */
  async findDc(symbol: string, signal: AbortSignal): Promise<unknown> {
    const { objects = [] } = (await this.#call('GET', 'dc/', signal)) as Listing<{ symbol?: string }>;
    const found = objects.find(dc => dc.symbol === symbol);
    if (!found) throw new Error(`VaaS knows no data centre '${symbol}'`);
    return found;
  }

  /** @returns the path of the director of exactly that name. */
  async findDirector(name: string, signal: AbortSignal): Promise<string> {
    const listing = await this.#call('GET', 'director/', signal, { query: { name } });
    const found = (listing as Listing<{ id: number; name?: string }>).objects?.find(director => director.name === name);
    if (!found) throw new Error(`VaaS knows no director '${name}'`);
    return `/${api}/director/${found.id}/`;
  }

  /** Only its time is limited: nobody could tell what became of one that is cut short. @returns its id. */
  async addBackend(body: VaasBackend): Promise<number> {
    const { signal } = new AbortController();
    const { id } = (await this.#call('POST', 'backend/', signal, { body })) as { id?: number };
    if (typeof id !== 'number') throw new Error('VaaS did not tell the id of the new backend');
    return id;
  }

  /** One that is gone is fine. */
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
