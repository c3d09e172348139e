import { setTimeout as pause } from 'node:timers/promises';
import type { Dispatcher, EnvHttpProxyAgent } from 'undici';
import { FetchError } from './fetch-error.ts';
import { passBody } from './http-body.ts';
import type { Exchange } from './http-client.ts';
import { httpProblem, statusProblem } from './http-problem.ts';
import { contentLength, type Resumable, rangeHeaders, rangeProblem, resumable } from './http-ranges.ts';
import { malformedUri } from './malformed.ts';
import type { Sink, Transfer } from './sink.ts';

const maximumRedirections = 20;
const maximumResumptions = 5;
/** After so many bytes more, the resumptions before them do not count. */
const muchBytes = 16 * 1024 * 1024;
/** The time before the second resumption; the first one comes at once, and each further one after twice the time. */
const defaultPauseMs = 1000;
/** What is read ahead while the disk writes. */
const readAheadBytes = 1024 * 1024;

/** The settings of downloads. */
export interface HttpOptions {
  /** A server that sends nothing for this time has stalled. */
  readonly stallTimeoutMs: number;
  /** The first pause between two resumptions; 1 second without it. */
  readonly resumePauseMs?: number;
}

/** A file to download. */
export interface Download {
  readonly uri: string;
  /** More headers. They are sent to the host of the URI alone. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly transfer: Transfer;
  /** Called with a sentence when the download broke off and goes on. */
  readonly onResume: (what: string) => void;
}

/** The transfer broke off for a reason that may have passed when it is tried again. */
class Interruption extends Error {
  override readonly name = 'Interruption';
  /** For the task's owner. */
  readonly problem: unknown;

  constructor(problem: unknown) {
    super('Interrupted', { cause: problem });
    this.problem = problem;
  }
}

type Response = Dispatcher.ResponseData<Exchange>;

/**
 * Downloads by http and https. Proxies are those of the agent's environment. When the connection breaks off in the middle, the rest
 * is asked for, if the server offers that and has the same file still.
 */
export class HttpSource {
  readonly #options: HttpOptions;
  #agent: Promise<EnvHttpProxyAgent> | undefined;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  async close(): Promise<void> {
    await (await this.#agent)?.destroy();
  }

  /** Passes a file on. @throws {FetchError}, errors of undici; what the sink throws, as it is. */
  async read(download: Download, sink: Sink): Promise<void> {
    const { transfer, signal, onResume } = download;
    let ranges: Resumable | undefined;
    let begun = false;
    const begin = async ({ statusCode, headers }: Response) => {
      if (statusCode !== 200) throw new FetchError(statusProblem(statusCode));
      ranges = resumable(headers);
      transfer.total = contentLength(headers);
      await sink.begin({ bytes: transfer.total });
      begun = true;
    };
    let before = 0;
    for (let resumed = 0; ; resumed++) {
      try {
        const range = ranges && transfer.bytes > 0 ? rangeHeaders(ranges, transfer.bytes) : {};
        return await this.#transfer(download, range, sink, response =>
          begun ? mustContinue(response, transfer) : begin(response),
        );
      } catch (error) {
        if (!(error instanceof Interruption)) throw error;
        if (!begun || signal.aborted) throw error.problem;
        if (ranges === undefined) throw withHelp(error.problem, 'the server does not offer to send the rest');
        if (transfer.bytes - before >= muchBytes) resumed = 0;
        before = transfer.bytes;
        if (resumed === maximumResumptions) throw withHelp(error.problem, `it was resumed ${resumed} times`);
        onResume(`${messageOf(error.problem)} (${resumed + 1} of ${maximumResumptions})`);
        await this.#pause(resumed, signal);
      }
    }
  }

  async #pause(resumed: number, signal: AbortSignal): Promise<void> {
    if (resumed === 0) return;
    const { resumePauseMs = defaultPauseMs } = this.#options;
    await pause(resumePauseMs * 2 ** (resumed - 1), undefined, { signal });
  }

  /** @throws {Interruption} for errors of the network. */
  async #transfer(
    { uri, headers, signal, transfer }: Download,
    range: Readonly<Record<string, string>>,
    sink: Sink,
    onResponse: (response: Response) => Promise<void>,
  ): Promise<void> {
    const { url, response } = await this.#follow(uri, { ...headers, ...range }, signal);
    response.body.on('error', () => undefined); // it may fail before it is read
    let refused: { readonly error: unknown } | undefined;
    const refuse = (error: unknown) => {
      refused = { error };
      throw error;
    };
    try {
      await onResponse(response).catch(refuse);
      const body = {
        stream: response.body,
        bytes: contentLength(response.headers),
        reader: response.opaque.connection?.reader,
        stallTimeoutMs: this.#options.stallTimeoutMs,
      };
      await passBody(body, {
        take: part => {
          transfer.bytes += part.length;
          return sink.take(part)?.catch(refuse);
        },
        write: piece => {
          transfer.bytes += piece.length;
          return sink.write(piece).catch(refuse);
        },
      });
    } catch (error) {
      discard(response);
      if (refused !== undefined) throw refused.error;
      throw this.#interruption(error, url, signal);
    }
  }

  /** Follows redirections to a response with contents. */
  async #follow(uri: string, more: Readonly<Record<string, string>>, signal: AbortSignal) {
    const { request } = await loadClient();
    this.#agent ??= this.#createAgent();
    const dispatcher = await this.#agent;
    let { url, headers } = withoutUser(uri, more);
    for (let redirections = 0; ; redirections++) {
      const opaque: Exchange = {};
      const options = { dispatcher, headers, signal, highWaterMark: readAheadBytes, opaque };
      const response = await request(url, options).catch(error => {
        throw this.#interruption(error, url, signal);
      });
      const location = redirection(response);
      if (location === undefined) return { url, response: checked(response) };
      discard(response);
      if (redirections === maximumRedirections) {
        throw new FetchError(`The server redirects more than ${maximumRedirections} times, at last to ${location}`);
      }
      const next = redirected(url, location);
      if (next.origin !== url.origin) headers = onlyRange(headers);
      url = next;
    }
  }

  async #createAgent(): Promise<EnvHttpProxyAgent> {
    const { createClient } = await loadClient();
    return createClient(this.#options.stallTimeoutMs);
  }

  #interruption(error: unknown, url: URL, signal: AbortSignal): unknown {
    return new Interruption(signal.aborted ? error : httpProblem(error, url, this.#options.stallTimeoutMs));
  }
}

