/** Files of one agent through its files endpoints. */
import { type ClientResponse, HttpAnswerError, HttpConnectionError, refusalOf } from '@meseta/process';
import { AgentClient } from '@meseta/scheduler';
import { emptyPart, type FilePart, type FileSource } from './file-source.ts';

/**
 * Reads by ranges of `/files/download`: bytes as they are, in pieces as large as the connection carries. Agents of
 * Apache Mesos have no ranges there; of them READ_FILE gives 64 KiB at a time.
 */
export class AgentFiles implements FileSource {
  readonly origin: string;
  readonly #agent: AgentClient;
  #hasRanges = true;

  constructor(origin: string) {
    this.origin = origin;
    this.#agent = new AgentClient(origin);
  }

  async open(path: string, offset: number, end?: number): Promise<FilePart> {
    if (!this.#hasRanges) return this.#read(path, offset, end);
    const response = await this.#agent.http.request('GET', `/files/download?path=${encodeURIComponent(path)}`, {
      headers: { Range: `bytes=${offset}-${end === undefined ? '' : Math.max(offset, end - 1)}` },
    });
    switch (response.status) {
      case 206:
        return { size: sizeOf(response), body: response.body, cancel: async () => response.cancel() };
      case 416:
        await response.bytes();
        return emptyPart(sizeOf(response));
      case 200:
        response.cancel();
        this.#hasRanges = false;
        return this.#read(path, offset, end);
      default:
        throw await refusal(response, path);
    }
  }

  async #read(path: string, offset: number, end = Number.POSITIVE_INFINITY): Promise<FilePart> {
    const length = Math.min(64 * 1024, end - offset);
    const answer = await this.#agent.call({ type: 'READ_FILE', read_file: { path, offset, length } });
    const { size = 0, data = '' } = answer?.read_file ?? {};
    return { ...emptyPart(size), ...(data !== '' && { body: once(Buffer.from(data, 'base64')) }) };
  }

  close(): Promise<void> {
    return this.#agent.close();
  }
}

async function* once(piece: Buffer): AsyncGenerator<Buffer> {
  yield piece;
}

function sizeOf({ headers }: ClientResponse): number {
  return Number(/\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] ?? 0);
}

async function refusal(response: ClientResponse, path: string): Promise<HttpAnswerError> {
  const words = (await response.bytes()).toString().trim();
  const fallback = response.status === 404 ? `There is no file '${path}' on the agent` : `The agent refused '${path}'`;
  return refusalOf(response, words || fallback);
}

/** Between looks for an agent that is somewhere else, at first and at most. */
const [leastPauseMs, mostPauseMs] = [1000, 10_000];

/**
 * Files of an agent that may come back at another address: where it does not answer, or another daemon does, the
 * master is asked again.
 */
export class MovingAgentFiles implements FileSource {
  readonly #locate: () => Promise<string | undefined>;
  #files: AgentFiles | undefined;
  /** Where each file was looked for last: several are followed at once, and one of them finds the agent first. */
  readonly #lookedAt = new Map<string, AgentFiles>();
  #pauseMs = leastPauseMs;
  #askAgainAt = 0;

  /**
   * @param locate gives the agent's present origin; undefined while it is not registered.
   * @param origin where it was last, if that is known.
   */
  constructor(locate: () => Promise<string | undefined>, origin?: string) {
    this.#locate = locate;
    this.#files = origin === undefined ? undefined : new AgentFiles(origin);
  }

  async open(path: string, offset: number, end?: number): Promise<FilePart> {
    const files = this.#files ?? (await this.#moved());
    if (!files) throw new HttpAnswerError(503, 'The agent is not registered with the master');
    this.#lookedAt.set(path, files);
    try {
      const part = await files.open(path, offset, end);
      this.#pauseMs = leastPauseMs;
      return part;
    } catch (error) {
      const elsewhere = mayBeElsewhere(error) ? await this.#moved().catch(() => undefined) : undefined;
      if (!elsewhere) throw error;
      this.#lookedAt.set(path, elsewhere);
      return elsewhere.open(path, offset, end);
    }
  }

  async lookAgain(path: string): Promise<boolean> {
    this.#askAgainAt = 0;
    await this.#moved().catch(() => undefined);
    return this.#files !== this.#lookedAt.get(path);
  }

  async close(): Promise<void> {
    await this.#files?.close();
  }

  /** Asks the master, not too often. @returns undefined when the agent is where it was, or nowhere. */
  async #moved(): Promise<AgentFiles | undefined> {
    if (performance.now() < this.#askAgainAt) return undefined;
    this.#askAgainAt = performance.now() + this.#pauseMs;
    this.#pauseMs = Math.min(mostPauseMs, this.#pauseMs * 2);
    const origin = await this.#locate();
    if (origin === undefined || origin === this.#files?.origin) return undefined;
    await this.#files?.close();
    this.#files = new AgentFiles(origin);
    return this.#files;
  }
}

/** Nobody is there, or somebody who does not know the file. */
function mayBeElsewhere(error: unknown): boolean {
  return error instanceof HttpConnectionError || error instanceof HttpAnswerError;
}
