/**
 * Where the output of Docker containers goes: to the files of their sandboxes or, with `--container_logger`, to loggers. A logger
 * ends with the agent that writes to it; the next agent starts another one, by the settings in `<runtime>/docker-logs`.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { ContainerConfig, EnvironmentVariable } from '@meseta/protocol';
import { parseJson } from '@meseta/protocol';
import { ifAbsent, makeDirectories, RepeatedRemovals } from '@meseta/system';
import { readRegularFile } from '@meseta/system/regular-file';
import type { Logger } from '@meseta/telemetry';
import { type ContainerId, type ContainerKey, containerKey } from '../../container-id.ts';
import type { OutputStream } from '../../container-io.ts';
import { LaunchError } from '../../errors.ts';
import { ContainerLogs, type LogFiles } from '../../mesos/logs/container-logs.ts';
import { type LoggerSettings, settingsFor } from '../../mesos/logs/logger-settings.ts';
import { type OutputFiles, openOutput } from './output-files.ts';

/** What the logger of a container is started with, by any agent. */
interface StoredSettings {
  readonly user?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Those of the command that are the logger's. */
  readonly variables: readonly EnvironmentVariable[];
}

/** What the loggers of Docker containers need of the agent. */
export interface DockerLogsOptions {
  readonly runtimeDirectory: string;
  /** Undefined: output goes to files of any size. */
  readonly settings: LoggerSettings | undefined;
  readonly log: Logger;
}

/** See the file's head. */
export class DockerLogs {
  readonly #directory: string;
  readonly #settings: LoggerSettings | undefined;
  readonly #logs: ContainerLogs;
  readonly #open = new Map<ContainerKey, LoggedOutput>();
  /** Of files with settings, by their names. */
  readonly #removals: RepeatedRemovals<string>;

  constructor({ runtimeDirectory, settings, log }: DockerLogsOptions) {
    this.#directory = join(runtimeDirectory, 'docker-logs');
    this.#settings = settings;
    this.#removals = new RepeatedRemovals({
      remove: name => rm(join(this.#directory, name), { force: true }),
      onRefused: (file, error) =>
        log.warning("Failed to remove the settings of a container's logger; trying again", { error, file }),
    });
    this.#logs = new ContainerLogs({
      runtimeDirectory: this.#directory,
      settings,
      onWarning: (problem, container_id) => log.warning('A logger has a problem', { container_id, problem }),
    });
  }

  /**
   * Stores how the output of a container is to be written, before it is launched.
   *
   * @throws {LaunchError} `INVALID` when its variables ask for something that loggers do not do.
   */
  async add(
    key: ContainerKey,
    { command_info, user }: ContainerConfig,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    if (this.#settings === undefined) return;
    const { prefix } = this.#settings;
    const variables = (command_info.environment?.variables ?? []).filter(({ name }) => name.startsWith(prefix));
    try {
      settingsFor(this.#settings, variables);
    } catch (cause) {
      throw new LaunchError('INVALID', `Cannot launch container ${key}: ${(cause as Error).message}`, { cause });
    }
    await this.#removals.reuse(fileName(key));
    await makeDirectories(this.#directory, 0o700);
    const stored: StoredSettings = { labels, variables, ...(user !== undefined && { user }) };
    await writeFile(this.#file(key), JSON.stringify(stored), { mode: 0o600 });
  }

  /** Opens the files of a container, or what leads to its logger. @throws {LaunchError} and errors of files. */
  async open(id: ContainerId, directory: string): Promise<OutputFiles> {
    if (this.#settings === undefined) return openOutput(directory, id);
    const key = containerKey(id);
    const open = this.#open.get(key);
    if (open?.isUsable) return open;
    await open?.end();
    this.#open.delete(key);
    await this.#logs.remove(key); // of an earlier agent, which has ended with it
    const { user, labels, variables } = await this.#stored(key);
    const config: ContainerConfig = { command_info: { environment: { variables: [...variables] } }, directory };
    const files = await this.#logs.open(id, { config, directory, user, labels });
    try {
      const output = new LoggedOutput(files);
      this.#open.set(key, output);
      return output;
    } finally {
      files.launched();
    }
  }

  /** Of a container that was launched without a logger, those of the agent hold. */
  async #stored(key: ContainerKey): Promise<StoredSettings> {
    const text = await readRegularFile(this.#file(key)).catch(() => undefined); // there is none, or it cannot be used
    return text === undefined ? { labels: {}, variables: [] } : (parseJson(text.toString()) as StoredSettings);
  }

  /** Finds what an earlier agent has left. @param keys containers that are there. */
  async recover(keys: ReadonlySet<ContainerKey>): Promise<void> {
    await this.#logs.recover(keys);
    const names: ReadonlySet<string> = new Set([...keys].map(fileName));
    for (const name of await readdir(this.#directory).catch(ifAbsent([] as string[]))) // there is none yet
      if (name.endsWith('.json') && !names.has(name)) await this.#removals.remove(name);
  }

  /** Waits until a logger has written what it was given, but not for long. */
  async flush(key: ContainerKey): Promise<void> {
    await this.#logs.flush(key);
  }

  /** Ends the logger of a container whose output is written, and removes its record. Never rejects. */
  async remove(key: ContainerKey): Promise<void> {
    await this.#open.get(key)?.end();
    this.#open.delete(key);
    await this.#logs.remove(key);
    if (this.#settings !== undefined) await this.#removals.remove(fileName(key));
  }

  /** Lets go of all. Loggers write what they have, and end. */
  async close(): Promise<void> {
    this.#removals.close();
    await Promise.all([...this.#open.values()].map(output => output.end()));
    await this.#logs.close();
  }

  #file(key: ContainerKey): string {
    return join(this.#directory, fileName(key));
  }
}

const fileName = (key: ContainerKey) => `${key}.json`;

/** The way to a logger. It is open until the container is removed: `close` is for those that only write for a while. */
class LoggedOutput implements OutputFiles {
  readonly canBeRead = false;
  readonly #pipes: Readonly<Record<OutputStream, Socket>>;

  /** @throws {NodeJS.ErrnoException} */
  constructor({ stdout, stderr }: LogFiles) {
    const flags = constants.O_WRONLY | constants.O_NONBLOCK;
    const first = openSync(stdout, flags);
    let second: number;
    try {
      second = openSync(stderr, flags);
    } catch (error) {
      closeSync(first);
      throw error;
    }
    const pipe = (fd: number) => new Socket({ fd, readable: false, writable: true }).on('error', () => undefined);
    this.#pipes = { stdout: pipe(first), stderr: pipe(second) };
  }

  /** False when nothing reads any more. */
  get isUsable(): boolean {
    return this.#pipes.stdout.writable && this.#pipes.stderr.writable;
  }

  append(stream: OutputStream, data: Buffer): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#pipes[stream].write(data, error => (error ? reject(error) : resolve()));
    return promise;
  }

  async sizes(): Promise<Record<OutputStream, number>> {
    return { stdout: 0, stderr: 0 };
  }

  async tail(): Promise<Buffer> {
    return Buffer.alloc(0);
  }

  async close(): Promise<void> {}

  async end(): Promise<void> {
    for (const pipe of Object.values(this.#pipes)) pipe.end(() => pipe.destroy());
  }
}
