/**
 * Connections to ports in the network namespaces of containers. The agent's process cannot enter a namespace, so a helper process
 * does, which passes on what both sides say (see connections.pl). It is started when the first connection is asked for, and again
 * when it was killed.
 */
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { getSystemErrorMessage, getSystemErrorName } from 'node:util';
import { makeDirectories, type ProcessId, readProcess } from '@meseta/system';
import type { ConnectTarget } from '../../containerizer.ts';
import { type PerlHelper, startPerlHelper } from '../../shim/perl-helper.ts';
import { connectToHelper } from '../io/helper-socket.ts';

const program = fileURLToPath(new URL('./connections.pl', import.meta.url));

/** What connections need. */
export interface ContainerConnectionsOptions {
  /** The agent's `--runtime_dir`. */
  readonly runtimeDirectory: string;
  readonly onWarning: (message: string) => void;
}

/** No connection to a port in a container. The message says why, as far as `code` and the system's fields do not. */
class ContainerConnectionError extends Error {
  override readonly name = 'ContainerConnectionError';
  readonly code: string;
  /** What did not answer, as in the errors of Node.js. */
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;

  constructor(code: string, message: string, where: { address?: string; port?: number; hostname?: string } = {}) {
    super(message);
    this.code = code;
    Object.assign(this, where);
  }
}

/**
 * Tells whether the network of a process is another one than this process's. Only root can enter one, so for other users there
 * is none.
 *
 * @throws {ContainerConnectionError} the process has ended.
 */
export function hasOwnNetwork(pid: number): boolean {
  if (process.geteuid?.() !== 0) return false;
  try {
    // The kernel makes this link in memory, in microseconds.
    return readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync('/proc/self/ns/net');
  } catch {
    throw hasEnded(); // never the agent's own network instead
  }
}

const hasEnded = () => new ContainerConnectionError('CONTAINER_ENDED', 'the container has ended');

/** See the top of this file. */
export class ContainerConnections {
  readonly #options: ContainerConnectionsOptions;
  readonly #directory: string;
  #helper: Promise<PerlHelper> | undefined;
  #closed = false;

  constructor(options: ContainerConnectionsOptions) {
    this.#options = options;
    this.#directory = join(options.runtimeDirectory, 'connections');
  }

  /**
   * Connects to a port in the network namespace of a process. The connection has the rights of that process's user.
   *
   * @param pid of the container's program; undefined: it has ended.
   * @param signal ends the connection, also later on.
   * @throws {ContainerConnectionError} {PerlHelperError} and an AbortError.
   */
  async connect(pid: number | undefined, to: ConnectTarget, signal: AbortSignal): Promise<Socket> {
    const first = pid === undefined ? undefined : readProcess(pid);
    if (first === undefined) throw hasEnded();
    await this.#running();
    const socket = await connectToHelper(this.#directory);
    socket.on('error', () => undefined); // also between its users
    addAbortSignal(signal, socket);
    try {
      const answer = answerOf(socket);
      socket.write(request(first, to));
      const problem = problemOf(await answer, to);
      if (problem) throw problem;
      return socket;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** The helper ends; connections do with those who use them. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    const helper = await this.#helper?.catch(() => undefined); // who asked for it has got the error
    if (helper === undefined || helper.exitCode !== null || helper.signalCode !== null) return;
    const ended = once(helper, 'exit');
    helper.stdin.end();
    await ended;
  }

  #running(): Promise<PerlHelper> {
    if (this.#closed) return Promise.reject(new Error('The agent ends'));
    this.#helper ??= this.#start();
    return this.#helper;
  }

  async #start(): Promise<PerlHelper> {
    const forget = () => {
      this.#helper = undefined;
    };
    try {
      await makeDirectories(this.#directory, 0o700);
      const { child } = await startPerlHelper({
        purpose: 'connects to ports in containers',
        argv: [program],
        workingDirectory: this.#directory,
        environment: { PATH: process.env.PATH, LC_ALL: 'C' },
        onWarning: message => this.#options.onWarning(message.trim()),
      });
      child.once('exit', forget);
      return child;
    } catch (error) {
      forget();
      throw error;
    }
  }
}

function request({ pid, start }: ProcessId, { host, port }: ConnectTarget): string {
  if (/\s/.test(host)) throw new ContainerConnectionError('ENOTFOUND', `No host has the name '${host}'`);
  return `${pid} ${start} ${host} ${port}\n`;
}

/** Reads the line with which connections.pl answers, and nothing of what follows. */
function answerOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = '';
    const read = () => {
      for (let byte = socket.read(1); byte !== null; byte = socket.read(1)) {
        if (byte[0] === 0x0a) {
          socket.off('readable', read);
          return resolve(line);
        }
        line += byte.toString('latin1');
      }
    };
    socket.on('readable', read);
    socket.once('error', reject);
    const ended = () =>
      reject(new ContainerConnectionError('CONNECTION_LOST', 'the process that connects to it was killed'));
    socket.once('end', ended).once('close', ended);
  });
}

function problemOf(answer: string, { host, port }: ConnectTarget): ContainerConnectionError | undefined {
  if (answer === '') return undefined;
  const [word, ...rest] = answer.split(' ');
  const text = rest.join(' ');
  if (word === 'gone') return hasEnded();
  if (word === 'unknown') {
    return new ContainerConnectionError('ENOTFOUND', `The host '${host}' is unknown`, { hostname: host });
  }
  if (word !== 'errno') return new ContainerConnectionError('CONTAINER_NETWORK', text);
  const number = -Number(text);
  const message = `connect ${host}:${port}: ${getSystemErrorMessage(number)}`;
  return new ContainerConnectionError(getSystemErrorName(number), message, { address: host, port });
}
