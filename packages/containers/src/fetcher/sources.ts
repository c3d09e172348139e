import { constants } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { Directory } from './directory.ts';
import { FetchError } from './fetch-error.ts';
import { runHadoop } from './hadoop.ts';
import { HttpSource } from './http-source.ts';
import { NotCachedError } from './not-cached.ts';
import type { Source } from './plan.ts';
import type { FetchPlugin } from './plugin.ts';
import { BatchWriter, pump, type Sink, type Transfer } from './sink.ts';
import { needTool, runTool, type ToolOptions } from './tool.ts';
import { copyProblem, ftpProblem } from './tool-problems.ts';

/** The disk counts as full when it has less space than curl writes at a time. */
const fullBytes = 65_536;
/** Devices have no end. The shell exits with 99 for one. */
const copyFile = '[ -b "$1" ] || [ -c "$1" ] && exit 99; exec cp -- "$1" "$2"';

/** Settings of all kinds of sources. */
export interface SourceOptions {
  /** A transfer of less than a byte a second is aborted after this time. */
  readonly stallTimeoutMs: number;
  /** The first pause between two resumptions of a download. Default: a second. */
  readonly resumePauseMs?: number;
  /** The directory of Hadoop; without it, its client is searched in `PATH`. */
  readonly hadoopHome?: string | undefined;
  /** For schemes that the agent does not fetch by itself. */
  readonly plugins?: readonly FetchPlugin[];
}

/** How contents are brought, and who is told. */
export interface Delivery {
  readonly tool: ToolOptions;
  readonly transfer: Transfer;
  /** Called with a sentence when a download broke off and goes on. */
  readonly onResume: (what: string) => void;
}

/** Where a copy goes: a new file `name` in a directory, where `tool` runs. */
export interface Target extends Delivery {
  readonly directory: Directory;
  readonly name: string;
}

type OtherSource = Extract<Source, { kind: 'other' }>;

/**
 * Copies the contents of a source of any kind to this machine. Local files are read as the task's user, and keep their
 * permissions. Proxies are those of the agent's environment.
 */
export class Sources {
  readonly #options: SourceOptions;
  readonly #http: HttpSource;
  readonly #plugins: ReadonlyMap<string, FetchPlugin>;

  constructor(options: SourceOptions) {
    this.#options = options;
    this.#http = new HttpSource(options);
    const { plugins = [] } = options;
    this.#plugins = new Map(plugins.flatMap(plugin => plugin.schemes.map(scheme => [scheme, plugin])));
  }

  /** Copies a source. @throws {FetchError} and errors of fs and undici. */
  async copy(source: Source, target: Target): Promise<void> {
    const { name, tool } = target;
    switch (source.kind) {
      case 'local':
        return needTool(['sh', '-c', copyFile, 'sh', source.path, name], tool, { explain: copyProblem(source.below) });
      case 'http':
        return toFile(target, sink => this.#download(source.uri, target, sink));
      case 'ftp':
        return this.#curl(source.uri, name, tool);
      case 'other':
        if (this.#pluginOf(source) !== undefined) return toFile(target, sink => this.#read(source, sink, target));
        return this.#hadoop(['-copyToLocal', source.uri, name], source, tool);
    }
  }

  /**
   * Passes the contents of a source on as they come. Tools write to a pipe: they create no files.
   *
   * @throws {FetchError}, errors of fs and undici; when the sink rejects, that error or one that stands for it.
   */
  async read(source: Source, sink: Sink, delivery: Delivery): Promise<void> {
    switch (source.kind) {
      case 'local':
        return readLocal(source, sink, delivery);
      case 'http':
        return this.#download(source.uri, delivery, sink);
      case 'ftp':
        return this.#curl(source.uri, '-', withOutput(sink, delivery));
      case 'other':
        if (this.#pluginOf(source) !== undefined) return this.#read(source, sink, delivery);
        return this.#hadoop(['-cat', source.uri], source, withOutput(sink, delivery));
    }
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  #pluginOf({ scheme }: OtherSource): FetchPlugin | undefined {
    return this.#plugins.get(scheme);
  }

  #download(uri: string, delivery: Delivery, sink: Sink, headers: Readonly<Record<string, string>> = {}) {
    const { tool, transfer, onResume } = delivery;
    return this.#http.read({ uri, headers, signal: tool.signal, transfer, onResume }, sink);
  }

  /** Passes on what a plugin says. */
  async #read(source: OtherSource, sink: Sink, delivery: Delivery): Promise<void> {
    const { tool } = delivery;
    const plugin = this.#pluginOf(source);
    const uid = tool.user?.uid;
    const by = await plugin?.fetchBy(source.uri, uid === undefined ? {} : { uid }).catch(cause => {
      throw new FetchError(`Module '${plugin.name}' cannot fetch it: ${(cause as Error).message}`, { cause });
    });
    tool.signal.throwIfAborted();
    if (by === undefined) return;
    if ('url' in by) return this.#download(by.url, delivery, sink, by.headers);
    const { environment = {} } = by;
    return needTool(by.command, { ...withOutput(sink, delivery), environment });
  }

  #curl(uri: string, output: string, tool: ToolOptions): Promise<void> {
    const seconds = String(Math.max(1, Math.ceil(this.#options.stallTimeoutMs / 1000)));
    const how = ['--disable', '--silent', '--show-error', '--fail', '--globoff', '--proto', '=ftp,ftps'];
    const stall = ['--connect-timeout', seconds, '--speed-limit', '1', '--speed-time', seconds];
    const words = { explain: ftpProblem(uri, () => isFull(tool.directory)) };
    return needTool(['curl', ...how, ...stall, '--output', output, '--url', uri], tool, words);
  }

  #hadoop(command: readonly string[], { scheme }: OtherSource, tool: ToolOptions): Promise<void> {
    return runHadoop(this.#options.hadoopHome, command, `URIs with ${scheme}://`, tool);
  }
}

/** Tells whether the disk is full: curl does not say why it could not write. */
async function isFull(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize < fullBytes;
}

/** Writes contents to the new file of a target. */
async function toFile({ directory, name }: Target, read: (sink: Sink) => Promise<void>): Promise<void> {
  const file = await directory.create(name);
  const writer = new BatchWriter(file);
  try {
    await read({
      begin: async () => undefined,
      take: part => writer.take(part),
      write: part => writer.write(part),
    });
    await writer.end();
  } finally {
    await file.close();
  }
}

/** Lets a sink take the standard output of a tool. */
function withOutput(sink: Sink, { tool, transfer }: Delivery, known = {}): ToolOptions {
  const stdout = async (output: Readable) => {
    await sink.begin(known);
    await pump(output, part => {
      transfer.bytes += part.length;
      return sink.take(part);
    });
  };
  return { ...tool, stdout };
}

/** Reads a local file as the task's user. */
async function readLocal(
  { path, below }: Extract<Source, { kind: 'local' }>,
  sink: Sink,
  delivery: Delivery,
): Promise<void> {
  const { tool, transfer } = delivery;
  const { stdout } = await runTool(['stat', '--dereference', '--format=%f %s', '--', path], tool);
  const [, bits, size] = /^([0-9a-f]+) (\d+)\n$/.exec(stdout) ?? [];
  const mode = Number.parseInt(bits ?? '0', 16);
  // What else there is, such as a device or nothing, is explained by the copy past the cache.
  if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new NotCachedError('only regular files are');
  transfer.total = Number(size);
  const output = withOutput(sink, delivery, { bytes: Number(size), mode: mode & 0o777 });
  await needTool(['cat', '--', path], output, { explain: copyProblem(below) });
}
