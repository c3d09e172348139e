/**
 * Elects the leading master in Consul: modules for `--master_contender` and `--master_detector`.
 *
 * The leader holds the lock of a key by a session with a time-out, and the key has its description. Parameters of both modules,
 * all optional: `address` of a Consul agent, `key`, `ttl` of the session in seconds, `token`.
 *
 * A session ends no sooner than its time-out after it was last renewed, so the lock is surely held until then. It does so also
 * when the agent of Consul on this machine is away for a while.
 *
 * @see https://developer.hashicorp.com/consul/docs/dynamic-app-config/sessions
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ModuleParameters, UserModules } from '@meseta/modules';
import type { MasterInfo } from '@meseta/protocol';

/** What Consul knows of the key. `Value` is in base64. */
interface Entry {
  readonly Session?: string;
  readonly Value: string;
}

const pauseMs = 1000;

class Consul {
  readonly ttlMs: number;
  readonly #origin: string;
  readonly #key: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ address = '127.0.0.1:8500', key = 'meseta/leader', ttl = '15', token = '' }: ModuleParameters) {
    this.ttlMs = Math.round(Number(ttl) * 1000);
    if (!(this.ttlMs >= 1000)) throw new Error(`ttl: expecting a number of seconds, at least 1, got '${ttl}'`);
    this.#origin = `http://${address}/v1`;
    this.#key = `/kv/${key}`;
    this.#headers = token === '' ? {} : { 'X-Consul-Token': token };
  }

  async openSession(): Promise<string> {
    // Without a delay the lock is free as soon as the session has ended: no master leads on after that.
    const body = { Name: 'meseta master', TTL: `${this.ttlMs}ms`, LockDelay: '0s', Behavior: 'release' };
    return (await this.#ask<{ ID: string }>('PUT', '/session/create', body)).ID;
  }

  /** Returns false when the session has ended. */
  async renew(session: string): Promise<boolean> {
    return (await this.#request('PUT', `/session/renew/${session}`)).status === 200;
  }

  async closeSession(session: string): Promise<void> {
    await this.#request('PUT', `/session/destroy/${session}`);
  }

  /** Returns whether the session has the lock. */
  lock(session: string, value: unknown): Promise<boolean> {
    return this.#ask('PUT', `${this.#key}?acquire=${session}`, value);
  }

  /** Yields the entry, and again after each change. */
  async *entries(signal: AbortSignal): AsyncGenerator<Entry | undefined> {
    for (let index = '0'; !signal.aborted; ) {
      // Consul answers after half of the time-out also when nothing has changed: silence is noticed.
      const query = `?index=${index}&wait=${Math.round(this.ttlMs / 2)}ms`;
      const limit = AbortSignal.any([signal, AbortSignal.timeout(this.ttlMs)]);
      const response = await this.#request('GET', `${this.#key}${query}`, undefined, limit);
      const next = response.headers.get('x-consul-index') ?? '0';
      // Consul says that an index which goes back begins anew.
      index = Number(next) < Number(index) ? '0' : next;
      if (response.status === 404) yield undefined;
      else yield ((await response.json()) as Entry[])[0];
    }
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.#request(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`Consul answers ${response.status} to ${method} ${path}: ${text.slice(0, 200)}`);
    return JSON.parse(text) as T;
  }

  async #request(
    method: string,
    path: string,
    body?: unknown,
    signal = AbortSignal.timeout(Math.round(this.ttlMs / 3)),
  ) {
    const init = { method, signal, headers: this.#headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const response = await fetch(`${this.#origin}${path}`, init);
    if (response.status < 500) return response;
    throw new Error(`Consul answers ${response.status}: ${(await response.text()).slice(0, 200)}`);
  }
}

/** Holds the lock until it is lost or the signal is aborted. Yields until when it is surely held. */
async function* contend(consul: Consul, master: MasterInfo, signal: AbortSignal): AsyncGenerator<number> {
  while (!signal.aborted) {
    await free(consul, signal);
    let heldUntil = performance.now() + consul.ttlMs; // counted from before Consul can have begun to count
    const session = await consul.openSession();
    try {
      if (!(await consul.lock(session, master))) continue; // another master was faster
      while (!signal.aborted) {
        yield heldUntil;
        await delay(consul.ttlMs / 3, undefined, { signal });
        const asked = performance.now();
        const renewed = await consul.renew(session).catch(() => undefined); // Consul may be back before the time is over
        if (renewed === false) return;
        if (renewed) heldUntil = asked + consul.ttlMs;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await consul.closeSession(session).catch(() => undefined); // it ends by itself
    }
  }
}

/** Waits until no master has the lock. */
async function free(consul: Consul, signal: AbortSignal): Promise<void> {
  for await (const entry of consul.entries(signal)) if (entry?.Session === undefined) return;
}

/** Yields the leader, and after the time-out without an answer of Consul that there is none. */
async function* detect(consul: Consul, signal: AbortSignal): AsyncGenerator<MasterInfo | undefined> {
  let failingSince: number | undefined;
  while (!signal.aborted) {
    try {
      for await (const entry of consul.entries(signal)) {
        failingSince = undefined;
        yield entry?.Session ? JSON.parse(Buffer.from(entry.Value, 'base64').toString()) : undefined;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (failingSince === undefined) console.log(`Cannot ask Consul for the leader: ${(error as Error).message}`);
      failingSince ??= performance.now();
      if (performance.now() - failingSince > consul.ttlMs) yield undefined;
    }
    await delay(pauseMs, undefined, { signal }).catch(() => undefined); // aborted
  }
}

export default {
  org_example_ConsulContender: {
    kind: 'master_contender',
    create(parameters) {
      const consul = new Consul(parameters);
      return { contend: (master, signal) => contend(consul, master, signal) };
    },
  },
  org_example_ConsulDetector: {
    kind: 'master_detector',
    create(parameters) {
      const consul = new Consul(parameters);
      return { detect: signal => detect(consul, signal) };
    },
  },
} satisfies UserModules;
