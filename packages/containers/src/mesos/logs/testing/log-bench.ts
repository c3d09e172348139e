/** For tests: containers with loggers, in a temporary directory. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { EnvironmentVariable } from '@meseta/protocol';
import { readProcess, systemClock } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import { type ContainerId, containerKey } from '../../../container-id.ts';
import type { ContainerLaunch, LaunchOptions } from '../../../containerizer.ts';
import { Fetcher } from '../../../fetcher/fetcher.ts';
import { MesosContainerizer } from '../../containerizer.ts';
import { IsolatorChain } from '../../isolators/isolator-chain.ts';
import { PosixLauncher } from '../../launchers/posix.ts';
import { readLoggerSettings } from '../logger-settings.ts';

/** A container to run. */
export interface LoggedShell {
  readonly id: ContainerId;
  readonly line: string;
  /** Variables of the command. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly config?: Partial<ContainerLaunch['config']>;
  readonly options?: LaunchOptions;
}

/** Containers with the logger `name`, and the containerizers that follow one another, as those of restarted agents do. */
export class LogBench {
  readonly directory: string;
  readonly #name: string;
  readonly #parameters: Readonly<Record<string, string>>;
  containerizer: MesosContainerizer;

  /** Opens one. It is removed after the test. */
  static async open(
    t: TestContext,
    name: string,
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<LogBench> {
    const bench = new LogBench(await mkdtemp(join(tmpdir(), 'meseta-logs-')), name, parameters);
    await bench.containerizer.recover([]);
    t.after(() => bench.#close());
    return bench;
  }

  private constructor(directory: string, name: string, parameters: Readonly<Record<string, string>>) {
    this.directory = directory;
    this.#name = name;
    this.#parameters = parameters;
    this.containerizer = this.#make();
  }

  #make(): MesosContainerizer {
    const log = silentLogger();
    const runtimeDirectory = join(this.directory, 'runtime');
    const parameters = Object.entries(this.#parameters).map(([key, value]) => ({ key, value }));
    return new MesosContainerizer({
      launcher: new PosixLauncher({ runtimeDirectory }),
      fetcher: new Fetcher({ stallTimeoutMs: 60_000 }),
      isolators: new IsolatorChain([], log),
      logger: readLoggerSettings(this.#name, parameters),
      ...{ runtimeDirectory, log, clock: systemClock, metrics: new Metrics() },
    });
  }

  /** The next agent takes over. @param ids containers that it knows. */
  async restart(ids: readonly ContainerId[]): Promise<void> {
    await this.containerizer.close();
    this.containerizer = this.#make();
    await this.containerizer.recover(ids.map(id => ({ id, directory: this.sandbox(id) })));
  }

  /** Launches a container that runs a shell line. */
  async launch({ id, line, variables = {}, config = {}, options }: LoggedShell): Promise<void> {
    const directory = this.sandbox(id);
    mkdirSync(directory, { recursive: true });
    const own: EnvironmentVariable[] = Object.entries(variables).map(([name, value]) => ({ name, value }));
    const launch: ContainerLaunch = {
      config: { directory, command_info: { value: line, environment: { variables: own } }, ...config },
      environment: { PATH: '/usr/bin:/bin' },
    };
    const result = await this.containerizer.launch(id, launch, options);
    if ('unsupported' in result) throw new Error(result.unsupported);
  }

  /** Runs a container to its end. */
  async run(shell: LoggedShell): Promise<void> {
    await this.launch(shell);
    await this.containerizer.wait(shell.id);
  }

  /** Returns the directory of a container. */
  sandbox(id: ContainerId): string {
    return join(this.directory, 'sandboxes', containerKey(id));
  }

  /** Returns the names of a container's files, sorted. */
  files(id: ContainerId): string[] {
    return readdirSync(this.sandbox(id)).sort();
  }

  /** Reads a file of a container. */
  read(id: ContainerId, file = 'stdout'): string {
    const contents = readFileSync(join(this.sandbox(id), file));
    return (file.endsWith('.gz') ? gunzipSync(contents) : contents).toString();
  }

  /** Returns the output that is kept in all files of a stream, the oldest first. */
  all(id: ContainerId, stream = 'stdout'): string {
    const numberOf = (name: string) => Number(name.split('.')[1] ?? 0);
    const names = this.files(id).filter(name => name === stream || name.startsWith(`${stream}.`));
    return names
      .sort((a, b) => numberOf(b) - numberOf(a))
      .map(name => this.read(id, name))
      .join('');
  }

  async #close(): Promise<void> {
    await this.containerizer.close();
    const last = this.#make();
    const { orphans } = await last.recover([]);
    await Promise.all(orphans.map(each => last.remove(each)));
    await last.close();
    await eventually('the end of all loggers', () => orphans.every(each => loggersOf(each).length === 0));
    await rm(this.directory, { recursive: true });
  }
}

/** Returns the processes of a container's logger: the logger and its guard. */
export function loggersOf(id: ContainerId): number[] {
  const title = `meseta-logger ${containerKey(id)}`;
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && titleOf(name) === title)
    .map(Number);
}

/** Returns a container's logger and its guard; undefined while there are not both. */
export function loggerAndGuard(id: ContainerId): { readonly logger: number; readonly guard: number } | undefined {
  const pids = loggersOf(id);
  const guard = pids.find(pid => pids.includes(readProcess(pid)?.parent ?? 0));
  const logger = pids.find(pid => pid !== guard);
  return pids.length === 2 && guard !== undefined && logger !== undefined ? { logger, guard } : undefined;
}

function titleOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/[\0 ]+$/, '');
  } catch {
    return ''; // it has ended
  }
}
