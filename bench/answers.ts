import { Agent, type RequestOptions, request } from 'node:http';

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
    this.#done.catch(() => undefined); // `stop` reports it
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
export async function get(url: string, agent?: Agent): Promise<Buffer> {
  return (await answer(url, { ...(agent && { agent }) })).body;
}

/** An answer, read whole. @param call a call of the operator API; without one, it is a GET. */
export function answer(url: string, options: RequestOptions, call?: object): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const json = { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json' } };
    const outgoing = request(url, { ...options, ...(call && json) }, response => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces) }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(call && JSON.stringify(call));
  });
}
