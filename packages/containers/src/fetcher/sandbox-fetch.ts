import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { User } from '@meseta/system';
import { extract } from './archives.ts';
import { Directory } from './directory.ts';
import { FetchError } from './fetch-error.ts';
import type { Item } from './plan.ts';
import type { Sources } from './sources.ts';
import { runTool, type ToolOptions } from './tool.ts';
import { reasonOf, shownUri, UriFailure } from './uri-failure.ts';

/** The number of URIs of one container that are fetched at a time. */
const parallel = 4;
const download = 'download';
const extracted = 'extracted';

/** A URI as the framework wrote it, and its parsed form. */
export interface Wanted {
  readonly uri: string;
  readonly item: Item;
}

/** The sandbox to fetch into. */
export interface SandboxOptions {
  readonly sandbox: string;
  /** Undefined: this process's user. */
  readonly user: User | undefined;
  readonly sources: Sources;
  readonly signal: AbortSignal;
}

/**
 * Fetches URIs into a sandbox. Each is fetched and extracted in its own directory below a hidden one in the sandbox,
 * several at a time. When all are complete they are moved to their places in the order of the list: of two files with
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
  const sandbox = await Directory.open(options.sandbox, options.user);
  const log = await sandbox.append('stderr');
  const name = `.fetch-${randomUUID()}`;
  try {
    const staging = await sandbox.enter(name, { create: true });
    try {
      const fetch = new SandboxFetch(options, sandbox, staging, name, log);
      await fetch.run(wanted);
    } finally {
      await staging.close();
      await remove(name, { directory: options.sandbox, user: options.user, signal: new AbortController().signal });
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
export async function noteInSandbox(sandbox: string, failures: readonly UriFailure[]): Promise<void> {
  try {
    const directory = await Directory.open(sandbox, undefined);
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

const failureLine = (failure: UriFailure) => `Failed to fetch ${failure.message}\n`;

/** Writes a line for people to a sandbox's stderr. */
async function note(log: FileHandle, text: string): Promise<void> {
  await log.appendFile(text).catch(() => undefined); // a fetch does not fail because there is no space for its log
}

class SandboxFetch {
  readonly #options: SandboxOptions;
  readonly #sandbox: Directory;
  readonly #staging: Directory;
  readonly #stagingPath: string;
  readonly #log: FileHandle;
  readonly #failed = new AbortController();

  constructor(options: SandboxOptions, sandbox: Directory, staging: Directory, name: string, log: FileHandle) {
    this.#options = options;
    this.#sandbox = sandbox;
    this.#staging = staging;
    this.#stagingPath = join(options.sandbox, name);
    this.#log = log;
  }

  async run(wanted: readonly Wanted[]): Promise<void> {
    const left = [...wanted.entries()];
    const work = async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [index, each] = next;
        await this.#attempt(each, () => this.#stage(each.item, String(index)));
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: parallel }, work));
    const failure = ends.find(end => end.status === 'rejected');
    if (failure !== undefined) throw this.#failed.signal.aborted ? this.#failed.signal.reason : failure.reason;
    for (const [index, each] of wanted.entries()) {
      await this.#attempt(each, () => this.#place(each.item, String(index)));
      await note(this.#log, `Fetched ${shownUri(each.uri)}${howExtracted(each.item)}\n`);
    }
  }

  /** Runs one part of the fetch. A failure aborts the others, whose errors are not reported. */
  async #attempt(wanted: Wanted, work: () => Promise<void>): Promise<void> {
    try {
      this.#signal.throwIfAborted();
      await work();
    } catch (error) {
      if (this.#signal.aborted) throw error;
      const failure = new UriFailure(wanted.uri, error);
      this.#failed.abort(failure);
      throw failure;
    }
  }

  async #stage(item: Item, name: string): Promise<void> {
    const directory = await this.#staging.enter(name, { create: true });
    try {
      await this.#options.sources.copy(item.source, { directory, name: download, tool: this.#tool(name) });
      const file = await directory.openFile(download);
      try {
        if (item.executable) await file.chmod(0o755);
        if (item.archive !== undefined) await this.#extract(item, name, directory, file);
      } finally {
        await file.close();
      }
    } finally {
      await directory.close();
    }
  }

  async #extract(item: Item, name: string, directory: Directory, archive: FileHandle): Promise<void> {
    if (item.archive === undefined) return;
    const into = await directory.enter(extracted, { create: true });
    try {
      const tool = this.#tool(join(name, extracted));
      await extract(item.archive, { archive, path: `../${download}`, name: lastOf(item), into, tool });
      await into.open();
    } finally {
      await into.close();
    }
  }

  async #place(item: Item, name: string): Promise<void> {
    const directory = await this.#staging.enter(name);
    const opened = [directory];
    try {
      let parent = this.#sandbox;
      for (const each of item.destination.slice(0, -1)) {
        parent = await named(each, parent.enter(each, { create: true }));
        opened.push(parent);
      }
      await named(lastOf(item), directory.move(download, parent, lastOf(item)));
      if (item.archive === undefined) return;
      const from = await directory.enter(extracted);
      opened.push(from);
      await merge(from, this.#sandbox);
    } finally {
      await Promise.all(opened.map(each => each.close()));
    }
  }

  get #signal(): AbortSignal {
    return AbortSignal.any([this.#options.signal, this.#failed.signal]);
  }

  #tool(path: string): ToolOptions {
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
