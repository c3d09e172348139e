/**
 * What containers have as standard input, output and error instead of files: pipes of a session, or a terminal. Each has a
 * directory `<runtime>/io/<container>`: with three FIFOs, or with the socket of the process that holds the terminal, through
 * which the next agent finds it again.
 */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerLimitation, TTYInfo } from '@meseta/protocol';
import { ifAbsent, isShortage, makeDirectories, RepeatedRemovals } from '@meseta/system';
import type { ContainerKey } from '../../container-id.ts';
import type { ContainerIO } from '../../container-io.ts';
import { LaunchError } from '../../errors.ts';
import { switchUser } from '../../switch-user.ts';
import { PipeIO } from './pipe-io.ts';
import { TerminalIO } from './terminal-io.ts';
import { startTerminal } from './terminal-process.ts';

/** Between two tries to connect to a terminal when descriptors are short, in milliseconds. */
const reconnectMs = 500;

/** What a launch needs of the files that it opens. */
export interface OpenedIO {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  /** The terminal's device; undefined: they are pipes. */
  readonly terminal?: string;
  /** Called between fork and exec. */
  opened(): void;
  /** Called when the launch has ended, successfully or not. */
  launched(): void;
}

/** What a container is to have. */
export interface WantedIO {
  readonly tty?: TTYInfo | undefined;
  readonly user?: string | undefined;
  /** Where the output of a terminal goes, too. Undefined: nowhere. */
  readonly logFile?: string | undefined;
}

/** What is told about them. */
export interface ContainerIOsOptions {
  readonly runtimeDirectory: string;
  readonly onWarning: (container: string, message: string) => void;
  /** The process that held a container's terminal was killed. */
  readonly onLost: (key: ContainerKey) => void;
}

/** Why a container ends whose terminal is gone, as in Mesos. */
export const terminalLost: ContainerLimitation = {
  reason: 'REASON_IO_SWITCHBOARD_EXITED',
  message: "'IOSwitchboard' has ended: the process that holds the terminal of the container was killed",
};

/** See the top of this file. */
export class ContainerIOs {
  readonly #options: ContainerIOsOptions;
  readonly #all = new Map<ContainerKey, PipeIO | TerminalIO>();
  readonly #removals: RepeatedRemovals<string>;
  #closed = false;

  constructor(options: ContainerIOsOptions) {
    this.#options = options;
    this.#removals = new RepeatedRemovals({
      remove: name => rm(this.#directory(name), { recursive: true, force: true }),
      onRefused: (name, { message }) =>
        options.onWarning(name, `Cannot remove its directory, which is tried again until it is done: ${message}`),
    });
  }

  /** Returns those of a container; undefined when it has files. */
  get(key: ContainerKey): ContainerIO | undefined {
    return this.#all.get(key);
  }

  /** Makes those of a container before its launch. @throws {LaunchError} `TERMINAL` {UserError} */
  async open(key: ContainerKey, wanted: WantedIO): Promise<OpenedIO> {
    const directory = this.#directory(key);
    await this.#removals.reuse(key);
    await makeDirectories(directory, 0o700);
    if (!wanted.tty) return this.#openPipes(key, directory);
    try {
      return await this.#openTerminal(key, directory, wanted.tty, wanted);
    } catch (error) {
      await this.#removals.remove(key);
      throw error;
    }
  }

  #openPipes(key: ContainerKey, directory: string): OpenedIO {
    const pipes = new PipeIO(directory);
    this.#all.set(key, pipes);
    return { ...pipes.paths, opened: () => pipes.open(), launched: () => pipes.launched() };
  }

  async #openTerminal(
    key: ContainerKey,
    directory: string,
    tty: TTYInfo,
    { user, logFile }: WantedIO,
  ): Promise<OpenedIO> {
    const owner = user === undefined ? undefined : await switchUser(user);
    const onWarning = (message: string) => this.#options.onWarning(key, message);
    const held = await startTerminal({ directory, tty, user: owner, logFile, onWarning }).catch(cause => {
      throw new LaunchError('TERMINAL', `Container ${key} gets no terminal: ${cause.message}`, { cause });
    });
    try {
      this.#watch(key, await TerminalIO.connect(directory, logFile === undefined));
    } catch (error) {
      held.release();
      throw error;
    }
    const { path } = held;
    return {
      ...{ stdin: path, stdout: path, stderr: path, terminal: path },
      opened: () => undefined,
      launched: held.release,
    };
  }

  #watch(key: ContainerKey, terminal: TerminalIO): void {
    this.#all.set(key, terminal);
    void terminal.ended.then(() => {
      if (terminal.endedByItself || this.#closed || this.#all.get(key) !== terminal) return;
      if (terminal.waits) this.#options.onLost(key);
      else void this.#reconnect(key, this.#directory(key)); // its process lets go of an agent that was stopped
    });
  }

  /**
   * Connects to the terminals of an earlier agent, and removes what is left of others.
   *
   * @param keys containers that run.
   */
  async recover(keys: ReadonlySet<ContainerKey>): Promise<void> {
    const names = await readdir(join(this.#options.runtimeDirectory, 'io')).catch(ifAbsent([] as string[]));
    const running: ReadonlyMap<string, ContainerKey> = new Map([...keys].map(key => [key, key]));
    for (const name of names) {
      const key = running.get(name);
      const directory = join(this.#options.runtimeDirectory, 'io', name);
      if (key === undefined) await this.#removals.remove(name);
      else if (existsSync(join(directory, 'socket'))) await this.#reconnect(key, directory);
    }
  }

  async #reconnect(key: ContainerKey, directory: string): Promise<void> {
    try {
      this.#watch(key, await TerminalIO.connect(directory, false));
    } catch (error) {
      if (!isShortage(error))
        setImmediate(() => this.#options.onLost(key)); // when all have been recovered
      else setTimeout(() => this.#closed || this.#reconnect(key, directory), reconnectMs).unref();
    }
  }

  /** Removes those of a container of which no process is left. Readers get what is there. Never rejects. */
  async remove(key: ContainerKey): Promise<void> {
    if (!this.#all.delete(key)) return;
    await this.#removals.remove(key);
  }

  /** Gives up those of a container that was not launched. */
  async abandon(key: ContainerKey): Promise<void> {
    this.#all.get(key)?.close();
    await this.remove(key);
  }

  /** Lets go of all. Terminals of tasks go on. */
  close(): void {
    this.#closed = true;
    this.#removals.close();
    for (const each of this.#all.values()) each.close();
  }

  #directory(key: string): string {
    return join(this.#options.runtimeDirectory, 'io', key);
  }
}
