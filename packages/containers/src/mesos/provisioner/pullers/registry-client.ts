import { type FileHandle, open } from 'node:fs/promises';
import { type Dispatcher, request } from 'undici';
import { type Digest, digestFrom, hashOf } from '../docker/digest.ts';
import type { Descriptor } from '../docker/manifest.ts';
import { ImageError } from '../image-error.ts';
import { readBytes } from './read-text.ts';
import { connectionProblem, isWorthAnotherTry, statusProblem } from './registry-problem.ts';
import { answerChallenge, type TokenOptions } from './registry-tokens.ts';

/** How a registry is asked. */
export interface RegistryClientOptions extends TokenOptions {
  /** `--docker_stall_timeout`, for messages; the dispatcher has it as its timeouts. */
  readonly stallTimeoutMs: number;
  /** Resolves before the next try, or when the signal is aborted. */
  readonly pause: (tries: number, signal: AbortSignal) => Promise<void>;
}

/** A request that failed is tried again this often, as long as no try gets further. */
const maximumTries = 5;
/** The limit of tries that each get a little further. */
const maximumTriesWithProgress = 100;
const maximumRedirections = 10;
const maximumDocumentBytes = 8 * 1024 * 1024;
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

type Response = Dispatcher.ResponseData;
type Headers = Readonly<Record<string, string>>;

/** A document of a registry, with the digest of its bytes. */
export interface RegistryDocument {
  readonly bytes: Buffer;
  readonly contentType: string | undefined;
}

