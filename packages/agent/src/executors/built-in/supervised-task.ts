/** One task in a container of its own: performs what its state machine, in `@meseta/tasks`, decides. */
import { LaunchError } from '@meseta/containers';
import type { KillPolicy, TaskInfo } from '@meseta/protocol';
import {
  type CommandTask,
  type CommandTaskEffect,
  type CommandTaskInput,
  type CommandTaskOptions,
  type KnownCommandTask,
  newCommandTask,
  recoverCommandTask,
  recoverLostCommandTask,
  stepCommandTask,
  type TaskHooks,
} from '@meseta/tasks';
import { decorateLabels } from '../../isolation/decorate-labels.ts';
import { markLaunched } from '../../task-updates.ts';
import { shutdownGraceMs } from '../end.ts';
import { launchRefusal } from '../refused.ts';
import { endedByAgent, type WatchedTask, watchContainer } from './container-watch.ts';
import type { EffectTarget } from './effect-target.ts';
import { perform } from './effects.ts';
import { explainInSandbox, launchFailure } from './launch-failure.ts';
import { CommandTaskChecks } from './task-checks.ts';
import { CommandTaskHooks, emptyHookRecord, type HookRecord } from './task-hooks.ts';
import type { TaskHost } from './task-host.ts';
import { type KilledTask, TaskKill } from './task-kill.ts';
import { Timers } from './timers.ts';

const milliseconds = 1_000_000;

/** See the file's head. A new one awaits one of `start`, `recover` and `lost`. */
export class SupervisedTask implements EffectTarget, KilledTask, WatchedTask {
  readonly host: TaskHost;
  readonly timers: Timers;
  readonly taskKill = new TaskKill(this);
  readonly checks: CommandTaskChecks | undefined;
  hooks: CommandTaskHooks | undefined;
  isLaunched = false;
  #info: TaskInfo;
  #task: CommandTask;
  #isDestroyed = false;

  /** @param recorded of hooks, by an earlier agent. */
  constructor(host: TaskHost, info: TaskInfo, recorded?: HookRecord) {
    const { context, taskId } = host;
    const { clock, log, taskHooks } = context;
    this.host = host;
    this.#info = info;
    this.#task = newCommandTask({ ...optionsOf(host, info), ...(host.inGroup && { inGroup: true }) });
    this.timers = new Timers(clock, timer => this.feed({ type: timer, nowMs: clock.steady() }));
    const checked = info.health_check !== undefined || info.check !== undefined;
    this.checks = checked ? this.#checksOf(info) : undefined;
    if (recorded && taskHooks) this.#useHooks(taskHooks, recorded);
    else if (recorded) log.warning('A task continues without its hooks', { task_id: taskId });
  }

  /** Launches the task. Every outcome becomes a status update. */
  async start(): Promise<void> {
    const { context, framework, executor } = this.host;
    try {
      this.#info = (await decorateLabels(context, framework, executor, this.#info)) ?? this.#info;
    } catch (error) {
      return this.#launchFailed(error);
    }
    await this.run();
  }

  /** The same, for a task whose labels are decorated. */
  async run(): Promise<void> {
    const { context, inGroup } = this.host;
    try {
      const { taskHooks } = context;
      if (taskHooks?.wants(this.#info)) await this.#begin(taskHooks);
      else if (inGroup) this.feed({ type: 'begin' });
      else await this.#launch();
    } catch (error) {
      await this.#launchFailed(error);
    }
  }

  /** Takes over a task whose container an earlier agent launched, running or ended meanwhile. */
  recover(known: Omit<KnownCommandTask, 'fired'>): void {
    this.isLaunched = true;
    this.host.launched();
    this.taskKill.resume(known.kill);
    const { clock } = this.host.context;
    const fired = this.hooks && { fired: this.hooks.fired };
    const moment = { timeMs: clock.now(), nowMs: clock.steady() };
    this.#enter(recoverCommandTask(this.#task.options, { ...known, ...fired }, moment));
    this.#watch();
  }

  /** Takes over a task whose container is gone: it has failed. */
  lost(message: string): void {
    this.isLaunched = true;
    this.host.launched();
    this.#task = recoverLostCommandTask(this.#task.options, this.hooks?.fired ?? new Set());
    this.feed({ type: 'lost', message });
  }

  /** Kills the task. @param graceMs from SIGTERM to SIGKILL; undefined: the task's own. */
  kill(graceMs?: number): void {
    const nowMs = this.host.context.clock.steady();
    this.feed({ type: 'kill', nowMs, ...(graceMs === undefined ? {} : { graceMs }) });
  }

  /** Lets go of the task. Idempotent. */
  close(): void {
    this.attempt('let go of', this.leave());
  }

  /** Lets go of the task. Resolves when nothing runs on the agent's behalf any more. */
  async leave(): Promise<void> {
    this.timers.clear();
    await this.checks?.stop();
  }

  get isKilling(): boolean {
    return this.#task.phase === 'killing';
  }

  get isEnded(): boolean {
    return this.#task.phase === 'ended';
  }

  /** Something happened to the task. */
  feed(input: CommandTaskInput): void {
    this.#enter(stepCommandTask(this.#task, input));
  }

  launch(): Promise<void> {
    return this.#launch().catch(error => this.#launchFailed(error));
  }

  /** The agent destroys the executor. A container that the task has ends with it; see `endedByAgent`. */
  destroyed(): void {
    const end = endedByAgent(this.host.executor);
    if (end && this.#task.phase === 'preparing') this.feed(end);
  }

  destroy(): Promise<void> {
    this.#isDestroyed = true;
    return this.host.destroy();
  }

  endContainer(): Promise<void> {
    return this.host.endContainer(this.#info);
  }

  attempt(what: string, work: Promise<unknown>): void {
    const { context, taskId } = this.host;
    work.catch(error => context.log.error(`Failed to ${what} a command task`, { error, task_id: taskId }));
  }

  #enter([task, effects]: [CommandTask, CommandTaskEffect[]]): void {
    this.#task = task;
    for (const effect of effects) perform(this, effect);
  }

  #checksOf(info: TaskInfo): CommandTaskChecks {
    const { clock } = this.host.context;
    return new CommandTaskChecks(this.host, info, {
      onHealth: health => this.feed({ type: 'health', ...health, nowMs: clock.steady() }),
      onCheck: status => this.feed({ type: 'check', status }),
    });
  }

  #useHooks(hooks: TaskHooks, record: HookRecord): CommandTaskHooks {
    this.#task = newCommandTask({ ...this.#task.options, hooks: true });
    this.hooks = new CommandTaskHooks(this.host, this.#info, {
      ...{ hooks, record },
      feed: input => this.feed(input),
    });
    return this.hooks;
  }

