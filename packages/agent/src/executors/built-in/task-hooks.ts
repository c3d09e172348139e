/** The lifecycle hooks of a command task, and what the next agent must know of them, kept on disk. */
import { hookEnvironment } from '@meseta/executor';
import type { EnvironmentVariable, TaskInfo } from '@meseta/protocol';
import {
  type CommandTaskInput,
  type HookedTask,
  HookFiring,
  type HookMemory,
  type TaskEvent,
  type TaskHooks,
  type Variables,
} from '@meseta/tasks';
import { runIds } from '../../state/run-ids.ts';
import { executorEnvironment } from '../environment.ts';
import type { TaskHost } from './task-host.ts';

/** What `task.hooks` has, as JSON. */
export interface HookRecord {
  /** What BeforeTaskStart gave. */
  readonly variables: Variables;
  /** Events whose hooks have run. */
  readonly fired: readonly TaskEvent[];
  /** By hook. */
  readonly memory: Readonly<Record<string, unknown>>;
}

/** Of a task of which nothing was fired. */
export const emptyHookRecord: HookRecord = { variables: {}, fired: [], memory: {} };

/** That TASK_RUNNING is on disk says the same. */
const needsNoRecord: TaskEvent = 'AfterTaskStart';

/** See the file's head. `fire` and `cancel` are the supervision's effects. */
export class CommandTaskHooks implements HookMemory {
  readonly #host: TaskHost;
  readonly #hooked: HookedTask;
  readonly #firing: HookFiring;
  #record: HookRecord;

  /** @param record of an earlier agent. */
  constructor(
    host: TaskHost,
    info: TaskInfo,
    options: { readonly hooks: TaskHooks; readonly record: HookRecord; feed(input: CommandTaskInput): void },
  ) {
    const { hooks, record, feed } = options;
    const { context, executor } = host;
    const user = host.userOf(info);
    this.#host = host;
    this.#record = record;
    this.#hooked = {
      info,
      sandbox: host.sandbox,
      environment: hookEnvironment({
        ...context.flags.executor_hooks?.environment,
        ...executorEnvironment(context, executor, info),
        MESOS_SANDBOX: host.sandbox,
      }),
      ...(user !== undefined && { user }),
      memory: this,
    };
    this.#firing = new HookFiring({
      hooks,
      task: this.#hooked,
      now: () => context.clock.steady(),
      feed,
      onProblem: error => context.log.warning('A hook failed', { error, task_id: info.task_id.value }),
      run: (event, fire) => this.#run(event, fire),
    });
  }

  /** Join the task's environment. */
  get variables(): readonly EnvironmentVariable[] {
    return Object.entries(this.#record.variables).map(([name, value]) => ({ name, value }));
  }

  get fired(): ReadonlySet<TaskEvent> {
    return new Set(this.#record.fired);
  }

  /** Before anything is fired: the next agent must know that the task has hooks. */
  begin(): Promise<void> {
    return this.#write({});
  }

  fire(event: TaskEvent): void {
    this.#firing.fire(event);
  }

  cancel(): void {
    this.#firing.cancel();
  }

  get(hook: string): unknown {
    return this.#record.memory[hook];
  }

  set(hook: string, value: unknown): Promise<void> {
    return this.#write({ memory: { ...this.#record.memory, [hook]: value } });
  }

  async #run(event: TaskEvent, fire: () => Promise<Variables>): Promise<void> {
    const variables = await fire();
    if (event === needsNoRecord) return;
    await this.#write({
      fired: [...this.#record.fired, event],
      ...(event === 'BeforeTaskStart' && { variables }),
    });
  }

  async #write(change: Partial<HookRecord>): Promise<void> {
    this.#record = { ...this.#record, ...change };
    const { context, executor, taskId } = this.#host;
    const { agent, disk, paths } = context;
    if (!executor.checkpoint) return;
    const path = paths.taskHooks(agent.id, runIds(executor), taskId);
    await disk.perform([{ type: 'replace', path, data: JSON.stringify(this.#record) }]);
  }
}
