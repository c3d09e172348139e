/**
 * The loggers of containers: processes that read their output from FIFOs, and write it to rotated files or the journal. Each
 * has a directory `<runtime>/logs/<container>`, with its FIFOs and the socket by which any agent finds it.
 */
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { ContainerConfig } from '@meseta/protocol';
import { ifAbsent, makeDirectories, RepeatedRemovals } from '@meseta/system';
import { type ContainerId, type ContainerKey, containerKey } from '../../container-id.ts';
import { LaunchError } from '../../errors.ts';
import { switchUser } from '../../switch-user.ts';
import { LogHelper } from './log-helper.ts';
import { type LoggerSettings, type StreamLimits, settingsFor } from './logger-settings.ts';

/** How long the end of a container waits until its last output is written, on a disk that is slow. */
const longestFlushMs = 5000;
/** How long its removal waits for the end of its logger, which may be compressing a file. */
const longestEndMs = 3000;

/** What is known of a container whose output is to be written. */
export interface LoggedContainer {
  readonly config: ContainerConfig;
  /** Its sandbox, by a path that leads there while it is launched. */
  readonly directory: string;
  readonly user: string | undefined;
  /** Fields of the journal's entries. */
  readonly labels: Readonly<Record<string, string>>;
}

/** FIFOs that a launch opens as standard output and error. */
export interface LogFiles {
  readonly stdout: string;
  readonly stderr: string;
  /** Called when the launch has ended, successfully or not. */
  launched(): void;
}

/** What loggers need of the containerizer. */
export interface ContainerLogsOptions {
  readonly runtimeDirectory: string;
  /** Undefined: containers write to their files themselves. */
  readonly settings: LoggerSettings | undefined;
  readonly onWarning: (message: string, container: string | undefined) => void;
}

/** See the top of this file. */
export class ContainerLogs {
  readonly #options: ContainerLogsOptions;
  readonly #keys = new Set<ContainerKey>();
  readonly #removals: RepeatedRemovals<string>;
  #helper: Promise<LogHelper> | undefined;

