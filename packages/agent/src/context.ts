/**
 * What every part of the agent works with. Functions of the agent take it first. Each agent has its own, so one process
 * can run several agents.
 */
import type { Containerizer, VolumeGids } from '@meseta/containers';
import type { AccessControl } from '@meseta/daemon';
import type { HookManager } from '@meseta/modules';
import type { Tls } from '@meseta/process';
import type { AgentId, MessageType } from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import type { CheckPacer, TaskHooks } from '@meseta/tasks';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { ExecutorTokens } from './access/executor-tokens.ts';
import type { ApiContainers } from './api-containers/api-containers.ts';
import type { Disk } from './disk/disk.ts';
import type { Paths } from './disk/paths.ts';
import type { DiskSpace } from './disk/space.ts';
import type { AgentFlags } from './flags.ts';
import type { Outlet } from './outlet.ts';
import type { Privacy } from './privacy.ts';
import type { Sessions } from './sessions.ts';
import type { Agent, RegisteredAgent } from './state/agent.ts';
import type { StatusUpdateManager } from './status-updates/manager.ts';

/** See the file's head. */
export interface AgentContext {
  readonly flags: AgentFlags;
  readonly agent: Agent;
  /** Where everything is on disk. */
  readonly paths: Paths;
  readonly disk: Disk;
  /** Receives failures, except of writes by `disk`, that a full disk may have caused. */
  readonly space: Pick<DiskSpace, 'suspect'>;
  /** All that the agent knows of containers. */
  readonly containerizer: Containerizer;
  /** Containers that were launched by calls of the agent's API. */
  readonly apiContainers: ApiContainers;
  /** Commands of operators in containers of tasks. */
  readonly sessions: Sessions;
  readonly hooks: HookManager;
  /** Who is who, and may do what: every edge asks it. */
  readonly access: AccessControl;
  /** Makes the tokens of executors; undefined: they get none. */
  readonly tokens: ExecutorTokens | undefined;
  /** Lifecycle hooks of command tasks, where `--executor_hooks` asks for some. */
  readonly taskHooks: TaskHooks | undefined;
  /** Starts the checks of all tasks. */
  readonly checkPacer: CheckPacer;
  readonly statusUpdates: StatusUpdateManager;
  readonly messages: Messages;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Of an agent that serves its owner only; undefined: it serves all. */
  readonly privacy: Privacy | undefined;
  /** IP address of the machine that tasks are reachable at. */
  readonly ip: string;
  /** The same, of version 6, beside `ip`; undefined: not known. */
  readonly ip6: string | undefined;
  /** Of volumes that containers share; undefined without `--volume_gid_range`. */
  readonly volumeGids: VolumeGids | undefined;
  /** The path of the Unix socket over which executors are served, too; undefined: there is none. */
  readonly executorSocket: string | undefined;
  /** Undefined: connections are not encrypted. */
  readonly tls: Tls | undefined;
  /** Ends this agent because it must not go on (its disk cannot be written): logs, then `RunningAgent.failed`. */
  abort(error: Error): void;
}

/** The context of an agent that has its id. Functions that run something, or report it to a master, take this one. */
export interface RegisteredContext extends AgentContext {
  readonly agent: RegisteredAgent;
}

/** Tells whether the agent has its id already. */
export function isRegistered(context: AgentContext): context is RegisteredContext {
  return context.agent.id !== undefined;
}

/** Gives the agent its id: from here on its context is a {@link RegisteredContext}. */
export function takeId(context: AgentContext, id: AgentId): asserts context is RegisteredContext {
  context.agent.takeId(id);
}

/** Libprocess as the agent uses it. Pids are texts, `master@10.0.0.1:5050`. */
export interface Messages {
  /** Sends from `slave(N)@…`. What is addressed to no pid is dropped and counted. */
  send<T>(to: string, type: MessageType<T>, message: T): void;
  /**
   * Sends a message to the master while the agent is registered. Otherwise the message is dropped; re-registration
   * reports what matters.
   */
  sendToMaster<T>(type: MessageType<T>, message: T): void;
  /** For what executors have to say to the master: it waits in turn while the master reads slowly. */
  readonly outlet: Outlet;
}
