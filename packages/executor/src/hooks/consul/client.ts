/** A client of the local Consul agent, set up by Consul's standard environment. */
import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import type { Environment } from '../../config/configuration.ts';
import { boolean } from '../../config/types.ts';
import { type HttpCall, httpRequest } from '../http-request.ts';

export interface ConsulService {
  readonly ID: string;
  readonly Name: string;
  readonly Tags: readonly string[];
  readonly Port: number;
  readonly Address: string;
  readonly EnableTagOverride: false;
  readonly Check?: Readonly<Record<string, string | boolean>>;
}

export interface ConsulInstance {
  readonly host: string;
  readonly port: number;
}

/** @see https://developer.hashicorp.com/consul/commands#environment-variables */
export class ConsulClient {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #options: RequestOptions;

  /** @param token before CONSUL_HTTP_TOKEN. @throws for a bad address, and files that cannot be read. */
  constructor(environment: Environment, token: string | undefined) {
    const { CONSUL_HTTP_ADDR: address = '127.0.0.1:8500', CONSUL_HTTP_SSL, CONSUL_HTTP_AUTH: auth } = environment;
    const unix = address.startsWith('unix://') ? address.slice('unix://'.length) : undefined;
    const secure = CONSUL_HTTP_SSL ? boolean.parse(CONSUL_HTTP_SSL) : false;
    const bare = /^(https?|tcp):\/\//.test(address) ? address.replace(/^tcp:/, 'http:') : `http://${address}`;
    this.#base = new URL(unix ? 'http://localhost' : secure ? bare.replace(/^http:/, 'https:') : bare);
    const file = environment.CONSUL_HTTP_TOKEN_FILE;
    const used = token || environment.CONSUL_HTTP_TOKEN || (file ? readFileSync(file, 'utf8').trim() : '');
    this.#headers = {
      ...(used && { 'X-Consul-Token': used }),
      ...(auth && { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` }),
    };
    this.#options = { ...(unix && { socketPath: unix }), ...tlsOptions(environment) };
  }

  async register(service: ConsulService, signal: AbortSignal): Promise<void> {
    await this.#call('/v1/agent/service/register', { method: 'PUT', body: service, signal });
  }

  /** One that is not registered is fine. */
  async deregister(id: string, signal: AbortSignal): Promise<void> {
    await this.#call(`/v1/agent/service/deregister/${encodeURIComponent(id)}`, { method: 'PUT', signal }, [404]);
  }

  /** Instances of a service that pass their checks. */
  async healthy(service: string, signal: AbortSignal): Promise<ConsulInstance[]> {
    const text = await this.#call(`/v1/health/service/${encodeURIComponent(service)}?passing=1`, {
      method: 'GET',
      signal,
    });
    const entries = JSON.parse(text) as { Node: { Address: string }; Service: { Address: string; Port: number } }[];
    return entries.map(({ Node, Service }) => ({ host: Service.Address || Node.Address, port: Service.Port }));
  }

  async #call(path: string, call: HttpCall, alsoFine: readonly number[] = []): Promise<string> {
    const { status, text } = await httpRequest(new URL(path, this.#base), {
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
  const { CONSUL_HTTP_SSL_VERIFY: verify, CONSUL_TLS_SERVER_NAME: servername } = environment;
  const file = (name: string) => {
    const path = environment[name];
    return path ? readFileSync(path) : undefined;
  };
  const [ca, cert, key] = ['CONSUL_CACERT', 'CONSUL_CLIENT_CERT', 'CONSUL_CLIENT_KEY'].map(file);
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(servername && { servername }),
    ...(verify && !boolean.parse(verify) && { rejectUnauthorized: false }),
  };
}
