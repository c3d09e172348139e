import { type FetchBy, type FetchContext, type FetchPlugin, ownSchemes } from '@meseta/containers/isolators';
import { ModuleError } from '../errors.ts';
import type { ModuleHost } from './module-host.ts';

/** Implements a fetcher in a module's thread. */
export class UserFetcher implements FetchPlugin {
  readonly name: string;
  readonly schemes: readonly string[];
  readonly #host: ModuleHost;

  constructor(name: string, host: ModuleHost) {
    this.name = name;
    this.schemes = host.description.schemes;
    this.#host = host;
  }

  async fetchBy(uri: string, context: FetchContext): Promise<FetchBy> {
    return checked(await this.#host.call('fetchBy', [uri, context]));
  }
}

/** @throws {ModuleError} when a fetcher has no schemes, or some that the agent or another fetcher has. */
export function checkSchemes({ name, schemes }: FetchPlugin, others: readonly FetchPlugin[]): void {
  const fail = (why: string) => {
    throw new ModuleError('MODULE_FAILED', `Cannot use fetcher module '${name}': ${why}`);
  };
  if (schemes.length === 0) fail("its 'schemes' name none");
  for (const scheme of schemes) {
    if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) fail(`'${scheme}' is no scheme: expecting one as s3, in lower case`);
    if (ownSchemes.has(scheme)) fail(`the agent itself fetches ${scheme}://`);
    const other = others.find(each => each.schemes.includes(scheme));
    if (other !== undefined) fail(`module '${other.name}' fetches ${scheme}://, too`);
  }
}

/** @throws when an answer is none of a fetcher. */
function checked(answer: unknown): FetchBy {
  const { url, headers = {}, command, environment = {} } = (answer ?? {}) as Record<string, unknown>;
  if (typeof url === 'string' && command === undefined && isStrings(headers)) {
    if (/^https?:\/\//i.test(url)) return { url, headers };
    throw new Error("it answered with a 'url' that is neither http:// nor https://");
  }
  if (url === undefined && isCommand(command) && isStrings(environment)) return { command, environment };
  const expected = "either 'url' and 'headers', or 'command', a list that begins with a program, and 'environment'";
  throw new Error(`it answered with something else than ${expected}`);
}

const isStrings = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null && Object.values(value).every(each => typeof each === 'string');

const isCommand = (value: unknown): value is readonly [string, ...string[]] =>
  Array.isArray(value) && value.length > 0 && value.every(each => typeof each === 'string' && !each.includes('\0'));
