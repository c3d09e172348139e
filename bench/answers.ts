import { Agent, request } from 'node:http';

/** Asks the same thing again and again, as a load balancer does, and knows the longest wait for an answer. */
export class Prober {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #running = true;
  #longestMs = 0;
  readonly #done: Promise<void>;

  constructor(address: string) {
    this.#url = `http://${address}/health`;
    this.#done = this.#loop();
  }

  async #loop(): Promise<void> {
    while (this.#running) {
      const start = performance.now();
      await get(this.#url, this.#agent);
      this.#longestMs = Math.max(this.#longestMs, performance.now() - start);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  }

  /** @returns the longest wait, in milliseconds. */
  async stop(): Promise<number> {
    this.#running = false;
    await this.#done;
    this.#agent.destroy();
    return this.#longestMs;
  }
}

/** The body of an answer, read whole. */
export function get(url: string, agent?: Agent): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ...(agent && { agent }) }, response => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => resolve(Buffer.concat(pieces)));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
