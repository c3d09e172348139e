/** Reads again and again what containers use, from many agents, of which some may be slow or away. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from '@meseta/process';
import type { Task, WireId } from '@meseta/protocol';
import { headersOf } from '@meseta/scheduler';
import { ConcurrencyLimit } from '@meseta/system';
import { clientAccess } from '../credential.ts';
import { type ContainerReading, executorOf, isSameExecutor, readContainers } from './container-readings.ts';

/** How many agents are asked at a time. */
const parallelRequests = 64;
/** An agent that takes longer is reported, and its numbers are not shown any more. */
const patienceMs = 5000;
/** After this time it is asked again: its connection may be dead. */
const longestRequestMs = 2 * patienceMs;

/** The last two readings of a container; `before` is undefined after the first. */
export interface Readings {
  readonly now: ContainerReading | undefined;
  readonly before: ContainerReading | undefined;
}

/** Reads the containers of tasks from their agents. */
export class AgentReadings {
  readonly #wayTo: (id: WireId<'agent'>, origin: string) => Promise<string>;
  readonly #agents = new Map<WireId<'agent'>, AgentReader>();
  readonly #limit = new ConcurrencyLimit(parallelRequests);

  /** @param wayTo returns the address by which an agent is asked that has this origin. */
  constructor(wayTo: (id: WireId<'agent'>, origin: string) => Promise<string>) {
    this.#wayTo = wayTo;
  }

  /**
   * Asks each agent that runs one of the tasks, except those that have not answered the last time yet.
   *
   * @param originOf returns the origin of an agent; undefined while it is not registered.
   * @param longestMs ends the wait for agents that are slow; their numbers are those of an earlier reading until they
   * answer.
   * @param signal ends the wait.
   */
  async read(
    tasks: readonly Task[],
    originOf: (id: WireId<'agent'>) => string | undefined,
    longestMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const byAgent = Map.groupBy(tasks, ({ agent_id }) => agent_id.value);
    for (const id of [...this.#agents.keys()]) {
      if (!byAgent.has(id)) this.#forget(id);
    }
    const asked = [...byAgent].flatMap(([id, ofAgent]) => {
      const reader = this.#readerOf(id, originOf(id));
      return reader ? [reader.read(ofAgent, this.#limit)] : [];
    });
    const over = new AbortController();
    const stop = () => over.abort();
    signal.addEventListener('abort', stop, { once: true });
    const late = sleep(longestMs, undefined, { signal: over.signal }).catch(() => undefined); // `stop` ends it, too
    if (!signal.aborted) await Promise.race([Promise.all(asked), late]);
    signal.removeEventListener('abort', stop);
    stop();
  }

  /** Returns the readings of a task's container. */
  of(task: Task): Readings {
    return this.#agents.get(task.agent_id.value)?.of(task) ?? { now: undefined, before: undefined };
  }

  /** Returns a sentence for each agent whose numbers are missing. */
  problems(): string[] {
    return [...this.#agents].flatMap(([id, { problem, origin }]) =>
      problem === undefined ? [] : [`No numbers from agent ${id} (${origin.replace(/^https?:\/\//, '')}): ${problem}`],
    );
  }

  /** Ends. */
  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map(reader => reader.close()));
  }

  #readerOf(id: WireId<'agent'>, origin: string | undefined): AgentReader | undefined {
    const known = this.#agents.get(id);
    if (known && known.origin === origin) return known;
    if (known) this.#forget(id);
    if (origin === undefined) return undefined;
    const reader = new AgentReader(origin, () => this.#wayTo(id, origin));
    this.#agents.set(id, reader);
    return reader;
  }

  #forget(id: WireId<'agent'>): void {
    void this.#agents.get(id)?.close();
    this.#agents.delete(id);
  }
}

class AgentReader {
  readonly origin: string;
  readonly #locate: () => Promise<string>;
  /** Undefined before the first request, and after one that failed: the agent may be reached in another way then. */
  #http: Promise<HttpClient> | undefined;
  #running: { readonly done: Promise<void>; readonly sinceMs: number } | undefined;
  #now: readonly ContainerReading[] = [];
  #before: readonly ContainerReading[] = [];
  #problem: string | undefined;

  constructor(origin: string, locate: () => Promise<string>) {
    this.origin = origin;
    this.#locate = locate;
  }

  get problem(): string | undefined {
    return this.#problem ?? (this.#isLate() ? 'it does not answer' : undefined);
  }

  of(task: Task): Readings {
    if (this.problem !== undefined) return { now: undefined, before: undefined };
    const executor = executorOf(task);
    const find = (readings: readonly ContainerReading[]) => readings.find(each => isSameExecutor(each, executor));
    return { now: find(this.#now), before: find(this.#before) };
  }

  read(tasks: readonly Task[], limit: ConcurrencyLimit): Promise<void> {
    if (this.#running) return this.#running.done;
    const [first, ...others] = tasks.map(executorOf);
    const only = first && others.every(each => isSameExecutor(each, first)) ? first : undefined;
    const done = limit
      .run(async () => readContainers(await this.#client(), only))
      .then(
        readings => {
          this.#before = this.#now;
          this.#now = readings;
          this.#problem = undefined;
        },
        error => {
          this.#now = [];
          this.#problem = (error as Error).message.trim();
          void this.close();
        },
      )
      .finally(() => {
        this.#running = undefined;
      });
    this.#running = { done, sinceMs: performance.now() };
    return done;
  }

  async close(): Promise<void> {
    const http = this.#http;
    this.#http = undefined;
    await (await http)?.close();
  }

  #client(): Promise<HttpClient> {
    this.#http ??= this.#locate().then(address => {
      const headers = headersOf(clientAccess().credential);
      return new HttpClient(address, { headersMs: longestRequestMs, ...(headers && { headers }) });
    });
    return this.#http;
  }

  #isLate(): boolean {
    return this.#running !== undefined && performance.now() - this.#running.sinceMs > patienceMs;
  }
}
