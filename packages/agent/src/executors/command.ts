/**
 * A command task, supervised inside the agent: plays the part of an executor towards the rest of the agent, with the
 * decisions in `@meseta/tasks`.
 */
import { constants } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LaunchError, type Termination } from '@meseta/containers';
import { isTerminal, type KillPolicy, type TaskInfo } from '@meseta/protocol';
import {
  type CommandTask,
  type CommandTaskEffect,
  type CommandTaskInput,
  type CommandTaskOptions,
  type CommandTaskUpdate,
  type KillRecord,
  newCommandTask,
  recoverCommandTask,
  recoverLostCommandTask,
  stepCommandTask,
  type TaskHooks,
} from '@meseta/tasks';
import type { AgentContext } from '../context.ts';
import { newUuid, type TaskId } from '../ids.ts';
import { decorateLabels } from '../isolation/decorate-labels.ts';
import { toldExecutor } from '../isolation/told.ts';
import type { Executor, ExecutorConnection } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';
import { markLaunched, takeStatus, tellStatus } from '../task-updates.ts';
import { endContainer } from './container-end.ts';
import { exitFields } from './exit-fields.ts';
import { launchContainer } from './launch.ts';
import { limitOf } from './limit.ts';
import { runIds } from './run.ts';
import { settle } from './settle.ts';
import { writeExecutor } from './start-operations.ts';
import { CommandTaskChecks } from './task-checks.ts';
import { CommandTaskHooks, emptyHookRecord, type HookRecord } from './task-hooks.ts';

const milliseconds = 1_000_000;
/** The time Mesos's command executor keeps for itself of the shutdown grace period. */
const shutdownReserveMs = 2000;
/** The sandbox is the user's, who may have put a link there. */
const noLink = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW;
/** How long a task's end waits for its last descendants: those that even SIGKILL does not reach must not hide it. */
const drainMs = 5000;
/** Of a container that nobody knows. */
const unknownEnd: Termination = { exit: { kind: 'unknown' } };

/** What recovery knows of a command task. */
export interface KnownCommand {
  /** TASK_STARTING was made. */
  readonly starting: boolean;
  /** Milliseconds since the epoch; undefined when TASK_RUNNING was never made. */
  readonly running: number | undefined;
  /** It was being ended. */
  readonly kill: KillRecord | undefined;
  readonly ended: boolean;
}

/** See the file's head. Makes itself the executor's connection. */
export class CommandSupervision implements ExecutorConnection {
  readonly kind = 'command';
  readonly #context: AgentContext;
  readonly #framework: Framework;
  readonly #executor: Executor;
  readonly #taskId: TaskId;
  readonly #timers = new Map<string, () => void>();
  readonly #checks: CommandTaskChecks | undefined;
  #info: TaskInfo;
  #task: CommandTask;
  #hooks: CommandTaskHooks | undefined;
  #destroyed = false;
  #launched = false;
  /** Resolves when the next agent would know of the kill: only then is anything undone or killed. */
  #killWritten: Promise<void> = Promise.resolve();
  /** The kill as it was written down. */
  #killRecord: KillRecord | undefined;
  /** Resolves when the grace of a kill is over. */
  readonly #killedHard = Promise.withResolvers<void>();

