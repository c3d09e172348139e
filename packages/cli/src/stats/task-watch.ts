/** Follows the master's event stream, through failures, to keep track of tasks. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Task, WireId } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import type { Masters } from '../masters.ts';
import { type Ended, WatchedTasks } from './watched-tasks.ts';

const pauseMs = 1000;

/** Which tasks to watch. */
export interface WatchOptions {
  /** Tasks that are known already: when the master does not have them any more, they have ended. */
  readonly known: readonly Task[];
  wants(task: Task): boolean;
  /** Is called for each task that ends. */
  onEnd(ended: Ended): void;
}

/** Knows the live tasks of a cluster, and the addresses of its agents. */
export class TaskWatch {
  readonly #masters: Masters;
  readonly #watched: WatchedTasks;
  readonly #onEnd: (ended: Ended) => void;
  readonly #stopping = new AbortController();
  readonly #begun = Promise.withResolvers<void>();
  readonly #running: Promise<void>;
  #problem: string | undefined;

  private constructor(masters: Masters, { known, wants, onEnd }: WatchOptions) {
    this.#masters = masters;
    this.#watched = new WatchedTasks(wants, masters.client.origin, known);
    this.#onEnd = onEnd;
    this.#running = this.#run();
  }

  /**
   * Starts, and waits for the tasks that there are.
   *
   * @throws {HttpAnswerError} {HttpConnectionError} when the master does not answer.
   */
  static async start(masters: Masters, options: WatchOptions): Promise<TaskWatch> {
    const watch = new TaskWatch(masters, options);
    try {
      await watch.#begun.promise;
    } catch (error) {
      await watch.close();
      throw error;
    }
    return watch;
  }

  /** The live tasks. */
  get tasks(): Iterable<Task> {
    return this.#watched.tasks;
  }

  /** Returns the origin of an agent; undefined while it is not registered. */
  originOf(agentId: WireId<'agent'>): string | undefined {
    return this.#watched.originOf(agentId);
  }

  /** Why the tasks may not be up to date; undefined when they are. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Ends. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let { client } = this.#masters;
    while (!signal.aborted) {
      try {
        const asksAgain = await this.#follow(client);
        if (!asksAgain) this.#problem = 'The master has closed the connection; trying again';
      } catch (error) {
        this.#begun.reject(error); // without effect when it has begun
        this.#problem = `The master does not answer, trying again: ${(error as Error).message}`;
      }
      // An abort ends both, and then the loop. Without a leader the last one is tried, which says what is wrong.
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      client = await this.#masters.find({ signal }).catch(() => client);
    }
  }

  /** Follows one stream. @returns true when another one is needed, false at its end. */
  async #follow(client: MasterClient): Promise<boolean> {
    for await (const event of client.subscribe(this.#stopping.signal)) {
      const { ended, asksAgain } = this.#watched.apply(event);
      for (const each of ended) this.#onEnd(each);
      if (event.subscribed) {
        this.#problem = undefined;
        this.#begun.resolve();
      }
      if (asksAgain) return true;
    }
    return false;
  }
}