/**
 * Reads from one registry, for one account: gets tokens, follows redirections, and tries again what broke off.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export class RegistryClient {
  readonly #options: RegistryClientOptions;
  #authorization: string | undefined;

  constructor(options: RegistryClientOptions) {
    this.#options = options;
  }

  /** Reads a small document. @param what it is called in messages. @throws {ImageError} */
  async document(path: string, what: string, accept: string, signal: AbortSignal): Promise<RegistryDocument> {
    const attempt = async () => {
      const { statusCode, headers, body } = await this.#get(path, { accept }, signal);
      if (statusCode !== 200) throw await this.#refused(statusCode, body, what);
      const bytes = await readBytes(body, maximumDocumentBytes, this.#host);
      const { 'content-type': type } = headers;
      return { bytes, contentType: Array.isArray(type) ? type[0] : type };
    };
    return this.#tried(attempt, () => 0, signal);
  }

  /**
   * Downloads a blob into a new file. A download that breaks off goes on where it stopped.
   *
   * @throws {ImageError} `DIGEST` when it is not the one that was asked for.
   */
  async download(path: string, blob: Descriptor, file: string, signal: AbortSignal): Promise<void> {
    const handle = await open(file, 'wx', 0o600);
    try {
      const download = new Download(blob, handle);
      const attempt = async () => {
        const { offset } = download;
        const range: Headers = offset > 0 ? { range: `bytes=${offset}-` } : {};
        const response = await this.#get(path, range, signal);
        const { statusCode, body } = response;
        if (statusCode !== 200 && statusCode !== 206)
          throw await this.#refused(statusCode, body, `blob ${blob.digest}`);
        await download.receive(response);
      };
      if (blob.size > 0) await this.#tried(attempt, () => download.offset, signal);
      download.verify();
    } finally {
      await handle.close();
    }
  }

  get #host(): string {
    return this.#options.registry.host;
  }

  /** Repeats an attempt that broke off. @throws {ImageError} the last failure, with the number of tries. */
  async #tried<T>(attempt: () => Promise<T>, progress: () => number, signal: AbortSignal): Promise<T> {
    const { pause, stallTimeoutMs } = this.#options;
    let [tries, all, furthest] = [0, 0, progress()];
    const reasons = new Set<string>();
    for (;;) {
      try {
        return await attempt();
      } catch (cause) {
        signal.throwIfAborted();
        const status = cause instanceof Refused ? cause.status : undefined;
        const error = cause instanceof Refused ? cause.error : connectionProblem(cause, this.#host, stallTimeoutMs);
        if (!isWorthAnotherTry(error, status)) throw error;
        tries = progress() > furthest ? 1 : tries + 1;
        furthest = Math.max(furthest, progress());
        reasons.add((error as ImageError).message);
        if (tries === maximumTries || ++all === maximumTriesWithProgress) {
          throw new ImageError('REGISTRY', `${[...reasons].join('; then: ')} (tried ${Math.max(tries, all)} times)`, {
            cause: error,
          });
        }
        await pause(tries, signal);
        signal.throwIfAborted();
      }
    }
  }

  async #get(path: string, headers: Headers, signal: AbortSignal): Promise<Response> {
    const { registry } = this.#options;
    const url = new URL(path, registry);
    const first = await this.#send(url, headers, signal);
    if (first.statusCode !== 401) return first;
    discard(first);
    const authorization = await answerChallenge(first.headers['www-authenticate'], this.#options, signal);
    if (authorization === undefined) throw new Refused(401, statusProblem(401, this.#host, 'it'));
    this.#authorization = authorization;
    return this.#send(url, headers, signal);
  }

  /** The account is sent to the registry alone, not to the servers that it redirects to. */
  async #send(start: URL, headers: Headers, signal: AbortSignal): Promise<Response> {
    const { dispatcher } = this.#options;
    let url = start;
    for (let redirections = 0; ; redirections++) {
      const own = url.origin === start.origin && this.#authorization !== undefined;
      const sent = { ...headers, ...(own && { authorization: this.#authorization }) };
      const response = await request(url, { dispatcher, headers: sent, signal });
      if (!redirectStatuses.has(response.statusCode)) return response;
      discard(response);
      if (redirections === maximumRedirections) {
        throw new ImageError('REGISTRY', `${this.#host} redirects more than ${maximumRedirections} times`);
      }
      url = redirected(url, response.headers.location);
    }
  }

  async #refused(status: number, body: Response['body'], what: string): Promise<Refused> {
    discard({ body });
    return new Refused(status, statusProblem(status, this.#host, what));
  }
}

/** An answer that is not what was asked for. */
class Refused extends Error {
  readonly status: number;
  readonly error: ImageError;

  constructor(status: number, error: ImageError) {
    super(error.message);
    this.status = status;
    this.error = error;
  }
}

/** A file that a blob is received into, in several parts if need be. */
class Download {
  readonly #blob: Descriptor;
  readonly #file: FileHandle;
  #hash;
  #offset = 0;

  constructor(blob: Descriptor, file: FileHandle) {
    this.#blob = blob;
    this.#file = file;
    this.#hash = hashOf(blob.digest);
  }

  /** The number of bytes that were received. */
  get offset(): number {
    return this.#offset;
  }

  async receive(response: Response): Promise<void> {
    if (this.#offset > 0 && !continues(response, this.#offset)) await this.#restart();
    const { digest, size } = this.#blob;
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      if (this.#offset + chunk.length > size) {
        throw new ImageError('DIGEST', `Its blob ${digest} has more than the ${size} bytes that its manifest says`);
      }
      await this.#file.write(chunk, 0, chunk.length, this.#offset);
      this.#hash.update(chunk);
      this.#offset += chunk.length;
    }
    if (this.#offset < size) {
      throw new ImageError('REGISTRY', `the blob ${digest} broke off after ${this.#offset} of ${size} bytes`);
    }
  }

  verify(): void {
    const { digest } = this.#blob;
    const found: Digest = digestFrom(this.#hash, digest);
    if (found !== digest) {
      const help = 'it was damaged or changed on its way, or in the registry';
      throw new ImageError('DIGEST', `Its blob ${digest} came with the digest ${found}: ${help}`);
    }
  }

  /** The server sends everything again. */
  async #restart(): Promise<void> {
    await this.#file.truncate(0);
    this.#offset = 0;
    this.#hash = hashOf(this.#blob.digest);
  }
}

function continues({ statusCode, headers }: Response, offset: number): boolean {
  if (statusCode !== 206) return false;
  const range = String(headers['content-range'] ?? '');
  const [, start] = /^bytes (\d+)-/.exec(range) ?? [];
  if (Number(start) === offset) return true;
  throw new ImageError('REGISTRY', `the registry sent the range '${range}' instead of one that starts at ${offset}`);
}

function redirected(from: URL, location: string | string[] | undefined): URL {
  const url = URL.parse(String(location ?? ''), from);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && from.protocol === 'http:');
  if (url !== null && location !== undefined && isSafe) return url;
  const problem = 'which is no address of https';
  throw new ImageError('REGISTRY', `${from.host} redirects to '${String(location ?? '')}', ${problem}`);
}

function discard({ body }: Pick<Response, 'body'>): void {
  body.on('error', () => undefined).destroy();
}
