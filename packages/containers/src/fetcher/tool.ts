import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { User } from '@meseta/system';
import { FetchError, noRoom } from './fetch-error.ts';
import { cut } from './uri-failure.ts';

/** As much of a tool's own words as is told. */
const ownWords = 160;
/** As much of a tool's output as is kept: it says the cause first. */
const outputBytes = 4096;
/** How setpriv, as shells do, says that there is no such program. */
const notFound = 127;
/** The kernel does not tell of a parent that died before it was asked to. The second setpriv says what is missing. */
const withParent = '[ "$PPID" = "$0" ] && exec setpriv -- "$@"';
/** Nothing else of the agent's environment: secrets may be in it, and the tools run as anybody. */
const passedOn = /^(PATH|(http|https|ftp|all|no)_proxy|JAVA_HOME|HADOOP_\w+)$/i;

/** How a tool is run. */
export interface ToolOptions {
  readonly directory: string;
  /** Undefined: this process's user. */
  readonly user: User | undefined;
  readonly signal: AbortSignal;
  readonly stdin?: FileHandle;
  /** A file, or who takes it as it comes; it must not throw. */
  readonly stdout?: FileHandle | ((chunk: Buffer) => void);
}

/** How a tool ended. */
export interface ToolEnd {
  /** Undefined: by a signal. */
  readonly code: number | undefined;
  /** Its first words on standard output, unless that went elsewhere. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Puts into words how a tool failed; undefined: there are no better ones than its own. */
export type Explain = (end: ToolEnd) => string | FetchError | undefined | Promise<string | FetchError | undefined>;

/** What is said instead of a tool's own words. */
export interface ToolWords {
  /** When it is not there. */
  readonly missing?: string;
  readonly explain?: Explain;
}

/**
 * Runs one of the machine's programs as the task's user. It is killed with everything it started when the signal
 * fires, and by the kernel when the agent dies.
 */
export async function runTool(
  argv: readonly [string, ...string[]],
  { directory, user, signal, stdin, stdout }: ToolOptions,
): Promise<ToolEnd> {
  signal.throwIfAborted();
  const taker = typeof stdout === 'function' ? stdout : undefined;
  const file = typeof stdout === 'function' ? undefined : stdout;
  const ifAgentLives = ['/bin/sh', '-c', withParent, String(process.pid), ...argv];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...identity(user), '--', ...ifAgentLives], {
    cwd: directory,
    env: environment(),
    stdio: [stdin?.fd ?? 'ignore', file?.fd ?? 'pipe', 'pipe'],
    detached: true, // a group of its own, to be killed as a whole
  });
  if (taker !== undefined) child.stdout?.on('data', taker);
  const output = [taker === undefined ? child.stdout : null, child.stderr].map(collect);
  const kill = () => killGroup(child.pid);
  signal.addEventListener('abort', kill, { once: true });
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    signal.throwIfAborted();
    const [out = '', err = ''] = output.map(text => text());
    return { code: code ?? undefined, stdout: out, stderr: err };
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

/**
 * The same for a tool that has to succeed.
 *
 * @throws {FetchError} otherwise, in the words given, or in its own in short.
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

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it ended just now
  }
}

function identity(user: User | undefined): string[] {
  if (user === undefined) return [];
  const groups = user.groups.length > 0 ? ['--groups', user.groups.join(',')] : ['--clear-groups'];
  return ['--reuid', String(user.uid), '--regid', String(user.gid), ...groups];
}

function environment(): NodeJS.ProcessEnv {
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => passedOn.test(name))), LC_ALL: 'C' };
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (size < outputBytes) chunks.push(chunk.subarray(0, outputBytes - size));
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
}
