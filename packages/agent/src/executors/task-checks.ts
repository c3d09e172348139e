/**
 * Health check and check of a command task. Commands run in the task's surroundings, but in containers of their own:
 * what they leave behind is killed with them, by the next agent where this one was killed.
 */
import { join } from 'node:path';
import { type CommandExit, TaskChecks, type TaskChecksHost } from '@meseta/executor';
import type { CommandInfo, EnvironmentVariable, TaskInfo } from '@meseta/protocol';
import type { AgentContext } from '../context.ts';
import { newContainerId } from '../ids.ts';
import type { Executor } from '../state/executor.ts';
import { executorEnvironment } from './environment.ts';
import { allocationRole } from './executor-info.ts';
import { program } from './program.ts';

export interface CommandTaskChecksHost extends Pick<TaskChecksHost, 'onHealth' | 'onCheck'> {
  /** Of lifecycle hooks. */
  variables(): readonly EnvironmentVariable[];
}

export class CommandTaskChecks {
  readonly #context: AgentContext;
  readonly #executor: Executor;
  readonly #info: TaskInfo;
  readonly #checks: TaskChecks;
  readonly #variables: CommandTaskChecksHost['variables'];
  readonly #running = new Set<Promise<unknown>>();

  constructor(
    context: AgentContext,
    executor: Executor,
    info: TaskInfo,
    { variables, ...listener }: CommandTaskChecksHost,
  ) {
    this.#variables = variables;
    this.#context = context;
    this.#executor = executor;
    this.#info = info;
    this.#checks = new TaskChecks(info, {
      ...listener,
      clock: context.clock,
      runCommand: (command, signal) => this.#run(command, signal),
      onProblem: problem => context.log.debug(problem, { task_id: info.task_id.value }),
    });
  }

  start(): void {
    this.#checks.start();
  }

  /** Reports nothing any more. Resolves when no process of a check is left. */
  async stop(): Promise<void> {
    this.#checks.stop();
    await Promise.allSettled(this.#running);
  }

  #run(command: CommandInfo, signal: AbortSignal): Promise<CommandExit> {
    const run = this.#runCommand(command, signal);
    this.#running.add(run);
    const done = () => this.#running.delete(run);
    run.then(done, done);
    return run;
  }

  async #runCommand(command: CommandInfo, signal: AbortSignal): Promise<CommandExit> {
    signal.throwIfAborted();
    const { launcher } = this.#context;
    const { directory, user } = this.#executor;
    const id = newContainerId();
    const destroy = () => void launcher.destroy(id);
    signal.addEventListener('abort', destroy);
    try {
      await launcher.launch(id, {
        ...program(command),
        environment: this.#environment(command),
        workingDirectory: directory,
        // As in Mesos, whose command executor has nowhere else to put it.
        stdout: join(directory, 'stderr'),
        stderr: join(directory, 'stderr'),
        ...(user === undefined ? {} : { user }),
      });
      const exit = await launcher.wait(id);
      signal.throwIfAborted();
      return exit ?? { kind: 'unknown' };
    } finally {
      signal.removeEventListener('abort', destroy);
      await launcher.remove(id);
    }
  }

  /** The task's, and what the check brings itself. */
  #environment({ environment }: CommandInfo): Record<string, string> {
    const { command, resources } = this.#info;
    const added = [...this.#context.containers.variables(this.#executor.containerId), ...this.#variables()];
    const own = (environment?.variables ?? []).map(({ name, value = '' }) => [name, value] as const);
    return {
      ...executorEnvironment(this.#context, this.#executor, command, allocationRole(resources), added),
      ...Object.fromEntries(own),
    };
  }
}
