import { constants } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import type { Directory } from './directory.ts';
import { FetchError } from './fetch-error.ts';
import { httpProblem, statusProblem } from './http-problem.ts';
import { malformedUri } from './malformed.ts';
import { NotCachedError } from './not-cached.ts';
import type { Source } from './plan.ts';
import { needTool, runTool, type ToolOptions } from './tool.ts';
import { copyProblem, ftpProblem, hadoopProblem } from './tool-problems.ts';

const maximumRedirections = 20;
/** The disk counts as full when it has less space than curl writes at a time. */
const fullBytes = 65_536;

/** Settings of all kinds of sources. */
export interface SourceOptions {
  /** A transfer of less than a byte a second is aborted after this time. */
  readonly stallTimeoutMs: number;
  /** The directory of Hadoop; without it, its client is searched in `PATH`. */
  readonly hadoopHome?: string;
}

/** Where the contents go: a new file `name` in a directory. */
export interface Target {
  readonly directory: Directory;
  readonly name: string;
  /** Runs tools in that directory. */
  readonly tool: ToolOptions;
}

/** What is known of contents before they come. */
export interface Known {
  /** Undefined: not known. It may be wrong. */
  readonly bytes?: number | undefined;
  /** The permissions of a local file. */
  readonly mode?: number | undefined;
}

/** Reads contents to their end. Whether they are complete is known when the source has succeeded, too. */
export type Receive = (body: Readable, known: Known) => Promise<void>;

/**
 * Copies the contents of a source of any kind to this machine. Local files are read as the task's user, and keep their
 * permissions. Proxies are those of the agent's environment.
 */
export class Sources {
  readonly #options: SourceOptions;
  readonly #agent: EnvHttpProxyAgent;

  constructor(options: SourceOptions) {
    this.#options = options;
    const { stallTimeoutMs: timeout } = options;
    this.#agent = new EnvHttpProxyAgent({ connect: { timeout }, headersTimeout: timeout, bodyTimeout: timeout });
  }

  /** Copies a source. @throws {FetchError} and errors of fs and undici. */
  async copy(source: Source, target: Target): Promise<void> {
    switch (source.kind) {
      case 'local':
        return needTool(['cp', '--', source.path, target.name], target.tool, { explain: copyProblem(source.below) });
      case 'http':
        return this.#download(source.uri, target.tool, body => write(body, target));
      case 'ftp':
        return this.#curl(source.uri, target.name, target.tool);
      case 'hadoop':
        return this.#hadoop(['-copyToLocal', source.uri, target.name], source.uri, target.tool);
    }
  }

  /**
   * Passes the contents of a source on as they come. Tools write to a pipe: they create no files.
   *
   * @throws {FetchError}, errors of fs and undici; when `receive` rejects, that error or one that stands for it.
   */
  async read(source: Source, tool: ToolOptions, receive: Receive): Promise<void> {
    const stdout = (output: Readable) => receive(output, {});
    switch (source.kind) {
      case 'local':
        return readLocal(source, tool, receive);
      case 'http':
        return this.#download(source.uri, tool, receive);
      case 'ftp':
        return this.#curl(source.uri, '-', { ...tool, stdout });
      case 'hadoop':
        return this.#hadoop(['-cat', source.uri], source.uri, { ...tool, stdout });
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #download(uri: string, { signal }: ToolOptions, receive: Receive): Promise<void> {
    let { url, headers } = withoutUser(uri);
    for (let redirections = 0; ; redirections++) {
      const response = await this.#during(url, signal, () =>
        request(url, { dispatcher: this.#agent, headers, signal }),
      );
      const location = redirection(response);
      if (location === undefined) return this.#during(url, signal, () => pass(response, receive));
      discard(response);
      if (redirections === maximumRedirections) {
        throw new FetchError(`The server redirects more than ${maximumRedirections} times, at last to ${location}`);
      }
      const next = redirected(url, location);
      if (next.origin !== url.origin) headers = {};
      url = next;
    }
  }

  /** Runs a part of a download, and explains its errors. */
  async #during<T>(url: URL, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw signal.aborted ? error : httpProblem(error, url, this.#options.stallTimeoutMs);
    }
  }

  #curl(uri: string, output: string, tool: ToolOptions): Promise<void> {
    const seconds = String(Math.max(1, Math.ceil(this.#options.stallTimeoutMs / 1000)));
    const how = ['--disable', '--silent', '--show-error', '--fail', '--globoff', '--proto', '=ftp,ftps'];
    const stall = ['--connect-timeout', seconds, '--speed-limit', '1', '--speed-time', seconds];
    const words = { explain: ftpProblem(uri, () => isFull(tool.directory)) };
    return needTool(['curl', ...how, ...stall, '--output', output, '--url', uri], tool, words);
  }

  #hadoop(command: readonly string[], uri: string, tool: ToolOptions): Promise<void> {
    const { hadoopHome } = this.#options;
    const client = hadoopHome === undefined ? 'hadoop' : join(hadoopHome, 'bin', 'hadoop');
    const scheme = uri.slice(0, uri.indexOf(':'));
    const where = hadoopHome === undefined ? 'there is no hadoop in PATH, and --hadoop_home is not set' : client;
    const missing = `URIs with ${scheme}:// are fetched with Hadoop's client, which was not found: ${where}`;
    return needTool([client, 'fs', ...command], tool, { missing, explain: hadoopProblem });
  }
}

/** Tells whether the disk is full: curl does not say why it could not write. */
async function isFull(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize < fullBytes;
}

type Response = Dispatcher.ResponseData;

/** Passes the body of a response on. */
async function pass(response: Response, receive: Receive): Promise<void> {
  try {
    if (response.statusCode !== 200) throw new FetchError(statusProblem(response.statusCode));
    await receive(response.body, { bytes: contentLength(response) });
  } catch (error) {
    discard(response);
    throw error;
  }
}

function contentLength({ headers }: Response): number | undefined {
  const length = headers['content-length'];
  return typeof length === 'string' && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

async function write(body: Readable, { directory, name, tool: { signal } }: Target): Promise<void> {
  const file = await directory.create(name);
  await pipeline(body, file.createWriteStream(), { signal });
}

/** Reads a local file as the task's user. */
async function readLocal(
  { path, below }: Extract<Source, { kind: 'local' }>,
  tool: ToolOptions,
  receive: Receive,
): Promise<void> {
  const { stdout } = await runTool(['stat', '--dereference', '--format=%f %s', '--', path], tool);
  const [, bits, bytes] = /^([0-9a-f]+) (\d+)\n$/.exec(stdout) ?? [];
  const mode = Number.parseInt(bits ?? '0', 16);
  // What else there is, such as a device or nothing, cp explains, or copies without an end.
  if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new NotCachedError('only regular files are');
  await needTool(
    ['cat', '--', path],
    { ...tool, stdout: output => receive(output, { bytes: Number(bytes), mode: mode & 0o777 }) },
    { explain: copyProblem(below) },
  );
}

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

/** Moves a user in the URI to a header, which is not sent to other hosts after a redirection. */
function withoutUser(uri: string): { url: URL; headers: Record<string, string> } {
  const url = parse(uri);
  const { username, password } = url;
  if (username === '' && password === '') return { url, headers: {} };
  url.username = '';
  url.password = '';
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return { url, headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } };
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
