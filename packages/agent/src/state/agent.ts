/**
 * The agent's state: the root of the tree that every view shows. The classes of this directory have no effects outside;
 * observers are notified of changes.
 */

import { BoundedHistory } from '@meseta/daemon';
import type {
  AgentId,
  AgentInfo,
  AgentInfoCapability,
  DrainConfig,
  ExitedExecutorMessage,
  IdMap,
  Operation,
  Task,
  TaskStatus,
} from '@meseta/protocol';
import type { Resources } from '@meseta/resources';
import type { Executor } from './executor.ts';
import type { Framework } from './framework.ts';

/** Mesos's MAX_COMPLETED_FRAMEWORKS. */
const completedFrameworksKept = 50;

/**
 * - `RECOVERING`: reading what an earlier agent left; executors may reconnect, nothing else is served.
 * - `DISCONNECTED`: no master, or not (re-)registered with it.
 * - `RUNNING`: registered.
 * - `TERMINATING`: shutting down with all executors.
 */
export type AgentState = 'RECOVERING' | 'DISCONNECTED' | 'RUNNING' | 'TERMINATING';

/** Receives changes after they happened, in order. Must not change anything. */
export interface AgentObserver {
  taskAdded?(task: Task, executor: Executor): void;
  /** A status that was taken in; `task` has it already. */
  taskUpdated?(task: Task, status: TaskStatus, executor: Executor): void;
  executorAdded?(executor: Executor): void;
  /** It registered, or came back to an agent that was started again. */
  executorConnected?(executor: Executor): void;
  executorTerminated?(executor: Executor): void;
  frameworkAdded?(framework: Framework): void;
  frameworkRemoved?(framework: Framework): void;
  /** The agent is registered, for the first time or anew. */
  registered?(): void;
}

/** The agent. One per daemon; tests and `meseta local` have several in a process. */
export class Agent {
  state: AgentState = 'RECOVERING';
  /** While recovering: state is read, executors may come back. */
  acceptsExecutors = false;
  /** Resources as configured, unreserved or statically reserved; `id` is set when it is known. */
  info: AgentInfo;
  /** `info` is not what the agent had before it was started again, and no master has taken it in yet. */
  isReconfigured = false;
  /** `slave(1)@ip:port`. */
  readonly pid: string;
  /** Seconds since 1970. */
  readonly startTime: number;
  readonly capabilities: readonly AgentInfoCapability[];
  /** The leading master, registered or not: `master@ip:port`. */
  master: string | undefined;
  /** Host name of the master, for links. */
  masterHostname: string | undefined;
  /** `info.resources` with dynamic reservations and volumes applied. */
  totalResources: Resources;
  /** Of `totalResources` those that had to be written down: dynamically reserved ones and persistent volumes. */
  checkpointedResources: Resources;
  /**
   * What can be offered although it is allocated, and what of it is in use: all of it revocable. Undefined: nothing has
   * estimated that yet.
   */
  oversubscribed: Resources | undefined;
  /** Made anew by every start: the master must not launch on what it knew of the agent before. Base64. */
  resourceVersion: string;
  readonly frameworks: IdMap<'framework', Framework> = new Map();
  readonly completedFrameworks = new BoundedHistory<'framework', Framework>(completedFrameworksKept);
  /** Operations whose terminal status is not acknowledged, by uuid (base64). */
  readonly operations = new Map<string, Operation>();
  /**
   * The ends of executors that the master has not been told: the agent was not registered. Its last re-registration may
   * have listed them.
   */
  readonly untoldExits: ExitedExecutorMessage[] = [];
  /** An operator wants the agent empty, and something is left. `startedAt` in seconds since 1970. */
  draining: { readonly config: DrainConfig; readonly startedAt: number } | undefined;
  readonly #observers = new Set<AgentObserver>();
  #id: AgentId | undefined;

  constructor(fields: AgentFields) {
    this.info = fields.info;
    this.pid = fields.pid;
    this.startTime = fields.startTime;
    this.capabilities = fields.capabilities;
    this.totalResources = fields.totalResources;
    this.checkpointedResources = fields.checkpointedResources;
    this.resourceVersion = fields.resourceVersion;
  }

  /** Given by the master at the first registration, kept on disk from then on. */
  get id(): AgentId | undefined {
    return this.#id;
  }

  /** Takes the id that the master gives, or gave an earlier run of this agent. It never changes after that. */
  takeId(id: AgentId): void {
    this.#id = id;
    this.info = { ...this.info, id: { value: id } };
  }

  /** Calls the observer from now on. @returns stops that. */
  observe(observer: AgentObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Notifies all observers. Called only by functions that change tasks, executors and frameworks. */
  notify(tell: (observer: AgentObserver) => void): void {
    for (const observer of this.#observers) tell(observer);
  }

  /** Every executor that is not completed. */
  *executors(): Generator<Executor> {
    for (const framework of this.frameworks.values()) yield* framework.executors.values();
  }
}

/** An agent that has its id: it is registered, or was, or took over from one that was. Only such a one runs anything. */
export type RegisteredAgent = Agent & { readonly id: AgentId };

/** What {@link Agent} is made from. */
export type AgentFields = Pick<
  Agent,
  'info' | 'pid' | 'startTime' | 'capabilities' | 'totalResources' | 'checkpointedResources' | 'resourceVersion'
>;
