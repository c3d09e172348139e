import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { User } from '@meseta/system';
import { extract } from './archives.ts';
import type { CachedFile, FetchCache } from './cache/fetch-cache.ts';
import type { Directory } from './directory.ts';
import { FetchError } from './fetch-error.ts';
import { NotCachedError } from './not-cached.ts';
import type { Item } from './plan.ts';
import { ProgressLog, type Underway } from './progress-log.ts';
import type { Transfer } from './sink.ts';
import type { Sources } from './sources.ts';
import { needTool, runTool, type ToolOptions } from './tool.ts';
import { reasonOf, shownUri, UriFailure } from './uri-failure.ts';

/** The number of URIs of one container that are fetched at a time. */
const parallel = 4;
const extracted = '-extracted';
/** Tools open the file that is their standard input: its directory is closed to the task's user. */
const standardInput = '/proc/self/fd/0';

/** Where the contents of a URI came from. */
interface Origin {
  /** For the sandbox's stderr. */
  readonly words: string;
  /** The cache has the file. An archive is extracted from there, and the sandbox does not get it. */
  readonly cached: boolean;
}

/** A URI as the framework wrote it, and its parsed form. */
export interface Wanted {
  readonly uri: string;
  readonly item: Item;
}

/** Opens a directory. @param owner of new entries; undefined for this process's user. */
export type OpenDirectory = (owner: User | undefined) => Promise<Directory>;

/** The sandbox to fetch into. */
export interface SandboxOptions {
  /** Its path, for tools. */
  readonly sandbox: string;
  readonly open: OpenDirectory;
  /** Undefined: this process's user. */
  readonly user: User | undefined;
  readonly sources: Sources;
  /** Undefined: there is none, and every file is fetched for this container. */
  readonly cache: FetchCache | undefined;
  /** The time until the first report of progress; 10 seconds without it. */
  readonly progressMs?: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Fetches URIs into a sandbox. Each is fetched into a hidden directory of the sandbox, and extracted in its own directory below
 * that, several at a time. When all are complete they are moved to their places in the order of the list: of two files with
 * the same name, the later one wins. So an incomplete file is never found in its place, and an archive cannot meet
 * files of another one, above all no links that lead elsewhere.
 *
 * The sandbox belongs to the task's user, who is not trusted. This process creates and moves entries there only through
 * `Directory`; everything else is done by tools that run as that user.
 *
 * @throws {UriFailure} the first failure, which is also written to the sandbox's stderr. Errors that concern all URIs
 * are thrown as they are.
 */
export async function fetchIntoSandbox(wanted: readonly Wanted[], options: SandboxOptions): Promise<void> {
  const sandbox = await options.open(options.user);
  const log = await sandbox.append('stderr');
  const name = `.fetch-${randomUUID()}`;
  try {
    const staging = await sandbox.enter(name, { create: true });
    try {
      const fetch = new SandboxFetch(options, sandbox, staging, name, log);
      await fetch.run(wanted);
    } finally {
      await staging.close();
      const tool = { directory: options.sandbox, user: options.user, signal: new AbortController().signal };
      if (!(await sandbox.removeEmpty(name).catch(() => false))) await remove(name, tool);
    }
  } catch (error) {
    // Written only after the removal: before, the fetched files may have filled the disk.
    if (error instanceof UriFailure) await note(log, failureLine(error));
    throw error;
  } finally {
    await log.close();
    await sandbox.close();
  }
}

/** Removes a directory. It may contain directories of archives that their owner may not write to. */
async function remove(name: string, tool: ToolOptions): Promise<void> {
  const { code } = await runTool(['rm', '-rf', '--', name], tool);
  if (code === 0) return;
  await runTool(['chmod', '-R', 'u+rwX', '--', name], tool);
  await runTool(['rm', '-rf', '--', name], tool);
}

/** Writes to a sandbox's stderr which URIs were not even tried. Errors are ignored. */
export async function noteInSandbox(open: OpenDirectory, failures: readonly UriFailure[]): Promise<void> {
  try {
    const directory = await open(undefined);
    try {
      const log = await directory.append('stderr');
      await note(log, failures.map(failureLine).join('')).finally(() => log.close());
    } finally {
      await directory.close();
    }
  } catch {
    // The task's status has the same text.
  }
}

const ownOrigin: Origin = { words: '', cached: false };
const failureLine = (failure: UriFailure) => `Failed to fetch ${failure.message}\n`;

/** Writes a line for people to a sandbox's stderr. */
async function note(log: FileHandle, text: string): Promise<void> {
  await log.appendFile(text).catch(() => undefined); // a fetch does not fail because there is no space for its log
}

/** A fetch of several URIs. In the staging directory, the file of a URI has its number as name; `extracted` is added for its members. */
class SandboxFetch {
  readonly #options: SandboxOptions;
  readonly #sandbox: Directory;
  readonly #staging: Directory;
  readonly #stagingPath: string;
  readonly #log: FileHandle;
  readonly #progress: ProgressLog;
  readonly #failed = new AbortController();
  readonly #signal: AbortSignal;

