/** Calls the local Consul agent. Its address, TLS files and token come from Consul's standard environment variables. */

import { readdirSync, readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { join } from 'node:path';
import { boundedJson } from '@meseta/protocol';
import type { Environment } from '../../config/configuration.ts';
import { boolean } from '../../config/types.ts';
import { type HttpCall, httpRequest } from '../http-request.ts';

/** A service as Consul's agent registers it (`/v1/agent/service/register`). */
export interface ConsulService {
  readonly ID: string;
  readonly Name: string;
  readonly Tags: readonly string[];
  readonly Port: number;
  readonly Address: string;
  readonly EnableTagOverride: false;
  readonly Check?: Readonly<Record<string, string | boolean>>;
}

/** A healthy instance of a service: where it listens. */
export interface ConsulInstance {
  readonly host: string;
  readonly port: number;
}

/**
 * A client of the local Consul agent's HTTP API.
 *
 * @see https://developer.hashicorp.com/consul/commands#environment-variables
 */
export class ConsulClient {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #options: RequestOptions;
  /** Query parameters of every call: namespace and partition. */
  readonly #query: URLSearchParams;

  /**
   * @param token takes precedence over CONSUL_HTTP_TOKEN and CONSUL_HTTP_TOKEN_FILE.
   * @throws for a bad address, and for files that cannot be read.
   */
  constructor(environment: Environment, token: string | undefined) {
    const address = environment.CONSUL_HTTP_ADDR || '127.0.0.1:8500';
    const { CONSUL_HTTP_AUTH: auth, CONSUL_NAMESPACE: ns, CONSUL_PARTITION: partition } = environment;
    const unix = address.startsWith('unix://') ? address.slice('unix://'.length) : undefined;
    const secure = flag(environment, 'CONSUL_HTTP_SSL') ?? false;
    const bare = /^(https?|tcp):\/\//.test(address) ? address.replace(/^tcp:/, 'http:') : `http://${address}`;
    this.#base = new URL(unix ? 'http://localhost' : secure ? bare.replace(/^http:/, 'https:') : bare);
    const file = environment.CONSUL_HTTP_TOKEN_FILE;
    const used = token || environment.CONSUL_HTTP_TOKEN || (file ? readFileSync(file, 'utf8').trim() : '');
    this.#headers = {
      ...(used && { 'X-Consul-Token': used }),
      ...(auth && { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` }),
    };
    this.#query = new URLSearchParams({ ...(ns && { ns }), ...(partition && { partition }) });
    this.#options = { ...(unix && { socketPath: unix }), ...tlsOptions(environment) };
  }

  async register(service: ConsulService, signal: AbortSignal): Promise<void> {
    await this.#call('/v1/agent/service/register', { method: 'PUT', body: service, signal });
  }

  /** Removes a service. A service that is not registered is no error. */
  async deregister(id: string, signal: AbortSignal): Promise<void> {
    await this.#call(`/v1/agent/service/deregister/${encodeURIComponent(id)}`, { method: 'PUT', signal }, [404]);
  }

  /** Returns the instances of a service that pass all their checks. */
  async healthy(service: string, signal: AbortSignal): Promise<ConsulInstance[]> {
    const text = await this.#call(`/v1/health/service/${encodeURIComponent(service)}?passing=1`, {
      method: 'GET',
      signal,
    });
    const entries = boundedJson(text) as { Node: { Address: string }; Service: { Address: string; Port: number } }[];
    return entries.map(({ Node, Service }) => ({ host: Service.Address || Node.Address, port: Service.Port }));
  }

  async #call(path: string, call: HttpCall, alsoFine: readonly number[] = []): Promise<string> {
    const url = new URL(path, this.#base);
    for (const [name, value] of this.#query) url.searchParams.set(name, value);
    const { status, text } = await httpRequest(url, {
      ...call,
      headers: this.#headers,
      options: this.#options,
    });
    if ((status < 200 || status > 299) && !alsoFine.includes(status)) {
      throw new Error(`Consul answered ${status}: ${text.trim().slice(0, 200)}`);
    }
    return text;
  }
}

function tlsOptions(environment: Environment): RequestOptions {
  const { CONSUL_TLS_SERVER_NAME: servername, CONSUL_CACERT, CONSUL_CAPATH } = environment;
  const [cert, key] = [environment.CONSUL_CLIENT_CERT, environment.CONSUL_CLIENT_KEY].map(path =>
    path ? readFileSync(path) : undefined,
  );
  const ca = CONSUL_CACERT ? [readFileSync(CONSUL_CACERT)] : CONSUL_CAPATH ? readAll(CONSUL_CAPATH) : undefined;
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(servername && { servername }),
    ...(flag(environment, 'CONSUL_HTTP_SSL_VERIFY') === false && { rejectUnauthorized: false }),
  };
}

/** Reads all files of a directory and its subdirectories. */
function readAll(directory: string): Buffer[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
}

/** Reads a boolean variable. @throws an error that names the variable. */
function flag(environment: Environment, name: string): boolean | undefined {
  const value = environment[name];
  if (!value) return undefined;
  try {
    return boolean.parse(value);
  } catch (cause) {
    throw new Error(`${name}='${value}': ${(cause as Error).message}`, { cause });
  }
}
