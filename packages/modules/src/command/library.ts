import type { Logger, Metrics } from '@meseta/daemon';
import type { Hook } from '../hook.ts';
import type { Isolator } from '../isolator.ts';
import { commandHook } from './command-hook.ts';
import { CommandIsolator } from './command-isolator.ts';
import { CommandModule } from './command-module.ts';
import type { CommandConfiguration } from './configuration.ts';
import { ForkRunner } from './fork-runner.ts';
import { PersistentRunner } from './persistent-runner.ts';
import { CommandSpawner } from './spawner.ts';

/** Kind of the module of that name; undefined when the library has none. */
export function commandModuleKind(name: string): 'hook' | 'isolator' | undefined {
  const [, kind] = /^com_criteo_mesos_Command(Hook|Isolator)\d*$/.exec(name) ?? [];
  return kind === undefined ? undefined : kind === 'Hook' ? 'hook' : 'isolator';
}

export interface CommandLibraryOptions {
  /** The daemon's runtime directory: files of calls and state of isolators are in it. */
  readonly runtimeDirectory: string;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Makes command modules. Those of one daemon share the process that forks for them. */
export class CommandLibrary {
  readonly #options: CommandLibraryOptions;
  readonly #modules: CommandModule[] = [];
  readonly #isolators: CommandIsolator[] = [];
  readonly #spawner: CommandSpawner;
  #started: Promise<void> | undefined;

  constructor(options: CommandLibraryOptions) {
    this.#options = options;
    const log = options.log.child({ component: 'modules' });
    this.#spawner = new CommandSpawner(options.runtimeDirectory, message => log.warning(message.trimEnd()));
  }

  /** @throws {ModuleError} when commands cannot be run at all. */
  async hook(configuration: CommandConfiguration): Promise<Hook> {
    return commandHook(await this.#module(configuration));
  }

  /** @throws {ModuleError} when commands cannot be run at all. */
  async isolator(name: string, configuration: CommandConfiguration): Promise<Isolator> {
    const isolator = new CommandIsolator(name, await this.#module(configuration), this.#options.runtimeDirectory);
    this.#isolators.push(isolator);
    return isolator;
  }

  async close(): Promise<void> {
    await Promise.all(this.#isolators.map(isolator => isolator.close())); // ends watches
    await Promise.all(this.#modules.map(module => module.close()));
    if (this.#started) await this.#spawner.close();
  }

  #start(): Promise<void> {
    this.#started ??= this.#spawner.start();
    return this.#started;
  }

  async #module(configuration: CommandConfiguration): Promise<CommandModule> {
    const { log, metrics } = this.#options;
    const persistent = configuration.mode === 'persistent';
    if (!persistent) await this.#start();
    const runner = persistent
      ? new PersistentRunner(configuration.name, log.child({ component: 'modules' }))
      : new ForkRunner(configuration.name, this.#spawner, log.child({ component: 'modules' }));
    const module = new CommandModule(configuration, runner, log, metrics);
    this.#modules.push(module);
    return module;
  }
}
