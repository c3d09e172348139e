import type { Isolator } from '@meseta/containers/isolators';
import type { Clock } from '@meseta/system';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { Hook } from '../hook.ts';
import { openCallDirectory } from './call-directory.ts';
import { commandHook } from './command-hook.ts';
import { CommandIsolator } from './command-isolator.ts';
import { CommandModule } from './command-module.ts';
import type { CommandConfiguration } from './configuration.ts';
import { ForkRunner } from './fork-runner.ts';
import { PersistentRunner } from './persistent-runner.ts';
import type { CommandRunner } from './runner.ts';
import { CommandSpawner } from './spawner.ts';

/** Returns the kind of the bundled module of that name; undefined when there is none. */
export function commandModuleKind(name: string): 'hook' | 'isolator' | undefined {
  const [, kind] = /^com_criteo_mesos_Command(Hook|Isolator)\d*$/.exec(name) ?? [];
  return kind === undefined ? undefined : kind === 'Hook' ? 'hook' : 'isolator';
}

/** What command modules need of the daemon. */
export interface CommandLibraryOptions {
  /** The daemon's runtime directory, which gets files of calls and the state of isolators. */
  readonly runtimeDirectory: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** Makes command modules. The modules of one daemon share the process that runs their commands. */
export class CommandLibrary {
  readonly #options: CommandLibraryOptions;
  readonly #modules: CommandModule[] = [];
  readonly #isolators: CommandIsolator[] = [];
  readonly #log: Logger;
  #directory: Promise<string> | undefined;
  #spawner: Promise<CommandSpawner> | undefined;

  constructor(options: CommandLibraryOptions) {
    this.#options = options;
    this.#log = options.log.child({ component: 'modules' });
  }

  /** @throws {ModuleError} when commands cannot be run at all. */
  async hook(configuration: CommandConfiguration): Promise<Hook> {
    return commandHook(await this.#module(configuration));
  }

  /** @throws {ModuleError} when commands cannot be run at all. */
  async isolator(name: string, configuration: CommandConfiguration): Promise<Isolator> {
    const { runtimeDirectory, clock } = this.#options;
    const isolator = new CommandIsolator(name, await this.#module(configuration), runtimeDirectory, clock);
    this.#isolators.push(isolator);
    return isolator;
  }

  async close(): Promise<void> {
    await Promise.all(this.#isolators.map(isolator => isolator.close())); // ends their watches
    await Promise.all(this.#modules.map(module => module.close()));
    const spawner = await this.#spawner?.catch(() => undefined); // one that did not start need not be closed
    await spawner?.close();
  }

  async #module(configuration: CommandConfiguration): Promise<CommandModule> {
    const { log, metrics } = this.#options;
    const module = new CommandModule(configuration, await this.#runner(configuration), log, metrics);
    this.#modules.push(module);
    return module;
  }

  async #runner({ mode, name }: CommandConfiguration): Promise<CommandRunner> {
    this.#directory ??= openCallDirectory(this.#options.runtimeDirectory);
    if (mode === 'persistent') return new PersistentRunner(name, await this.#directory, this.#log);
    this.#spawner ??= this.#startSpawner(await this.#directory);
    return new ForkRunner(name, await this.#spawner, this.#log);
  }

  async #startSpawner(directory: string): Promise<CommandSpawner> {
    const spawner = new CommandSpawner(directory, message => this.#log.warning(message.trimEnd()));
    await spawner.start();
    return spawner;
  }
}
