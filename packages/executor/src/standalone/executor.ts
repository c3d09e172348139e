/** The stand-alone executor: handles the agent's events and runs the tasks they launch. */
import { type ExecutorEvent, isTerminal, newUuid, type TaskInfo, type TaskStatus, type WireId } from '@meseta/protocol';
import type { CommandTaskUpdate } from '@meseta/tasks';
import { LocalMemory } from '@meseta/tasks';
import type { AgentConnection, ConnectionEnd } from './protocol/agent-connection.ts';

import { SupervisedTask, type SupervisedTaskHost } from './supervised-task.ts';

const nanosecondsPerMs = 1_000_000;
/** The part of the agent's shutdown grace period, in milliseconds, that is kept for the last status updates. */
const reserveMs = 1000;

const disconnections: Readonly<Record<ConnectionEnd, string>> = {
  closed: 'The connection to the agent was closed',
  never: 'The agent could not be reached',
  lost: 'The agent is gone for longer than the recovery timeout',
  refused: 'The agent has refused every subscription for longer than the recovery timeout: ending the task',
};

/** What the executor needs: the connection to the agent, and what its tasks need. */
export interface ExecutorHost extends Omit<SupervisedTaskHost, 'reportsKilling' | 'onUpdate'> {
  readonly executorId: WireId<'executor'>;
  readonly shutdownGraceMs: number;
  readonly connection: Pick<AgentConnection, 'run' | 'update' | 'addTask' | 'flush' | 'close'>;
  /** The end of the connection's first `run`, which has been started. */
  readonly connected: Promise<ConnectionEnd>;
  onInfo(message: string, fields?: Record<string, unknown>): void;
}

/** Runs one task, or any number of task groups, until all have ended and the agent has their last updates. */
export class Executor {
  readonly #host: ExecutorHost;
  /** All tasks by id, those that have ended included. */
  readonly #tasks = new Map<WireId<'task'>, SupervisedTask>();
  readonly #groups: (readonly WireId<'task'>[])[] = [];
  readonly #over = Promise.withResolvers<void>();
  #reportsKilling = false;
  #closing = false;
  #failed = false;

  constructor(host: ExecutorHost) {
    this.#host = host;
  }

