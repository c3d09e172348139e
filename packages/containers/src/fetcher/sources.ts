import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import type { Directory } from './directory.ts';
import { FetchError } from './fetch-error.ts';
import { httpProblem, statusProblem } from './http-problem.ts';
import { malformedUri } from './malformed.ts';
import type { Source } from './plan.ts';
import { needTool, type ToolOptions } from './tool.ts';
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
        return this.#download(source.uri, target);
      case 'ftp':
        return this.#curl(source.uri, target);
      case 'hadoop':
        return this.#hadoop(source.uri, target);
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #download(uri: string, target: Target): Promise<void> {
    let { url, headers } = withoutUser(uri);
    for (let redirections = 0; ; redirections++) {
      const response = await this.#during(url, target, () => this.#request(url, headers, target));
      const location = redirection(response);
      if (location === undefined) return this.#during(url, target, () => receive(response, target));
      discard(response);
      if (redirections === maximumRedirections) {
        throw new FetchError(`The server redirects more than ${maximumRedirections} times, at last to ${location}`);
      }
      const next = redirected(url, location);
      if (next.origin !== url.origin) headers = {};
      url = next;
    }
  }

  #request(url: URL, headers: Record<string, string>, { tool: { signal } }: Target): Promise<Response> {
    return request(url, { dispatcher: this.#agent, headers, signal });
  }

  /** Runs a part of a download, and explains its errors. */
  async #during<T>(url: URL, { tool: { signal } }: Target, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw signal.aborted ? error : httpProblem(error, url, this.#options.stallTimeoutMs);
    }
  }

  #curl(uri: string, { name, tool }: Target): Promise<void> {
    const seconds = String(Math.max(1, Math.ceil(this.#options.stallTimeoutMs / 1000)));
    const how = ['--disable', '--silent', '--show-error', '--fail', '--globoff', '--proto', '=ftp,ftps'];
    const stall = ['--connect-timeout', seconds, '--speed-limit', '1', '--speed-time', seconds];
    const words = { explain: ftpProblem(uri, () => isFull(tool.directory)) };
    return needTool(['curl', ...how, ...stall, '--output', name, '--url', uri], tool, words);
  }

  #hadoop(uri: string, { name, tool }: Target): Promise<void> {
    const { hadoopHome } = this.#options;
    const client = hadoopHome === undefined ? 'hadoop' : join(hadoopHome, 'bin', 'hadoop');
    const scheme = uri.slice(0, uri.indexOf(':'));
    const where = hadoopHome === undefined ? 'there is no hadoop in PATH, and --hadoop_home is not set' : client;
    const missing = `URIs with ${scheme}:// are fetched with Hadoop's client, which was not found: ${where}`;
    return needTool([client, 'fs', '-copyToLocal', uri, name], tool, { missing, explain: hadoopProblem });
  }
}

/** Tells whether the disk is full: curl does not say why it could not write. */
async function isFull(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize < fullBytes;
}

type Response = Dispatcher.ResponseData;

async function receive(response: Response, { directory, name, tool: { signal } }: Target): Promise<void> {
  if (response.statusCode !== 200) {
    discard(response);
    throw new FetchError(statusProblem(response.statusCode));
  }
  const file = await directory.create(name);
  await pipeline(response.body, file.createWriteStream(), { signal });
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
