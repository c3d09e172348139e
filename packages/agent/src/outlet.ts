/** How much of one executor's messages may wait. One message may exceed it when no other waits. */
export const waitingBytes = 16 * 1024 * 1024;

/** The connection that all executors share. */
export interface SharedConnection {
  hasRoom(): boolean;
  /** Resolves when nothing waits for its peer any more. Must not reject. */
  drained(): Promise<void>;
}

/** Something to be sent, and how much memory it takes until then. */
export interface Sendable {
  readonly bytes: number;
  readonly send: () => void;
  /** What waits already under this id is not added again. It is held elsewhere: its bytes are not limited here. */
  readonly id?: string;
}

interface Waiting extends Sendable {
  readonly sent: PromiseWithResolvers<void>;
}

interface Queue {
  bytes: number;
  readonly waiting: Waiting[];
  readonly ids: Set<string>;
}

/**
 * What executors send over the agent's one connection to the master. While the connection has room, everything leaves
 * at once. Otherwise each executor has a queue of its own, and they take turns: one that sends more than the master
 * reads makes only itself wait, and never fills the connection, whose overflow would disconnect the agent.
 */
export class Outlet {
  readonly #connection: SharedConnection;
  readonly #queues = new Map<string, Queue>();
  #working = false;

  constructor(connection: SharedConnection) {
    this.#connection = connection;
  }

  /**
   * Sends now or in turn. Rejects, or throws, with what sending throws.
   *
   * @param owner the executor, whose messages stay in order.
   * @returns undefined when too much of the executor's is waiting: then it is dropped. Otherwise resolves when it is
   *   sent.
   */
  send(owner: string, message: Sendable): Promise<void> | undefined {
    if (this.#queues.size === 0 && this.#connection.hasRoom()) {
      message.send();
      return Promise.resolve();
    }
    const queue = this.#queues.get(owner) ?? { bytes: 0, waiting: [], ids: new Set() };
    const { id, bytes } = message;
    if (id === undefined) {
      if (queue.bytes > 0 && queue.bytes + bytes > waitingBytes) return undefined;
      queue.bytes += bytes;
    } else {
      if (queue.ids.has(id)) return Promise.resolve();
      queue.ids.add(id);
    }
    this.#queues.set(owner, queue);
    const sent = Promise.withResolvers<void>();
    queue.waiting.push({ ...message, sent });
    if (!this.#working) void this.#work();
    return sent.promise;
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#queues.size > 0) {
      if (this.#connection.hasRoom()) this.#sendNext();
      else await this.#connection.drained();
    }
    this.#working = false;
  }

  /** Sends the first message of the executor whose turn it is. */
  #sendNext(): void {
    for (const [owner, queue] of this.#queues) {
      this.#queues.delete(owner);
      const next = queue.waiting.shift();
      if (!next) return;
      if (next.id === undefined) queue.bytes -= next.bytes;
      else queue.ids.delete(next.id);
      if (queue.waiting.length > 0) this.#queues.set(owner, queue); // behind the others
      try {
        next.send();
        next.sent.resolve();
      } catch (error) {
        next.sent.reject(error);
      }
      return;
    }
  }
}