  constructor(options: ContainerLogsOptions) {
    this.#options = options;
    this.#removals = new RepeatedRemovals({
      remove: name => rm(this.#directory(name), { recursive: true, force: true }),
      onRefused: (name, { message }) =>
        options.onWarning(`Cannot remove its directory, which is tried again until it is done: ${message}`, name),
    });
  }

  /** False: containers write to their files themselves. */
  get areKept(): boolean {
    return this.#options.settings !== undefined;
  }

  /**
   * Starts the logger of a container.
   *
   * @throws {LaunchError} `INVALID` when its variables ask for something that loggers do not do, `LOGGER`, `USER`.
   */
  async open(id: ContainerId, container: LoggedContainer): Promise<LogFiles> {
    const key = containerKey(id);
    const { config, directory: sandbox, user } = container;
    const settings = this.#settings(key, config);
    const owner = user === undefined ? undefined : await switchUser(user);
    const directory = this.#directory(key);
    await this.#removals.reuse(key);
    await makeDirectories(directory, 0o700);
    this.#keys.add(key);
    const identity = owner === undefined ? '' : [owner.uid, owner.gid, ...owner.groups].join(' ');
    const streams = [streamField('stdout', settings), streamField('stderr', settings)];
    const labels = { ...settings.labels, ...container.labels, CONTAINER_ID: key };
    const fields = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    let helper: LogHelper;
    try {
      helper = await this.#start();
      await helper.launch(key, [directory, sandbox, identity, settings.journal, ...streams, ...fields]);
    } catch (cause) {
      throw new LaunchError('LOGGER', `Container ${key} gets no logger: ${(cause as Error).message}`, { cause });
    }
    return {
      stdout: join(directory, 'stdout'),
      stderr: join(directory, 'stderr'),
      launched: () => helper.release(key),
    };
  }

  #settings(key: ContainerKey, { command_info }: ContainerConfig): LoggerSettings {
    const { settings } = this.#options;
    if (settings === undefined) throw new TypeError('there is no logger');
    try {
      return settingsFor(settings, command_info.environment?.variables ?? []);
    } catch (cause) {
      throw new LaunchError('INVALID', `Cannot launch container ${key}: ${(cause as Error).message}`, { cause });
    }
  }

  #start(): Promise<LogHelper> {
    this.#helper ??= this.#startHelper();
    return this.#helper;
  }

  async #startHelper(): Promise<LogHelper> {
    const { onWarning } = this.#options;
    try {
      const helper = await LogHelper.start(
        (id, problem) => onWarning(problem, id),
        problem => onWarning(problem, undefined),
      );
      void helper.ended.then(() => {
        this.#helper = undefined;
      });
      return helper;
    } catch (error) {
      this.#helper = undefined;
      throw error;
    }
  }

  /** Finds the loggers of an earlier agent, and removes what is left of others. @param keys containers that are there. */
  async recover(keys: ReadonlySet<ContainerKey>): Promise<void> {
    const names: ReadonlyMap<string, ContainerKey> = new Map([...keys].map(key => [key, key]));
    for (const name of await readdir(join(this.#options.runtimeDirectory, 'logs')).catch(ifAbsent([] as string[]))) {
      const key = names.get(name);
      if (key !== undefined) this.#keys.add(key);
      else await this.#removals.remove(name);
    }
  }

  /** Waits until what a container has written is in its place, but not for long. */
  async flush(key: ContainerKey): Promise<void> {
    if (this.#keys.has(key)) await this.#ask(key, 'data', longestFlushMs);
  }

  /** Removes the logger of a container of which no process is left. Never rejects. */
  async remove(key: ContainerKey): Promise<void> {
    if (!this.#keys.delete(key)) return;
    await this.#ask(key, 'close', longestEndMs);
    await this.#removals.remove(key);
  }

  /** Gives up the logger of a container that was not launched. */
  async abandon(key: ContainerKey): Promise<void> {
    if (!this.#keys.has(key)) return;
    const helper = await this.#helper?.catch(() => undefined); // without it, nothing was started
    helper?.release(key);
    await this.remove(key);
  }

  /** Lets go of all. Loggers go on. */
  async close(): Promise<void> {
    this.#removals.close();
    const helper = await this.#helper?.catch(() => undefined); // one that did not start need not be stopped
    await helper?.stop();
  }

  /**
   * Connects to a logger, and waits for an event of the connection, or until the logger has ended. One that its user has stopped
   * goes on: it would never end.
   */
  async #ask(key: ContainerKey, event: 'data' | 'close', timeoutMs: number): Promise<void> {
    let fd: number;
    try {
      // By its name in an open directory: the path of a socket may have 107 bytes only.
      fd = openSync(this.#directory(key), constants.O_RDONLY | constants.O_DIRECTORY);
    } catch {
      return; // the directory was removed
    }
    const socket = connect({ path: `/proc/self/fd/${fd}/socket` });
    socket.once('connect', () => resume(join(this.#directory(key), 'group')));
    await answered(socket, event, timeoutMs);
    socket.destroy();
    closeSync(fd);
  }

  #directory(key: string): string {
    return join(this.#options.runtimeDirectory, 'logs', key);
  }
}

/** Lets the processes of a logger go on. @param file names their group, whose id is theirs while one listens on the socket. */
function resume(file: string): void {
  try {
    const group = Number(readFileSync(file, 'utf8'));
    if (Number.isSafeInteger(group) && group > 1) process.kill(-group, 'SIGCONT');
  } catch {
    // They have ended, or an earlier version has started them and did not name the group.
  }
}

function answered(socket: Socket, event: 'data' | 'close', timeoutMs: number): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, timeoutMs);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    socket.once(event, done).once('close', done).once('error', done).resume(); // it has ended
  });
}

function streamField(name: 'stdout' | 'stderr', settings: LoggerSettings): string {
  const { maxBytes, kept, compress }: StreamLimits = settings[name];
  return [name, words[settings.destination], maxBytes, kept, compress].join(' ');
}

const words = { logrotate: 'files', journald: 'journal', 'journald+logrotate': 'files+journal' } as const;