  /** Runs until all tasks have ended and the updates are acknowledged. @returns the exit code. */
  async run(): Promise<number> {
    const { connection, connected, settings, onProblem } = this.#host;
    const first = await Promise.race([this.#over.promise, connected]);
    if (first !== undefined) await this.#disconnected(first);
    const flushed =
      first === 'never' || (await connection.flush(settings.STATE_UPDATE_WAIT_TIMEOUT, first === undefined));
    if (!flushed) onProblem('The agent did not acknowledge all status updates in time');
    await Promise.all([...this.#tasks.values()].map(task => task.close()));
    connection.close();
    return this.#failed ? 1 : 0;
  }

  /**
   * Ends all tasks because the agent is gone. Meanwhile the executor reconnects, so that an agent that comes back gets
   * the updates.
   */
  async #disconnected(end: ConnectionEnd): Promise<void> {
    const { connection, onProblem } = this.#host;
    onProblem(disconnections[end]);
    this.#failed = end === 'never' || end === 'refused';
    if (end === 'lost') connection.run().catch(error => onProblem('The executor cannot reconnect to the agent', error));
    this.shutdown();
    await this.#over.promise;
  }

  handle(event: ExecutorEvent): void {
    const { onInfo } = this.#host;
    onInfo(`Got ${event.type}`, { task_id: event.launch?.task.task_id.value ?? event.kill?.task_id.value });
    switch (event.type) {
      case 'SUBSCRIBED':
        this.#reportsKilling = (event.subscribed?.framework_info.capabilities ?? []).some(
          ({ type }) => type === 'TASK_KILLING_STATE',
        );
        return;
      case 'LAUNCH':
        if (event.launch) this.#launchOne(event.launch.task);
        return;
      case 'LAUNCH_GROUP':
        return this.#launchGroup(event.launch_group?.task_group.tasks ?? []);
      case 'KILL': {
        const graceNs = event.kill?.kill_policy?.grace_period?.nanoseconds;
        return this.#kill(
          event.kill?.task_id.value ?? '',
          graceNs === undefined ? undefined : graceNs / nanosecondsPerMs,
        );
      }
      case 'SHUTDOWN':
        return this.shutdown();
      default:
        return; // MESSAGE has no meaning here, and newer agents may send other events
    }
  }

  /** Ends all tasks, with their grace periods, and then the executor. */
  shutdown(): void {
    if (this.#closing) return;
    this.#closing = true;
    const { settings, shutdownGraceMs } = this.#host;
    const longestMs = Math.max(0, shutdownGraceMs - reserveMs);
    for (const task of this.#tasks.values()) {
      const ns = task.info.kill_policy?.grace_period?.nanoseconds;
      const graceMs = ns === undefined ? settings.KILL_POLICY_GRACE_PERIOD : ns / nanosecondsPerMs;
      task.kill(Math.min(graceMs, longestMs));
    }
    this.#endWhenDone();
  }

  #launchOne(info: TaskInfo): void {
    const id = info.task_id.value;
    if (this.#tasks.has(id)) return; // a repeated launch
    if (this.#tasks.size > 0 && this.#groups.length === 0) {
      const message = 'This executor runs one task, or task groups; it has one already';
      return this.#report(id, { state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID', message });
    }
    this.#start([info]);
  }

  #launchGroup(infos: readonly TaskInfo[]): void {
    const fresh = infos.filter(({ task_id }) => !this.#tasks.has(task_id.value));
    if (fresh.length === 0) return;
    if (this.#tasks.size > 0 && this.#groups.length === 0) {
      const message = 'This executor runs one task already, and then no task groups';
      for (const { task_id } of fresh)
        this.#report(task_id.value, { state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID', message });
      return;
    }
    this.#groups.push(fresh.map(({ task_id }) => task_id.value));
    this.#start(fresh);
  }

  #start(infos: readonly TaskInfo[]): void {
    if (this.#closing) {
      for (const { task_id } of infos)
        this.#report(task_id.value, { state: 'TASK_KILLED', message: 'The executor is shutting down' });
      return;
    }
    const tasks = infos.map(info => {
      this.#host.connection.addTask(info);
      const task = new SupervisedTask(info, {
        ...this.#host,
        reportsKilling: this.#reportsKilling,
        onUpdate: (task, update) => this.#onUpdate(task, update),
      });
      this.#tasks.set(info.task_id.value, task);
      return task;
    });
    for (const task of tasks) task.start();
  }

  #kill(id: WireId<'task'>, graceMs: number | undefined): void {
    const task = this.#tasks.get(id);
    if (task) return task.kill(graceMs);
    // The launch was lost on the way, but the framework waits for a final status.
    this.#report(id, { state: 'TASK_KILLED', message: 'The task was killed before its launch arrived' });
    if (this.#tasks.size === 0) this.shutdown();
  }

  #onUpdate(task: SupervisedTask, update: CommandTaskUpdate): void {
    const id = task.info.task_id.value;
    this.#report(id, update);
    if (!isTerminal(update.state)) return;
    if (update.state !== 'TASK_FINISHED') this.#endGroupOf(id);
    this.#endWhenDone();
  }

  /** Kills the other tasks of a group when one of them ends, as Mesos's default executor does. */
  #endGroupOf(id: WireId<'task'>): void {
    for (const member of this.#groups.find(group => group.includes(id)) ?? []) this.#tasks.get(member)?.kill();
  }

  #endWhenDone(): void {
    const tasks = [...this.#tasks.values()];
    if (tasks.some(({ ended }) => !ended)) return;
    this.#closing = true;
    const { hooks, hookEnvironment: environment, sandbox } = this.#host;
    const nothing = { info: null, environment, sandbox, memory: new LocalMemory() };
    // An executor that never had a task unsubscribes in the same way.
    const last =
      tasks.length > 0 ? Promise.resolve() : hooks.fire('BeforeTerminate', nothing, new AbortController().signal);
    last.then(
      () => this.#over.resolve(),
      () => this.#over.resolve(),
    );
  }

  #report(id: WireId<'task'>, { fromAgent: _, ...update }: CommandTaskUpdate): void {
    const { connection, executorId, clock, onInfo } = this.#host;
    const status: TaskStatus = {
      task_id: { value: id },
      executor_id: { value: executorId },
      source: 'SOURCE_EXECUTOR',
      timestamp: clock.now() / 1000,
      uuid: newUuid(),
      ...update,
    };
    onInfo(`Task is ${update.state}`, { task_id: id, message: update.message, healthy: update.healthy });
    connection.update(status);
  }
}
