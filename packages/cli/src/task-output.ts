/** Follows files of a sandbox through the agent's files endpoint. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpError } from '@meseta/process';
import type { AgentClient } from '@meseta/scheduler';

/** Between reads that found nothing new. */
const pollMs = 60;
/** How long an agent may be away. */
const longestAbsenceMs = 30_000;

interface Chunk {
  offset: number;
  data: string;
}

/** Reads one file from an offset on, in order. */
export class FileTail {
  readonly #agent: AgentClient;
  readonly #path: string;
  #offset = 0;

  constructor(agent: AgentClient, path: string) {
    this.#agent = agent;
    this.#path = path;
  }

  /** Begins `bytes` before the file's present end. */
  async seekFromEnd(bytes: number): Promise<void> {
    const { offset } = await this.#request(-1);
    this.#offset = Math.max(0, offset - bytes);
  }

  /** What was added since the last read; empty when nothing was. @throws {HttpError} 404 when there is no such file. */
  async read(): Promise<Buffer> {
    const response = await this.#agent.call({
      type: 'READ_FILE',
      read_file: { path: this.#path, offset: this.#offset, length: 256 * 1024 },
    });
    const data = Buffer.from(response?.read_file?.data ?? '', 'base64');
    this.#offset += data.length;
    return data;
  }

  async #request(offset: number): Promise<Chunk> {
    const path = `/files/read?path=${encodeURIComponent(this.#path)}&offset=${offset}`;
    return (await this.#agent.http.get(path)) as Chunk;
  }
}

/**
 * Writes a file as it grows until `ended` is true and nothing is left. While `ended` is false a file that is not there
 * yet is waited for, and so is, for half a minute, an agent that does not answer: it may be starting again.
 */
export async function follow(tail: FileTail, write: (data: Buffer) => void, ended: () => boolean): Promise<void> {
  let answeredAt = performance.now();
  for (;;) {
    const last = ended();
    let data: Buffer;
    try {
      data = await readOrNothing(tail);
    } catch (error) {
      const refused = error instanceof HttpError && error.status < 500;
      if (last || refused || performance.now() - answeredAt > longestAbsenceMs) throw error;
      await sleep(pollMs);
      continue;
    }
    answeredAt = performance.now();
    if (data.length > 0) write(data);
    else if (last) return;
    else await sleep(pollMs);
  }
}

async function readOrNothing(tail: FileTail): Promise<Buffer> {
  try {
    return await tail.read();
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return Buffer.alloc(0);
    throw error;
  }
}
