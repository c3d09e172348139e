import { join } from 'node:path';
import type { Logger } from '@meseta/telemetry';
import { type ContainerId, type ContainerKey, containerKey } from '../../container-id.ts';
import type { ContainerIO } from '../../container-io.ts';
import type { ContainerLaunch, LaunchOptions, RecoveredContainer } from '../../containerizer.ts';
import { ContainerLogs } from '../logs/container-logs.ts';
import type { LoggerSettings } from '../logs/logger-settings.ts';
import { ContainerIOs, type OpenedIO } from './container-ios.ts';

/** Paths that a program appends to, FIFOs of its logger, or those of {@link ContainerIOs}. */
type LaunchFiles = Pick<OpenedIO, 'stdout' | 'stderr'> & Partial<OpenedIO>;

/** What standard files need of the containerizer. */
export interface StandardFilesOptions {
  readonly runtimeDirectory: string;
  /** What becomes of output; undefined: containers write to files. */
  readonly logger: LoggerSettings | undefined;
  readonly log: Logger;
  /** The process that held a container's terminal was killed. */
  readonly onTerminalLost: (key: ContainerKey) => void;
}

/** What containers have as standard input, output and error: files, a logger, the pipes of a session, or a terminal. */
export class StandardFiles {
  readonly #ios: ContainerIOs;
  readonly #logs: ContainerLogs;

  constructor({ runtimeDirectory, logger, log, onTerminalLost }: StandardFilesOptions) {
    this.#ios = new ContainerIOs({
      runtimeDirectory,
      onWarning: (container_id, problem) => log.warning('A terminal has a problem', { container_id, problem }),
      onLost: onTerminalLost,
    });
    this.#logs = new ContainerLogs({
      ...{ runtimeDirectory, settings: logger },
      onWarning: (problem, container_id) => log.warning('A logger has a problem', { container_id, problem }),
    });
  }

  /** Takes those of an earlier agent's containers over. @param found containers of which there is anything. */
  async recover(
    containers: ReadonlyMap<ContainerKey, RecoveredContainer>,
    found: ReadonlyMap<ContainerKey, unknown>,
  ): Promise<void> {
    await this.#ios.recover(new Set([...containers].flatMap(([key, { running }]) => (running ? [key] : []))));
    await this.#logs.recover(new Set(found.keys()));
  }

  /**
   * Makes the terminal, the pipes or the logger of a container that is to have any, and returns what its program gets.
   *
   * @throws {LaunchError} {UserError}
   */
  async open(
    id: ContainerId,
    { config, pauses }: ContainerLaunch,
    { user, io, labels = {} }: Pick<LaunchOptions, 'io' | 'labels'> & { readonly user: string | undefined },
  ): Promise<LaunchFiles> {
    const tty = config.container_info?.tty_info;
    const key = containerKey(id);
    if (io === 'attached') return this.#ios.open(key, { tty, user });
    const { directory } = config;
    const isLogged = this.#logs.areKept && io === undefined && !pauses && config.container_class !== 'DEBUG';
    const files: LaunchFiles = isLogged
      ? await this.#logs.open(id, { config, directory, user, labels })
      : (io ?? { stdout: join(directory, 'stdout'), stderr: join(directory, 'stderr') });
    if (!tty) return files;
    const terminal = await this.#ios.open(key, { tty, user, logFile: files.stdout });
    const launched = () => {
      terminal.launched();
      files.launched?.();
    };
    return { ...terminal, launched };
  }

  /** Returns what a running container can be attached to; undefined when it has files or a logger only. */
  get(key: ContainerKey): ContainerIO | undefined {
    return this.#ios.get(key);
  }

  /** Waits until what a container has written is in its place, but not for long. */
  flush(key: ContainerKey): Promise<void> {
    return this.#logs.flush(key);
  }

  /** Gives up those of a container that was not launched. */
  async abandon(key: ContainerKey): Promise<void> {
    await this.#ios.abandon(key);
    await this.#logs.abandon(key);
  }

  /** Removes those of a container of which no process is left. */
  async remove(key: ContainerKey): Promise<void> {
    await this.#ios.remove(key);
    await this.#logs.remove(key);
  }

  /** Lets go of all. Terminals and loggers go on. */
  async close(): Promise<void> {
    this.#ios.close();
    await this.#logs.close();
  }
}
