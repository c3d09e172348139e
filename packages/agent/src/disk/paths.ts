import { resolve } from 'node:path';
import type { AgentId, ContainerValue, ExecutorId, FrameworkId, TaskId } from '@meseta/protocol';

/** An executor's run: the ids on the way to its directories. */
export interface RunIds {
  readonly frameworkId: FrameworkId;
  readonly executorId: ExecutorId;
  readonly containerId: ContainerValue;
}

/**
 * Where things are below `--work_dir`. Takes only ids that were checked, each of its kind, so no path leads outside.
 *
 * ```text
 * <work>/slaves/{latest,<sid>}/frameworks/<fid>/executors/<eid>/runs/{latest,<cid>}        sandboxes
 * <work>/containers/<cid>                                       sandboxes of stand-alone containers; <sandbox>/containers/<cid> of nested ones
 * <work>/gc/<number>, <work>/{,meta/}slaves/.gc/<number>        what is being removed
 * <work>/volumes/roles/<role>/<persistence id>
 * <work>/meta/{boot_id,version}
 * <work>/meta/resources/{resources.info,resources_and_operations.state}
 * <work>/meta/slaves/{latest,<sid>}/{slave.info,drain.config}
 *   frameworks/<fid>/{framework.info,framework.pid}
 *     executors/<eid>/{executor.info,executor_generated_for_command_task}
 *       runs/{latest,<cid>/{executor.sentinel,http.marker,pids/{forked.pid,libprocess.pid}}}
 *         tasks/<tid>/{task.info,task.updates,task.group,task.kill,task.hooks,task.environment}
 * ```
 *
 * `task.kill`, `task.hooks` and `task.group` are Meseta's: the kill and the lifecycle hooks of a task that the agent
 * supervises, and the container of a pod's task with the group it is in. Mesos's executor processes would remember them. `task.environment`, what modules put into its environment, is of Meseta 0.1.
 *
 * @see Mesos src/slave/paths.hpp
 */
export class Paths {
  /** Absolute. */
  readonly workDirectory: string;

  constructor(workDirectory: string) {
    this.workDirectory = resolve(workDirectory);
  }

  get meta(): string {
    return `${this.workDirectory}/meta`;
  }

  /** Sandboxes of stand-alone containers. */
  get containers(): string {
    return `${this.workDirectory}/containers`;
  }

  /** The sandbox of a stand-alone container. */
  container(containerId: ContainerValue): string {
    return `${this.containers}/${containerId}`;
  }

  /** What is being removed. */
  get trash(): string {
    return `${this.workDirectory}/gc`;
  }

  /** The same where the directories of agents are on another file system. */
  get otherTrash(): readonly string[] {
    return [this.workDirectory, this.meta].map(root => `${this.agents(root)}/.gc`);
  }

  get bootId(): string {
    return `${this.meta}/boot_id`;
  }

  /** The version of the state, see `recovery/state-version.ts`. */
  get version(): string {
    return `${this.meta}/version`;
  }

  get resources(): string {
    return `${this.meta}/resources`;
  }

  /** Dynamic reservations, volumes, and operations that are not acknowledged. */
  get resourceState(): string {
    return `${this.resources}/resources_and_operations.state`;
  }

  /** The same without operations, for agents before Mesos 1.10. */
  get resourcesInfo(): string {
    return `${this.resources}/resources.info`;
  }

  /** Directories of agents: sandboxes below the work directory, checkpoints below `meta`. */
  agents(root: string): string {
    return `${root}/slaves`;
  }

  /** Symbolic link to the directory of the agent that runs now. */
  latestAgent(root: string): string {
    return `${this.agents(root)}/latest`;
  }

  agent(root: string, agentId: AgentId): string {
    return `${this.agents(root)}/${agentId}`;
  }

  agentInfo(agentId: AgentId): string {
    return `${this.agent(this.meta, agentId)}/slave.info`;
  }

  drainConfig(agentId: AgentId): string {
    return `${this.agent(this.meta, agentId)}/drain.config`;
  }

  frameworks(root: string, agentId: AgentId): string {
    return `${this.agent(root, agentId)}/frameworks`;
  }

  framework(root: string, agentId: AgentId, frameworkId: FrameworkId): string {
    return `${this.frameworks(root, agentId)}/${frameworkId}`;
  }

  executors(root: string, agentId: AgentId, frameworkId: FrameworkId): string {
    return `${this.framework(root, agentId, frameworkId)}/executors`;
  }

  executor(root: string, agentId: AgentId, { frameworkId, executorId }: Omit<RunIds, 'containerId'>): string {
    return `${this.executors(root, agentId, frameworkId)}/${executorId}`;
  }

  /** A run: the sandbox below the work directory, its checkpoints below `meta`. */
  run(root: string, agentId: AgentId, ids: RunIds): string {
    return `${this.executor(root, agentId, ids)}/runs/${ids.containerId}`;
  }

  sandbox(agentId: AgentId, ids: RunIds): string {
    return this.run(this.workDirectory, agentId, ids);
  }

  /** Checkpoints of a task. */
  task(agentId: AgentId, ids: RunIds, taskId: TaskId): string {
    return `${this.run(this.meta, agentId, ids)}/tasks/${taskId}`;
  }

  taskUpdates(agentId: AgentId, ids: RunIds, taskId: TaskId): string {
    return `${this.task(agentId, ids, taskId)}/task.updates`;
  }

  taskKill(agentId: AgentId, ids: RunIds, taskId: TaskId): string {
    return `${this.task(agentId, ids, taskId)}/task.kill`;
  }

  taskGroup(agentId: AgentId, ids: RunIds, taskId: TaskId): string {
    return `${this.task(agentId, ids, taskId)}/task.group`;
  }

  taskHooks(agentId: AgentId, ids: RunIds, taskId: TaskId): string {
    return `${this.task(agentId, ids, taskId)}/task.hooks`;
  }

  taskEnvironment(agentId: AgentId, ids: RunIds, taskId: TaskId): string {
    return `${this.task(agentId, ids, taskId)}/task.environment`;
  }
}