  /** Starts with the hooks, for which the sandbox exists; the launch follows them. */
  async #begin(hooks: TaskHooks): Promise<void> {
    await this.host.write(this.#info);
    await this.#useHooks(hooks, emptyHookRecord).begin();
    if (this.#isDestroyed) this.kill();
    else this.feed({ type: 'begin' });
  }

  async #launch(): Promise<void> {
    const { context, executor } = this.host;
    const pid = await this.host.launch(this.#info, {
      ...(this.hooks && { written: true, variables: this.hooks.variables }),
      mustBeWanted: () => this.#mustBeWanted(),
    });
    this.isLaunched = true;
    this.host.launched(pid);
    // Else it was by TASK_STARTING, or with its group.
    if (executor.queuedTasks.has(this.host.taskId)) markLaunched(context, executor, this.#info);
    this.feed({ type: 'launched' });
    this.#watch();
  }

  #mustBeWanted(): void {
    if (!this.#isDestroyed) return;
    throw new LaunchError('DESTROYED', `Task ${this.host.taskId} was killed while it was being launched`);
  }

  async #launchFailed(error: unknown): Promise<void> {
    const { context, framework, sandbox, taskId } = this.host;
    const { log, metrics } = context;
    const failure = launchFailure(error);
    log.warning('Failed to launch a command task', { error, task_id: taskId, framework_id: framework.id });
    if (failure.cause === 'other') metrics.counter('slave/container_launch_errors').increment();
    if (failure.cause === 'exec') await explainInSandbox(sandbox, this.host.container, error);
    await this.endContainer();
    this.feed(endedByAgent(this.host.executor) ?? launchRefusal(error) ?? failure);
  }

  #watch(): void {
    this.attempt('watch', watchContainer(this));
  }
}

/** What a task's state machine has to know of the task. */
function optionsOf(scope: TaskHost, info: TaskInfo): CommandTaskOptions {
  const { check, health_check, max_completion_time } = info;
  const graceMs = graceOf(info.kill_policy) ?? defaultGraceOf(scope);
  return {
    reportsKilling: scope.framework.has('TASK_KILLING_STATE'),
    healthCheck: health_check !== undefined,
    ...(check ? { check } : {}),
    ...(graceMs === undefined ? {} : { graceMs }),
    ...(max_completion_time ? { maxCompletionMs: max_completion_time.nanoseconds / milliseconds } : {}),
  };
}

/**
 * Returns the grace of a task without a kill policy, in milliseconds; undefined: that of all others.
 *
 * @see Mesos src/docker/executor.cpp: its shutdown grace period, or --docker_stop_timeout where that is longer
 */
function defaultGraceOf({ context, executor }: TaskHost): number | undefined {
  if (executor.info.container?.type !== 'DOCKER') return undefined;
  return Math.max(shutdownGraceMs(context, executor), context.flags.docker_stop_timeout);
}

/** Returns the time from SIGTERM to SIGKILL, in milliseconds; undefined when the policy does not set it. */
export function graceOf(policy: KillPolicy | undefined): number | undefined {
  const grace = policy?.grace_period?.nanoseconds;
  return grace === undefined ? undefined : grace / milliseconds;
}
