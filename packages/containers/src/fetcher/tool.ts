import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import type { User } from '@meseta/system';
import { keptOutput, killGroup, spawnTied } from '../tied-process.ts';
import { FetchError, noRoom } from './fetch-error.ts';
import { cut } from './uri-failure.ts';

/** The maximum length of a tool's message in an error. */
const ownWords = 160;
/** The number of bytes of a tool's output that are kept: the cause comes first. */
const outputBytes = 4096;
/** The exit status by which setpriv, like a shell, reports that the program was not found. */
const notFound = 127;
/** The variables of the agent that tools get. Others may be secrets, and tools run as untrusted users. */
const passedOn = /^(PATH|(http|https|ftp|all|no)_proxy|JAVA_HOME|HADOOP_\w+)$/i;

/** How a tool is run. */
export interface ToolOptions {
  readonly directory: string;
  /** The user to run as; undefined for this process's user. */
  readonly user: User | undefined;
  readonly signal: AbortSignal;
  readonly stdin?: FileHandle;
  /** More variables than those of the agent that tools get. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A file, or a function that reads the output. When it rejects, the tool is killed. */
  readonly stdout?: FileHandle | ((output: Readable) => Promise<void>);
}

/** How a tool ended. */
export interface ToolEnd {
  /** The exit code; undefined when it was killed by a signal. */
  readonly code: number | undefined;
  /** The beginning of its standard output, unless that was redirected. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Explains how a tool failed; undefined when its own message is the best there is. */
export type Explain = (end: ToolEnd) => string | FetchError | undefined | Promise<string | FetchError | undefined>;

/** Messages that replace a tool's own. */
export interface ToolWords {
  /** The message when the tool is not installed. */
  readonly missing?: string;
  readonly explain?: Explain;
}

/**
 * Runs a program of the machine as the task's user. When the signal is aborted, it is killed with everything it
 * started. When the agent dies, the kernel kills it.
 *
 * @throws what the reader of its output throws.
 */
export async function runTool(
  argv: readonly [string, ...string[]],
  { directory, user, signal, stdin, stdout, environment: more }: ToolOptions,
): Promise<ToolEnd> {
  signal.throwIfAborted();
  const taker = typeof stdout === 'function' ? stdout : undefined;
  const file = typeof stdout === 'function' ? undefined : stdout;
  const child = spawnTied(argv, {
    cwd: directory,
    env: { ...environment(), ...more },
    stdio: [stdin?.fd ?? 'ignore', file?.fd ?? 'pipe', 'pipe'],
    user,
  });
  const output = [taker === undefined ? child.stdout : null, child.stderr].map(stream =>
    keptOutput(stream, outputBytes),
  );
  const kill = () => killGroup(child.pid);
  const taken = child.stdout === null ? undefined : taker?.(unlost(child.stdout));
  taken?.catch(kill);
  signal.addEventListener('abort', kill, { once: true });
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    signal.throwIfAborted();
    await taken;
    const [out = '', err = ''] = output.map(text => text());
    return { code: code ?? undefined, stdout: out, stderr: err };
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

/**
 * Runs a tool that has to succeed.
 *
 * @throws {FetchError} otherwise, with the given explanation or a short form of the tool's message.
 */
export async function needTool(
  argv: readonly [string, ...string[]],
  options: ToolOptions,
  { missing = `${argv[0]} is not installed on the agent's machine`, explain }: ToolWords = {},
): Promise<void> {
  const end = await runTool(argv, options);
  if (end.code === 0) return;
  if (end.code === notFound && end.stderr.startsWith('setpriv:')) throw new FetchError(missing);
  const full = fullDisk(end);
  if (full !== undefined) throw full;
  const words = (await explain?.(end)) ?? inItsWords(argv[0], end);
  throw typeof words === 'string' ? new FetchError(words) : words;
}

function fullDisk({ stderr }: ToolEnd): FetchError | undefined {
  if (/: No space left on device$/m.test(stderr)) return noRoom('ENOSPC');
  return /: Disk quota exceeded$/m.test(stderr) ? noRoom('EDQUOT') : undefined;
}

function inItsWords(tool: string, { code, stderr }: ToolEnd): string {
  const how = code === undefined ? 'was killed' : `exited with status ${code}`;
  const said = cut(stderr.trim().replace(/\s*\n\s*/g, '; '), ownWords);
  return [`${basename(tool)} ${how}`, said].filter(Boolean).join(': ');
}

function environment(): NodeJS.ProcessEnv {
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => passedOn.test(name))), LC_ALL: 'C' };
}

/** Passes output on. Node.js throws away what is not being read yet when the process ends. */
function unlost(output: Readable): Readable {
  return pipeline(output, new PassThrough(), () => undefined); // an error ends the other stream, too
}
