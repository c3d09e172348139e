/**
 * Health check and check of a command task. Commands run in debug containers of the task's: what they leave behind is
 * killed with them, by the next agent where this one was killed.
 */
import { join } from 'node:path';
import { type ExitStatus, LaunchError } from '@meseta/containers';
import type { CommandInfo, TaskInfo } from '@meseta/protocol';
import { TaskChecks, type TaskChecksHost } from '@meseta/tasks';
import type { AgentContext } from '../context.ts';
import { newContainerId } from '../ids.ts';
import type { Executor } from '../state/executor.ts';

/** Whether a command task's checks run in its container, and inherit its environment. */
export function checksRunCommands({ check, health_check }: TaskInfo): boolean {
  return check?.command !== undefined || health_check?.command !== undefined;
}

export class CommandTaskChecks {
  readonly #context: AgentContext;
  readonly #executor: Executor;
  readonly #checks: TaskChecks;
  readonly #running = new Set<Promise<unknown>>();

  constructor(
    context: AgentContext,
    executor: Executor,
    info: TaskInfo,
    listener: Pick<TaskChecksHost, 'onHealth' | 'onCheck'>,
  ) {
    this.#context = context;
    this.#executor = executor;
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

  #run(command: CommandInfo, signal: AbortSignal): Promise<ExitStatus> {
    const run = this.#runCommand(command, signal);
    this.#running.add(run);
    const done = () => this.#running.delete(run);
    run.then(done, done);
    return run;
  }

  async #runCommand({ uris: _, ...command }: CommandInfo, signal: AbortSignal): Promise<ExitStatus> {
    signal.throwIfAborted();
    const { containerizer } = this.#context;
    const { container: parent, directory, user } = this.#executor;
    const id = { value: newContainerId(), parent };
    const destroy = () => void containerizer.destroy(id);
    signal.addEventListener('abort', destroy);
    try {
      const stderr = join(directory, 'stderr'); // as in Mesos, whose command executor has nowhere else to put it
      const result = await containerizer.launch(
        id,
        { config: { container_class: 'DEBUG', directory, command_info: command, ...(user !== undefined && { user }) } },
        { io: { stdout: stderr, stderr } },
      );
      if ('unsupported' in result) throw new LaunchError('INVALID', result.unsupported);
      const { exit, destroyed } = (await containerizer.wait(id)) ?? {};
      signal.throwIfAborted();
      if (destroyed) this.#checks.stop(); // it ended with its task, whose end is all there is to report
      return exit ?? { kind: 'unknown' };
    } finally {
      signal.removeEventListener('abort', destroy);
      await containerizer.remove(id);
    }
  }
}
