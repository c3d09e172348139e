/** The commands of an external containerizer's program about one container: their messages, limits of time and sandbox. */
import { existsSync } from 'node:fs';
import {
  ContainerizerDestroy,
  ContainerizerLaunch,
  ContainerizerTermination,
  ContainerizerUpdate,
  ContainerizerUsage,
  ContainerizerWait,
  type MessageType,
  type Resource,
  ResourceStatistics,
} from '@meseta/protocol';
import { ConcurrencyLimit, type ProcessId } from '@meseta/system';
import type { ContainerId, ContainerKey } from '../container-id.ts';
import type { ContainerLaunch } from '../containerizer.ts';
import type { ExternalCommand } from './error.ts';
import { launchEnvironment, launchMessage } from './launch-message.ts';
import type { ExternalProgram, ProgramCall, RunningCall } from './program.ts';
import { encodeRecord } from './record.ts';
import type { ExternalStore } from './store.ts';

/** How long commands may take that only change something, in milliseconds. */
export const commandMs = 60_000;
const usageMs = 10_000;
/** So many containers are measured at a time. Other commands do not wait for each other. */
const usagesAtOnce = 16;

/** What commands need. */
export interface CommandOptions {
  /** The containerizer closes it. */
  readonly program: ExternalProgram;
  readonly store: ExternalStore;
  /** The agent's `--default_container_image`. */
  readonly defaultImage?: string;
  /** How long a launch may take, in milliseconds: `--executor_registration_timeout`, which in Mesos includes it. */
  readonly launchTimeoutMs: number;
  /** Converts the resources of a message to the form that programs know. */
  readonly toOldFormat: <T>(type: MessageType<T>, message: T) => T;
}

/** The container that a command is about. */
export interface CommandTarget {
  readonly id: ContainerId;
  readonly key: ContainerKey;
  readonly directory: string | undefined;
}

/** Sends commands. All reject with an `ExternalProgramError` when they fail. */
export class ContainerCommands {
  readonly #options: CommandOptions;
  readonly #usages = new ConcurrencyLimit(usagesAtOnce);

  constructor(options: CommandOptions) {
    this.#options = options;
  }

  /**
   * @param started called when the process exists and is stored, before it is told what to launch.
   * @throws {LaunchError} `INVALID` when the launch has no command.
   */
  async launch(
    target: CommandTarget,
    launch: ContainerLaunch,
    started: (process: ProcessId) => Promise<void>,
  ): Promise<void> {
    const { store, defaultImage, launchTimeoutMs } = this.#options;
    await this.#run(target, 'launch', ContainerizerLaunch, launchMessage(target.id, launch), {
      ...{ sandbox: launch.config.directory, outputToSandbox: true, timeoutMs: launchTimeoutMs },
      environment: launchEnvironment(launch, defaultImage),
      started: async process => {
        await store.setProcess(target.key, 'launch', process);
        await started(process);
      },
    });
  }

  /** Waits for the end of the container, for any time. */
  wait(target: CommandTarget): RunningCall<ContainerizerTermination> {
    const { program, store } = this.#options;
    return program.start({
      ...this.#call(target, 'wait', ContainerizerWait, { container_id: { value: target.id.value } }),
      answer: ContainerizerTermination,
      started: process => store.setProcess(target.key, 'wait', process),
    });
  }

  async update(target: CommandTarget, resources: readonly Resource[]): Promise<void> {
    const message = { container_id: { value: target.id.value }, resources: [...resources] };
    await this.#run(target, 'update', ContainerizerUpdate, message, { timeoutMs: commandMs });
  }

  usage(target: CommandTarget): Promise<ResourceStatistics> {
    const message = { container_id: { value: target.id.value } };
    const more = { answer: ResourceStatistics, timeoutMs: usageMs };
    return this.#usages.run(() => this.#run(target, 'usage', ContainerizerUsage, message, more));
  }

  async destroy(target: CommandTarget): Promise<void> {
    const message = { container_id: { value: target.id.value } };
    await this.#run(target, 'destroy', ContainerizerDestroy, message, { timeoutMs: commandMs });
  }

  #run<T, A = undefined>(
    target: CommandTarget,
    command: ExternalCommand,
    type: MessageType<T>,
    message: T,
    more: Partial<ProgramCall<A>>,
  ): Promise<A> {
    const { program, toOldFormat } = this.#options;
    return program.run<A>({ ...this.#call(target, command, type, toOldFormat(type, message)), ...more });
  }

  #call<T>({ key, directory }: CommandTarget, command: ExternalCommand, type: MessageType<T>, message: T) {
    return {
      ...{ command, container: key, input: encodeRecord(type, message) },
      // A sandbox that is gone does not keep its container from being ended.
      ...(directory !== undefined && existsSync(directory) && { sandbox: directory }),
    };
  }
}
