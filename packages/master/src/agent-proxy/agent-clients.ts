/** Connections to agents, kept while requests go through them and shortly afterwards. */
import { formatAddress, HttpClient, parsePid, type Tls } from '@meseta/process';
import type { Clock } from '@meseta/system';
import type { Agent } from '../state/agent.ts';

/** How long a client without requests is kept: a user who looks at an agent asks again. */
const idleMs = 10_000;
/** How long an agent may pause in an answer that is read. */
const bodyIdleMs = 30_000;

interface Entry {
  readonly client: HttpClient;
  users: number;
  forget: (() => void) | undefined;
}

/** What reaches agents. */
export interface AgentClientParts {
  readonly scheme: 'http' | 'https';
  /** Of this master: its certificate, and how it verifies agents. */
  readonly tls: Tls | undefined;
  readonly clock: Clock;
}

/** Clients of agents, by the addresses with which these have registered. */
export class AgentClients {
  readonly #parts: AgentClientParts;
  readonly #entries = new Map<string, Entry>();

  constructor(parts: AgentClientParts) {
    this.#parts = parts;
  }

  /**
   * Returns a client of an agent, and what gives it back at the end of the request.
   *
   * @throws {Error} when the registered address is none: registrations are checked.
   */
  take({ pid }: Agent): { readonly client: HttpClient; readonly release: () => void } {
    const address = parsePid(pid);
    if (address === undefined) throw new Error(`The agent's address '${pid}' is no pid`);
    const origin = `${this.#parts.scheme}://${formatAddress(address)}`;
    const entry = this.#entries.get(origin) ?? this.#open(origin);
    entry.users++;
    entry.forget?.();
    entry.forget = undefined;
    return { client: entry.client, release: () => this.#release(origin, entry) };
  }

  /** Closes all connections, also those that are in use. */
  close(): void {
    for (const [origin, entry] of this.#entries) this.#drop(origin, entry);
  }

  #open(origin: string): Entry {
    // The head of an answer has a limit of its own, which counts from the beginning.
    const client = new HttpClient(origin, { headersMs: 0, bodyIdleMs, tls: this.#parts.tls });
    const entry: Entry = { client, users: 0, forget: undefined };
    this.#entries.set(origin, entry);
    return entry;
  }

  #release(origin: string, entry: Entry): void {
    entry.users--;
    if (entry.users > 0) return;
    entry.forget = this.#parts.clock.after(idleMs, () => this.#drop(origin, entry));
  }

  #drop(origin: string, entry: Entry): void {
    entry.forget?.();
    if (this.#entries.get(origin) === entry) this.#entries.delete(origin);
    void entry.client.close();
  }
}
