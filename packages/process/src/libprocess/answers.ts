import { SlicedQueue } from '@meseta/system';

/** How long answers may wait for others to the same peer, which does not wait for them: Mesos gives it none at all. */
const answersMs = 5000;

/**
 * The answers that the inboxes of a process owe, those to one peer together: an answer to each message would cost as
 * much as the message. Thousands are due at the same time, and are written over several turns of the event loop.
 */
export class Answers {
  readonly #queue = new SlicedQueue();
  #owing: (() => void)[] = [];

  /** @param write is called once, some seconds later. */
  owe(write: () => void): void {
    // Without a connection there is nothing to wait for.
    if (this.#owing.push(write) === 1) setTimeout(() => this.#due(), answersMs).unref();
  }

  #due(): void {
    const owing = this.#owing;
    this.#owing = [];
    for (const write of owing) this.#queue.push(write);
  }
}
