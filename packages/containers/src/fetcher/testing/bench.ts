import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type CommandInfoURI, checkId } from '@meseta/protocol';
import { lookupUser } from '@meseta/system';
import type { ContainerKey } from '../../container-id.ts';
import { CacheFiles } from '../cache/cache-files.ts';
import { Fetcher, type FetcherOptions } from '../fetcher.ts';

/** On a busy machine, too, nothing stalls, and no progress is told. */
const unhurried = { stallTimeoutMs: 60_000, progressMs: 3_600_000 };

/** Makes a sandbox, a directory of sources, and a fetcher. */
export async function bench(t: TestContext, options: Partial<FetcherOptions> = {}, user?: string) {
  const directory = await makeDirectory();
  const sources = join(directory, 'sources');
  await mkdir(sources);
  const fetcher = new Fetcher({ ...unhurried, frameworksHome: sources, ...options });
  t.after(async () => {
    await fetcher.close();
    await rm(directory, { recursive: true });
  });
  return {
    directory,
    sources,
    fetcher,
    source: sourcesIn(sources),
    ...(await container(fetcher, 'c', join(directory, 'sandbox'), user)),
  };
}

/** What a bench of the cache has besides the usual. */
export interface CacheBenchOptions {
  /** Default: 1 MB. */
  readonly totalBytes?: number;
  /** Called for the directory of the cache before it is opened. */
  readonly prepare?: (cache: string) => Promise<unknown>;
  readonly options?: Partial<FetcherOptions>;
}

/** Makes a directory of sources, a fetcher with a cache, and a server that counts. Sandboxes are made when asked for. */
export async function cacheBench(t: TestContext, { totalBytes = 2 ** 20, prepare, options }: CacheBenchOptions = {}) {
  const directory = await makeDirectory();
  const [cache, sources] = [join(directory, 'cache'), join(directory, 'sources')];
  await mkdir(sources);
  await mkdir(cache, { mode: 0o700 });
  await prepare?.(cache);
  const warnings: string[] = [];
  const onWarning = (message: string) => void warnings.push(message);
  const fetcher = new Fetcher({
    ...{ ...unhurried, frameworksHome: sources, ...options },
    cache: { files: await CacheFiles.open(cache, onWarning), totalBytes, onWarning },
  });
  t.after(async () => {
    await fetcher.close();
    await rm(directory, { recursive: true });
  });
  return {
    ...{ directory, cache, fetcher, warnings, source: sourcesIn(sources) },
    container: (name: string, user?: string) => container(fetcher, name, join(directory, `sandbox-${name}`), user),
    /** Returns the names of the files in the cache, below the directories of users. */
    cached: async () => {
      const entries = await readdir(cache, { recursive: true, withFileTypes: true });
      return entries.filter(entry => entry.isFile()).map(entry => entry.name);
    },
  };
}

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'meseta-fetcher-'));
  await chmod(directory, 0o755);
  return directory;
}

function sourcesIn(sources: string) {
  return async (name: string, contents: string | Buffer) => {
    await writeFile(join(sources, name), contents);
    return join(sources, name);
  };
}

/** Makes a sandbox for a container. */
async function container(fetcher: Fetcher, name: string, sandbox: string, user: string | undefined) {
  const id: ContainerKey = checkId(name);
  await mkdir(sandbox, { mode: 0o750 });
  const files = ['stdout', 'stderr'].map(file => join(sandbox, file));
  for (const file of files) await writeFile(file, '');
  if (user !== undefined) {
    const { uid, gid } = await lookupUser(user);
    for (const path of [sandbox, ...files]) await chown(path, uid, gid);
  }
  return {
    sandbox,
    fetch: (...uris: CommandInfoURI[]) => fetcher.fetch(id, { uris, sandbox, ...(user === undefined ? {} : { user }) }),
    cancel: () => fetcher.cancel(id),
    read: (...names: string[]) => readFile(join(sandbox, ...names), 'utf8'),
    /** Returns the names of the files in the sandbox, except those of the output. */
    list: async () => (await readdir(sandbox)).filter(file => !['stdout', 'stderr'].includes(file)).sort(),
  };
}
