import type { ContainerId, ContainerKey } from '@meseta/containers';
import { BoundedHistory } from '@meseta/daemon';
import type { ExecutorInfo, KillPolicy, Task, TaskInfo, TaskResourceLimitation } from '@meseta/protocol';
import type { ExecutorId, FrameworkId, TaskId } from '../ids.ts';

/** Mesos's MAX_COMPLETED_TASKS_PER_EXECUTOR. */
const completedTasksKept = 200;

/**
 * - `REGISTERING`: its container is being launched, or it has not registered yet. Tasks wait in `queuedTasks`.
 * - `RUNNING`: registered; tasks are handed to it.
 * - `TERMINATING`: told to shut down, or its container is being destroyed.
 * - `TERMINATED`: its container is gone; some of its tasks' updates are not acknowledged yet.
 *
 * ```text
 * REGISTERING ──▶ RUNNING ──▶ TERMINATING ──▶ TERMINATED ──▶ (completed)
 *      └─────────────┴───── container ended ──────┘
 * ```
 */
export type ExecutorState = 'REGISTERING' | 'RUNNING' | 'TERMINATING' | 'TERMINATED';

/**
 * How the agent talks to an executor: the stream of a v1 SUBSCRIBE (`http`), the libprocess address of a v0 driver
 * (`driver`), or the supervision of a command task inside the agent (`command`). Nothing here waits.
 */
export interface ExecutorConnection {
  readonly kind: 'http' | 'driver' | 'command';
  /** `executor(1)@ip:port` of a driver. */
  readonly pid?: string;
  launch(task: TaskInfo): void;
  kill(taskId: TaskId, killPolicy: KillPolicy | undefined): void;
  /** A status update of the executor's is on disk (not: acknowledged by the framework). `uuid` in base64. */
  acknowledge(taskId: TaskId, uuid: string): void;
  /** A framework's message, base64. */
  message(data: string): void;
  shutdown(): void;
  /** Lets go of the executor, which is gone or has connected anew. Idempotent. */
  close(): void;
  /** The agent ends and the executor does not: what runs on the agent's behalf is ended. */
  leave?(): Promise<void>;
}

/** One run of an executor, with the tasks it has or had. Changed by the steps of its life; views only read. */
export class Executor {
  readonly id: ExecutorId;
  readonly frameworkId: FrameworkId;
  readonly info: ExecutorInfo;
  readonly containerId: ContainerKey;
  /** As containerizers know it. */
  readonly container: ContainerId;
  /** Its sandbox, an absolute path. */
  readonly directory: string;
  /** User its processes run as; undefined: the agent's own. */
  readonly user: string | undefined;
  /** Stands for one command task: there is no executor process, the container's first process is the command itself. */
  readonly isCommand: boolean;
  /** Whether it and its tasks survive the agent (`FrameworkInfo.checkpoint`). */
  readonly checkpoint: boolean;
  state: ExecutorState = 'REGISTERING';
  /** First process of its container, once there is one: `executor_pid` of container statuses. */
  pid: number | undefined;
  connection: ExecutorConnection | undefined;
  /** Accepted, not yet handed to the executor, in order of arrival. */
  readonly queuedTasks = new Map<TaskId, TaskInfo>();
  /** Queued tasks whose labels hooks have not decorated yet: they are not to be handed over. */
  readonly decorating = new Map<TaskId, Promise<unknown>>();
  /** Handed to the executor, not terminal. */
  readonly launchedTasks = new Map<TaskId, Task>();
  /** Terminal, last update not yet acknowledged. */
  readonly terminatedTasks = new Map<TaskId, Task>();
  /** Terminal and acknowledged: the latest 200. */
  readonly completedTasks = new BoundedHistory<Task>(completedTasksKept);
  /** A container was asked for, or was there before the agent: its end is to be waited for. */
  hasContainer = false;
  /** The end of its container, see `endContainer`; undefined until that begins. */
  containerEnd: Promise<void> | undefined;
  /** That end is over. */
  isEndOver = false;
  /** Resolves with `isEndOver`. */
  readonly containerOver = Promise.withResolvers<void>();
  /** Resolves when the grace of its shutdown is over, or it is to end at once. Undefined: it was not told to shut down. */
  graceOver: Promise<void> | undefined;
  /** Why it is being ended, for its tasks' terminal updates: set by whoever ends it. */
  pendingTermination: PendingTermination | undefined;

  constructor(fields: ExecutorFields) {
    this.id = fields.id;
    this.frameworkId = fields.frameworkId;
    this.info = fields.info;
    this.containerId = fields.containerId;
    this.container = { value: fields.containerId };
    this.directory = fields.directory;
    this.user = fields.user;
    this.isCommand = fields.isCommand;
    this.checkpoint = fields.checkpoint;
  }

  /** Whether any task is queued, alive or unacknowledged. */
  get hasTasks(): boolean {
    return this.queuedTasks.size > 0 || this.launchedTasks.size > 0 || this.terminatedTasks.size > 0;
  }

  /** A launched or terminated task. */
  task(id: TaskId): Task | undefined {
    return this.launchedTasks.get(id) ?? this.terminatedTasks.get(id);
  }
}

/** What {@link Executor} is made from. */
export type ExecutorFields = Pick<
  Executor,
  'id' | 'frameworkId' | 'info' | 'containerId' | 'directory' | 'user' | 'isCommand' | 'checkpoint'
>;

/** State, reason and message that the tasks of an ended executor get; what is missing has a default. */
export interface PendingTermination {
  readonly state?: Task['state'];
  readonly reason?: NonNullable<NonNullable<Task['statuses']>[number]['reason']>;
  readonly message?: string;
  readonly limitation?: TaskResourceLimitation;
}
