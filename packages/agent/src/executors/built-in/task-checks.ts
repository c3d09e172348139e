/**
 * Health check and check of a command task. Commands run in debug containers of the task's: what they leave behind is
 * killed with them, by the next agent where this one was killed. Connections are made in the task's network.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { type ConnectTarget, type ExitStatus, LaunchError } from '@meseta/containers';
import type { CommandInfo, TaskInfo } from '@meseta/protocol';
import { type CheckHistory, TaskChecks, type TaskChecksHost } from '@meseta/tasks';
import { newContainerId } from '../../ids.ts';
import type { TaskHost } from './task-host.ts';

/** See the file's head. */
export class CommandTaskChecks {
  readonly #host: TaskHost;
  readonly #info: TaskInfo;
  readonly #checks: TaskChecks;
  readonly #running = new Set<Promise<unknown>>();

  /** @param listener of what becomes known. */
  constructor(host: TaskHost, info: TaskInfo, listener: Pick<TaskChecksHost, 'onHealth' | 'onCheck'>) {
    const { context } = host;
    this.#host = host;
    this.#info = info;
    this.#checks = new TaskChecks(info, {
      ...listener,
      clock: context.clock,
      pacer: context.checkPacer,
      connect: (to, signal) => this.#connect(to, signal),
      runCommand: (command, signal) => this.#run(command, signal),
      onProblem: problem => context.log.debug(problem, { task_id: info.task_id.value }),
    });
  }

  /** Begins to check. @param history of a task that an earlier agent checked. */
  start(history?: CheckHistory): void {
    this.#checks.start(history);
  }

  /** Reports nothing any more. Resolves when no process of a check is left. */
  async stop(): Promise<void> {
    this.#checks.stop();
    await Promise.allSettled(this.#running);
  }

  #connect(to: ConnectTarget, signal: AbortSignal): Promise<Socket> | undefined {
    const { container, context } = this.#host;
    const connecting = context.containerizer.connect?.(container, to, signal);
    if (connecting) this.#keep(connecting.then(socket => (socket.closed ? undefined : once(socket, 'close'))));
    return connecting;
  }

  #run(command: CommandInfo, signal: AbortSignal): Promise<ExitStatus> {
    const run = this.#runCommand(command, signal);
    this.#keep(run);
    return run;
  }

  #keep(work: Promise<unknown>): void {
    this.#running.add(work);
    const done = () => this.#running.delete(work);
    work.then(done, done);
  }

  async #runCommand({ uris: _, ...command }: CommandInfo, signal: AbortSignal): Promise<ExitStatus> {
    signal.throwIfAborted();
    const { container: parent, sandbox: directory, context } = this.#host;
    const { containerizer } = context;
    const user = this.#host.userOf(this.#info);
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
