import { SlicedQueue } from '@meseta/system';

/** How long answers may wait for others to the same peer, which does not wait for them: Mesos gives it none at all. */
const answersMs = 1000;

/**
 * The answers that the inboxes of a process owe, once a second. Thousands of peers send at the same time, so that thousands
 * of answers are due at the same time: they are written over several turns of the event loop.
 */
export class Answers {
  readonly #queue = new SlicedQueue();
  #owing: (() => void)[] = [];

  /** @param write is called once, at the latest after a second and what is written before it. */
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