function loadClient(): Promise<typeof import('./http-client.ts')> {
  return import('./http-client.ts');
}

/** @throws {Interruption} when the server is to be asked again. */
function checked(response: Response): Response {
  const { statusCode: status } = response;
  if (status === 200 || status === 206 || status === 416) return response;
  discard(response);
  const problem = new FetchError(statusProblem(status));
  throw status >= 500 || status === 429 ? new Interruption(problem) : problem;
}

async function mustContinue(response: Response, { bytes, total }: Transfer): Promise<void> {
  const problem = bytes > 0 ? rangeProblem(response, bytes, total) : wholeProblem(response, total);
  if (problem !== undefined) throw new FetchError(`The connection broke, and the download cannot go on: ${problem}`);
}

/** Nothing has come of the file yet, so any file of the announced size is as good. */
function wholeProblem({ statusCode, headers }: Response, total: number | undefined): string | undefined {
  if (statusCode !== 200) return `the server answered with status ${statusCode}`;
  return contentLength(headers) === total ? undefined : 'the file has another size now';
}

function withHelp(problem: unknown, why: string): unknown {
  if (!(problem instanceof FetchError)) return problem;
  return new FetchError(`${problem.message} (${why})`, { cause: problem.cause });
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function discard({ body }: Response): void {
  body.on('error', () => undefined).destroy();
}

const redirections: ReadonlySet<number> = new Set([300, 301, 302, 303, 307, 308]);

/** Returns the target of a redirection; undefined when the response is not one. */
function redirection({ statusCode, headers: { location } }: Response): string | undefined {
  const first = Array.isArray(location) ? location[0] : location;
  return redirections.has(statusCode) ? first : undefined;
}

function redirected(from: URL, location: string): URL {
  const url = URL.parse(location, from);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new FetchError(`The server redirects to '${location}', which is no address of http or https`);
}

/** Credentials, and what a module adds, are not for other hosts. */
function onlyRange(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name === 'range' || name === 'if-range'));
}

/** Moves a user in the URI to a header, which is not sent to other hosts after a redirection. */
function withoutUser(
  uri: string,
  headers: Readonly<Record<string, string>>,
): { url: URL; headers: Record<string, string> } {
  const url = parse(uri);
  const { username, password } = url;
  if (username === '' && password === '') return { url, headers };
  url.username = '';
  url.password = '';
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return { url, headers: { ...headers, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new FetchError("Malformed URI: a '%' in its user or password is written %25", { cause });
  }
}

function parse(uri: string): URL {
  const url = URL.parse(uri);
  if (url === null) throw new FetchError(malformedUri(uri));
  return url;
}