  constructor(options: SandboxOptions, sandbox: Directory, staging: Directory, name: string, log: FileHandle) {
    this.#options = options;
    this.#sandbox = sandbox;
    this.#staging = staging;
    this.#stagingPath = join(options.sandbox, name);
    this.#log = log;
    this.#progress = new ProgressLog(text => note(log, text), options.progressMs);
    this.#signal = AbortSignal.any([options.signal, this.#failed.signal]);
  }

  async run(wanted: readonly Wanted[]): Promise<void> {
    const left = [...wanted.entries()];
    const origins: Origin[] = [];
    const work = async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [index, each] = next;
        origins[index] = await this.#attempt(each, () => this.#stage(each, String(index)));
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: parallel }, work)).finally(() => this.#progress.close());
    const failure = ends.find(end => end.status === 'rejected');
    if (failure !== undefined) throw this.#failed.signal.aborted ? this.#failed.signal.reason : failure.reason;
    const lines: string[] = [];
    try {
      for (const [index, each] of wanted.entries()) {
        const { words, cached } = origins[index] ?? ownOrigin;
        await this.#attempt(each, () => this.#place(each.item, String(index), cached));
        lines.push(`Fetched ${shownUri(each.uri)}${words}${howExtracted(each.item)}\n`);
      }
    } finally {
      await note(this.#log, lines.join(''));
    }
  }

  /** Runs one part of the fetch. A failure aborts the others, whose errors are not reported. */
  async #attempt<T>(wanted: Wanted, work: () => Promise<T>): Promise<T> {
    try {
      this.#signal.throwIfAborted();
      return await work();
    } catch (error) {
      if (this.#signal.aborted) throw error;
      const failure = new UriFailure(wanted.uri, error);
      this.#failed.abort(failure);
      throw failure;
    }
  }

  #stage(wanted: Wanted, name: string): Promise<Origin> {
    const { uri, item } = wanted;
    const transfer: Transfer = { bytes: 0, total: undefined };
    const onResume = (what: string) => void note(this.#log, `Resuming ${shownUri(uri)}: ${what}\n`);
    const underway: Underway = { uri: shownUri(uri), transfer, step: 'fetch', size: () => this.#staging.size(name) };
    return this.#progress.during(underway, async () => {
      const taken = item.cached ? await this.#take(wanted, underway, onResume) : undefined;
      if (taken !== undefined && 'file' in taken) {
        underway.step = item.archive === undefined ? 'fetch' : 'extract';
        await this.#unpack(item, name, taken).finally(taken.release);
        return { words: taken.downloaded ? " through the agent's cache" : " from the agent's cache", cached: true };
      }
      const target = { directory: this.#staging, name, tool: this.#tool(), transfer, onResume };
      await this.#options.sources.copy(item.source, target);
      underway.step = 'extract';
      await this.#finish(item, name);
      return taken === undefined ? ownOrigin : { words: ` past the agent's cache (${taken.message})`, cached: false };
    });
  }

  async #take(
    { uri, item: { source } }: Wanted,
    underway: Underway,
    onResume: (what: string) => void,
  ): Promise<CachedFile | NotCachedError | undefined> {
    const { cache, user } = this.#options;
    const onWait = () =>
      void note(this.#log, `Waiting for ${underway.uri}: it is already being downloaded into the agent's cache\n`);
    underway.shared = () => cache?.transferOf({ uri, user });
    try {
      return await cache?.take({ uri, source, user, signal: this.#signal, onWait, onResume });
    } catch (error) {
      if (error instanceof NotCachedError) return error;
      throw error;
    }
  }

  /** Extracts or copies a file of the cache, as the task's user. */
  async #unpack(item: Item, name: string, { file, mode }: CachedFile): Promise<void> {
    if (item.archive !== undefined) return this.#extract(item, name, file, standardInput);
    const copy = await this.#staging.create(name, mode);
    try {
      await needTool(['cat'], { ...this.#tool(), stdin: file, stdout: copy });
      if (item.executable) await copy.chmod(0o755);
    } finally {
      await copy.close();
    }
  }

  /** Does to a file what its URI asks for. */
  async #finish(item: Item, name: string): Promise<void> {
    if (!item.executable && item.archive === undefined) return;
    const file = await this.#staging.openFile(name);
    try {
      if (item.executable) await file.chmod(0o755);
      await this.#extract(item, name, file, `../${name}`);
    } finally {
      await file.close();
    }
  }

  async #extract(item: Item, name: string, archive: FileHandle, path: string): Promise<void> {
    if (item.archive === undefined) return;
    const into = await this.#staging.enter(name + extracted, { create: true });
    try {
      const tool = { ...this.#tool(name + extracted), stdin: archive };
      await extract(item.archive, { archive, path, name: lastOf(item), into, tool });
      await into.open();
    } finally {
      await into.close();
    }
  }

  async #place(item: Item, name: string, cached: boolean): Promise<void> {
    if (item.archive === undefined || !cached) await this.#placeFile(item, name);
    if (item.archive === undefined) return;
    const from = await this.#staging.enter(name + extracted);
    await merge(from, this.#sandbox).finally(() => from.close());
    await this.#staging.removeEmpty(name + extracted);
  }

  async #placeFile(item: Item, name: string): Promise<void> {
    const opened: Directory[] = [];
    try {
      let parent = this.#sandbox;
      for (const each of item.destination.slice(0, -1)) {
        parent = await named(each, parent.enter(each, { create: true }));
        opened.push(parent);
      }
      await named(lastOf(item), this.#staging.move(name, parent, lastOf(item)));
    } finally {
      await Promise.all(opened.map(each => each.close()));
    }
  }

  #tool(path = '.'): ToolOptions {
    return { directory: join(this.#stagingPath, path), user: this.#options.user, signal: this.#signal };
  }
}

/** Moves all entries of one directory to another, and merges directories that exist in both. */
async function merge(from: Directory, into: Directory, path = ''): Promise<void> {
  for (const name of await from.names()) {
    const member = `${path}${name}`;
    try {
      await from.move(name, into);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw inTheWay(member, error);
      const [source, target] = [await from.enter(name), await named(member, into.enter(name))];
      try {
        await merge(source, target, `${member}/`);
      } finally {
        await Promise.all([source.close(), target.close()]);
      }
    }
  }
}

function named<T>(member: string, work: Promise<T>): Promise<T> {
  return work.catch(error => {
    throw inTheWay(member, error);
  });
}

/** Replaces the path in an error of `Directory`, which is one in `/proc`. */
function inTheWay(member: string, error: unknown): FetchError {
  return new FetchError(`'${member}' cannot be put into its place: ${reasonOf(error)}`, { cause: error });
}

function howExtracted(item: Item): string {
  if (item.archive !== undefined) return ' and extracted it';
  if (!item.asked) return '';
  const names = '.tar, .tgz, .tar.gz, .tbz2, .tar.bz2, .txz, .tar.xz, .zip or .gz';
  const rule = `as in Apache Mesos, what is extracted has a name that ends with ${names}`;
  return `, but did not extract it: ${rule}, not '${lastOf(item)}'; give it such a name with output_file`;
}

function lastOf(item: Item): string {
  return item.destination.at(-1) ?? '';
}