  /** @param recorded of hooks, by an earlier agent. */
  constructor(context: AgentContext, framework: Framework, executor: Executor, info: TaskInfo, recorded?: HookRecord) {
    this.#context = context;
    this.#framework = framework;
    this.#executor = executor;
    this.#taskId = info.task_id.value as TaskId;
    this.#info = info;
    this.#task = newCommandTask(optionsOf(framework, info));
    const checked = info.health_check !== undefined || info.check !== undefined;
    this.#checks = checked ? this.#checksOf(info) : undefined;
    if (recorded && context.taskHooks) this.#useHooks(context.taskHooks, recorded);
    else if (recorded) context.log.warning('A task goes on without its hooks', { task_id: this.#taskId });
    executor.connection = this;
  }

  /** Launches the task. Every outcome becomes a status update. */
  async start(): Promise<void> {
    try {
      this.#info = (await decorateLabels(this.#context, this.#framework, this.#executor, this.#info)) ?? this.#info;
      const { taskHooks } = this.#context;
      if (taskHooks?.wants(this.#info)) await this.#begin(taskHooks);
      else await this.#launch();
    } catch (error) {
      await this.#launchFailed(error);
    }
  }

  /** Takes over a task whose container an earlier agent launched, running or ended meanwhile. */
  recover(known: KnownCommand): void {
    this.#launched = true;
    this.#executor.state = 'RUNNING';
    this.#killRecord = known.kill;
    const nowMs = this.#context.clock.now();
    const fired = this.#hooks && { fired: this.#hooks.fired };
    const [task, effects] = recoverCommandTask(this.#task.options, { ...known, ...fired, nowMs });
    this.#task = task;
    for (const effect of effects) this.#perform(effect);
    this.#watch();
  }

  /** Takes over a task whose container is gone: it has failed. */
  lost(message: string): void {
    this.#launched = true;
    this.#executor.state = 'RUNNING';
    this.#task = recoverLostCommandTask(this.#task.options, this.#hooks?.fired ?? new Set());
    this.#feed({ type: 'lost', message });
  }

  launch(): void {
    throw new Error(`The executor of command task ${this.#taskId} takes no second task`); // runTask refuses it before
  }

  kill(_taskId: TaskId, killPolicy: KillPolicy | undefined): void {
    const grace = killPolicy?.grace_period?.nanoseconds;
    const nowMs = this.#context.clock.now();
    this.#feed({ type: 'kill', nowMs, ...(grace === undefined ? {} : { graceMs: grace / milliseconds }) });
  }

  shutdown(): void {
    const graceMs = Math.max(0, this.#context.flags.executor_shutdown_grace_period - shutdownReserveMs);
    this.#feed({ type: 'kill', nowMs: this.#context.clock.now(), graceMs });
  }

  acknowledge(): void {
    // Nobody keeps the update: it was made in the agent.
  }

  message(): void {
    this.#context.log.debug('Dropped a framework message to a command task', { task_id: this.#taskId });
  }

  close(): void {
    this.#attempt('let go of', this.leave());
  }

  async leave(): Promise<void> {
    this.#clearTimers();
    await this.#checks?.stop();
  }

  #clearTimers(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #checksOf(info: TaskInfo): CommandTaskChecks {
    return new CommandTaskChecks(this.#context, this.#executor, info, {
      onHealth: report => this.#feed({ type: 'health', ...report, nowMs: this.#context.clock.now() }),
      onCheck: status => this.#feed({ type: 'check', status }),
    });
  }

  #useHooks(hooks: TaskHooks, record: HookRecord): CommandTaskHooks {
    this.#task = newCommandTask({ ...this.#task.options, hooks: true });
    this.#hooks = new CommandTaskHooks(this.#context, this.#executor, this.#info, {
      ...{ hooks, record },
      feed: input => this.#feed(input),
    });
    return this.#hooks;
  }

  /** Begins with hooks, for which the sandbox is there; the launch comes after them. */
  async #begin(hooks: TaskHooks): Promise<void> {
    const { agent } = this.#context;
    if (agent.id === undefined) throw new LaunchError('INVALID', 'The agent has no id yet');
    await writeExecutor(this.#context, agent.id, this.#executor, this.#info);
    await this.#useHooks(hooks, emptyHookRecord).begin();
    if (this.#destroyed) this.kill(this.#taskId, undefined);
    else this.#feed({ type: 'begin' });
  }

  async #launch(): Promise<void> {
    const pid = await launchContainer(this.#context, this.#executor, {
      task: this.#info,
      ...(this.#hooks && { written: true, variables: this.#hooks.variables }),
      mustBeWanted: () => this.#mustBeWanted(),
    });
    this.#launched = true;
    this.#writePid(pid);
    this.#executor.state = this.#executor.state === 'REGISTERING' ? 'RUNNING' : this.#executor.state;
    if (!this.#hooks) markLaunched(this.#context, this.#executor, this.#info); // else it was by TASK_STARTING
    this.#feed({ type: 'launched' });
    this.#watch();
  }

  #mustBeWanted(): void {
    if (!this.#destroyed) return;
    throw new LaunchError('DESTROYED', `Task ${this.#taskId} was killed while it was being launched`);
  }

  /** The launcher has its own records; this one is for people and tools that know Mesos's directories. */
  #writePid(pid: number): void {
    const { agent, disk, paths, log } = this.#context;
    if (!this.#executor.checkpoint || agent.id === undefined) return;
    const run = paths.run(paths.meta, agent.id, runIds(this.#executor));
    disk
      .perform([{ type: 'write', path: join(run, 'pids', 'forked.pid'), data: String(pid) }])
      .catch(error => log.warning('Failed to write forked.pid', { error, task_id: this.#taskId }));
  }

  async #launchFailed(error: unknown): Promise<void> {
    const { log, metrics } = this.#context;
    const { message } = error as Error;
    const launchError = error instanceof LaunchError ? error : undefined;
    // Mesos tells a program that cannot be executed as one that failed; too large a request is nobody's program.
    const cause =
      launchError?.code === 'DESTROYED'
        ? 'destroyed'
        : launchError?.step === 'exec' && launchError.errno !== 'E2BIG'
          ? 'exec'
          : 'other';
    log.warning('Failed to launch a command task', { error, task_id: this.#taskId, framework_id: this.#framework.id });
    if (cause === 'other') metrics.counter('slave/container_launch_errors').increment();
    if (cause === 'exec')
      await appendFile(join(this.#executor.directory, 'stderr'), `${message}\n`, { flag: noLink }).catch(
        () => undefined,
      );
    await this.#endContainer();
    const limit = launchError?.limitation && { limit: limitOf(launchError.limitation) };
    this.#feed({ type: 'launch-failed', cause, message: `Failed to launch container: ${message}`, ...limit });
  }

  #endContainer(): Promise<void> {
    const told = toldExecutor(this.#executor, this.#info);
    return endContainer(this.#context, this.#framework.info, this.#executor, told);
  }

  /** Waits for the end of the first process, and sees to it that no other one outlives it. */
  #watch(): void {
    const { containerizer, log } = this.#context;
    const { container, containerId } = this.#executor;
    const ended = async () => {
      const { exit, limitation } = (await containerizer.wait(container)) ?? unknownEnd;
      log.info('Command of task ended', { task_id: this.#taskId, container_id: containerId, ...exitFields(exit) });
      // A killed task is over when its last process is: all of them have the grace.
      if (this.#task.phase === 'killing')
        await Promise.race([containerizer.drained(container), this.#killedHard.promise]);
      const over = this.#endContainer();
      await atMost(containerizer.drained(container), drainMs);
      if (limitation === undefined) return this.#feed({ type: 'exited', exit });
      await over; // in Mesos it is part of the container's end, which is all that is known here
      this.#feed({ type: 'limited', message: limitation.message ?? '', limit: limitOf(limitation) });
    };
    ended().catch(error => log.error('Failed to watch a command task', { error, task_id: this.#taskId }));
  }

  #feed(input: CommandTaskInput): void {
    const [next, effects] = stepCommandTask(this.#task, input);
    this.#task = next;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: CommandTaskEffect): void {
    const { clock, containerizer } = this.#context;
    switch (effect.type) {
      case 'update':
        return this.#update(effect.update);
      case 'signal':
        return this.#attempt('signal', this.#signal(effect.signal));
      case 'destroy':
        this.#destroyed = true;
        return this.#attempt('destroy', containerizer.destroy(this.#executor.container));
      case 'set-timer':
        this.#timers.get(effect.timer)?.();
        this.#timers.set(
          effect.timer,
          clock.after(effect.delayMs, () => this.#feed({ type: effect.timer, nowMs: clock.now() })),
        );
        return;
      case 'clear-timers':
        return this.#clearTimers();
      case 'checkpoint-kill':
        return this.#checkpointKill(effect.record);
      case 'start-checks':
        return this.#checks?.start();
      case 'stop-checks':
        return this.#attempt('end the checks of', this.#checks?.stop() ?? Promise.resolve());
      case 'launch':
        return this.#attempt(
          'launch',
          this.#launch().catch(error => this.#launchFailed(error)),
        );
      case 'fire-hooks':
        if (effect.event !== 'BeforeTerminate') return this.#hooks?.fire(effect.event);
        void this.#killWritten.then(() => this.#hooks?.fire('BeforeTerminate'));
        return;
      case 'cancel-hooks':
        return this.#hooks?.cancel();
      default:
        throw new Error(`unhandled effect ${effect satisfies never}`);
    }
  }

  #update({ fromAgent, ...status }: CommandTaskUpdate): void {
    const { message = '', reason = 'REASON_EXECUTOR_TERMINATED' } = status;
    const terminal = isTerminal(status.state);
    const { log, agent, containerizer } = this.#context;
    const executor = this.#executor;
    if (terminal) executor.state = 'TERMINATED'; // before its task can be acknowledged
    const written = fromAgent
      ? tellStatus(this.#context, this.#framework, this.#taskId, executor, {
          ...{ ...status, reason, message },
          unlaunched: !this.#launched,
        })
      : takeStatus(this.#context, this.#framework, executor, {
          ...status,
          task_id: { value: this.#taskId },
          uuid: newUuid(),
        });
    if (!terminal) return this.#attempt('report', written);
    agent.notify(observer => observer.executorTerminated?.(executor));
    const finish = async () => {
      await written;
      await executor.containerEnd;
      await containerizer.remove(executor.container); // only now: its exit status is safe elsewhere
      settle(this.#context, this.#framework, executor);
    };
    finish().catch(error => log.error('Failed to finish a command task', { error, task_id: this.#taskId }));
  }

  async #signal(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (signal === 'SIGKILL') this.#killedHard.resolve();
    await this.#killWritten;
    await this.#context.containerizer.signal(this.#executor.container, signal);
    if (signal === 'SIGTERM' && this.#killRecord) this.#checkpointKill({ ...this.#killRecord, signalled: true });
  }

  #checkpointKill(record: KillRecord): void {
    const { agent, disk, paths } = this.#context;
    if (!this.#executor.checkpoint || agent.id === undefined || this.#executor.state === 'TERMINATED') return;
    const { signalled } = this.#killRecord ?? {};
    this.#killRecord = { ...record, ...(signalled && { signalled }) };
    const path = paths.taskKill(agent.id, runIds(this.#executor), this.#taskId);
    const written = disk.perform([{ type: 'replace', path, data: JSON.stringify(this.#killRecord) }]);
    this.#attempt('checkpoint the kill of', written);
    this.#killWritten = written.catch(() => undefined);
  }

  #attempt(what: string, work: Promise<unknown>): void {
    work.catch(error => this.#context.log.error(`Failed to ${what} a command task`, { error, task_id: this.#taskId }));
  }
}

function optionsOf(framework: Framework, info: TaskInfo): CommandTaskOptions {
  const { check, health_check, kill_policy, max_completion_time } = info;
  const grace = kill_policy?.grace_period?.nanoseconds;
  return {
    reportsKilling: framework.has('TASK_KILLING_STATE'),
    healthCheck: health_check !== undefined,
    ...(check ? { check } : {}),
    ...(grace === undefined ? {} : { graceMs: grace / milliseconds }),
    ...(max_completion_time ? { maxCompletionMs: max_completion_time.nanoseconds / milliseconds } : {}),
  };
}

/** Waits for something, but not forever. */
async function atMost(work: Promise<void>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms).unref();
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
