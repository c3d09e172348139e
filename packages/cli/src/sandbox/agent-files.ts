/** Reads files of one agent through its files endpoints. */
import { type ClientResponse, HttpAnswerError, HttpConnectionError, refusalOf } from '@meseta/process';
import { AgentClient } from '@meseta/scheduler';
import { clientAccess } from '../credential.ts';
import { emptyPart, type FilePart, type FileSource } from './file-source.ts';

/**
 * Reads ranges of `/files/download`: the bytes unchanged, in pieces as large as the connection delivers. Agents of
 * Apache Mesos do not support ranges there, so READ_FILE is used, 64 KiB at a time.
 */
export class AgentFiles implements FileSource {
  readonly origin: string;
  readonly #agent: AgentClient;
  #hasRanges = true;

  constructor(origin: string) {
    this.origin = origin;
    this.#agent = new AgentClient(origin, clientAccess());
  }

  async open(path: string, offset: number, end?: number): Promise<FilePart> {
    if (!this.#hasRanges) return this.#read(path, offset, end);
    const response = await this.#agent.http.request('GET', `/files/download?path=${encodeURIComponent(path)}`, {
      headers: { Range: `bytes=${offset}-${end === undefined ? '' : Math.max(offset, end - 1)}` },
    });
    const id = response.headers['meseta-file-id'];
    switch (response.status) {
      case 206:
        return { size: sizeOf(response), id, body: response.body, cancel: async () => response.cancel() };
      case 416:
        await response.bytes();
        return emptyPart(sizeOf(response), id);
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

/** The time between searches for an agent whose address may have changed, at first and at most. */
const [leastPauseMs, mostPauseMs] = [1000, 10_000];

/**
 * Reads files of an agent whose address may change after a restart. When it does not answer, or another daemon does,
 * the master is asked for its address.
 */
export class MovingAgentFiles implements FileSource {
  readonly #locate: () => Promise<string | undefined>;
  #files: AgentFiles | undefined;
  /**
   * The source that was last used for each file. Several are followed at a time, and one of them finds the agent first.
   */
  readonly #lookedAt = new Map<string, AgentFiles>();
  #pauseMs = leastPauseMs;
  #askAgainAt = 0;

  /**
   * @param locate returns the agent's present origin; undefined while it is not registered.
   * @param origin the last known one.
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
      const moved = () => this.#moved().catch(() => undefined); // the first error says more
      const elsewhere = mayBeElsewhere(error) ? await moved() : undefined;
      if (!elsewhere) throw error;
      this.#lookedAt.set(path, elsewhere);
      return elsewhere.open(path, offset, end);
    }
  }

  async lookAgain(path: string): Promise<boolean> {
    this.#askAgainAt = 0;
    await this.#moved().catch(() => undefined); // the next `open` fails with the reason
    return this.#files !== this.#lookedAt.get(path);
  }

  async close(): Promise<void> {
    await this.#files?.close();
  }

  /**
   * Asks the master for the agent's address, not too often. @returns undefined when the address is the same, or
   * unknown.
   */
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

/** Tells whether an error may mean that the agent has another address: no answer, or a daemon without the file. */
function mayBeElsewhere(error: unknown): boolean {
  return error instanceof HttpConnectionError || error instanceof HttpAnswerError;
}
