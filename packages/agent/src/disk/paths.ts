import { join } from 'node:path';
import type { AgentId, ContainerId, ExecutorId, FrameworkId, TaskId } from '../ids.ts';

/** An executor's run: the ids on the way to its directories. */
export interface RunIds {
  readonly frameworkId: FrameworkId;
  readonly executorId: ExecutorId;
  readonly containerId: ContainerId;
}

/**
 * Where things are below `--work_dir`. Takes only ids that were checked (`PathSafe`), so no path leads outside.
 *
 * ```text
 * <work>/slaves/{latest,<sid>}/frameworks/<fid>/executors/<eid>/runs/{latest,<cid>}        sandboxes
 * <work>/volumes/roles/<role>/<persistence id>
 * <work>/meta/boot_id
 * <work>/meta/resources/resources.info
 * <work>/meta/slaves/{latest,<sid>}/slave.info
 *   frameworks/<fid>/{framework.info,framework.pid}
 *     executors/<eid>/{executor.info,executor_generated_for_command_task}
 *       runs/{latest,<cid>/{executor.sentinel,http.marker,pids/{forked.pid,libprocess.pid}}}
 *         tasks/<tid>/{task.info,task.updates,task.kill}
 * ```
 *
 * `task.kill` is ours: the kill of a command task, which Mesos's executor process would remember.
 *
 * @see Mesos src/slave/paths.hpp
 */
export class Paths {
  readonly workDirectory: string;

  constructor(workDirectory: string) {
    this.workDirectory = workDirectory;
  }

  get meta(): string {
    return join(this.workDirectory, 'meta');
  }

  get bootId(): string {
    return join(this.meta, 'boot_id');
  }

  get resources(): string {
    return join(this.meta, 'resources');
  }

  /** Dynamic reservations and volumes. */
  get resourcesInfo(): string {
    return join(this.resources, 'resources.info');
  }

  /** Directories of agents: sandboxes below the work directory, checkpoints below `meta`. */
  agents(root: string): string {
    return join(root, 'slaves');
  }

  /** Symbolic link to the directory of the agent that runs now. */
  latestAgent(root: string): string {
    return join(this.agents(root), 'latest');
  }

  agent(root: string, agentId: AgentId): string {
    return join(this.agents(root), agentId);
  }

  agentInfo(agentId: AgentId): string {
    return join(this.agent(this.meta, agentId), 'slave.info');
  }

  frameworks(root: string, agentId: AgentId): string {
    return join(this.agent(root, agentId), 'frameworks');
  }

  framework(root: string, agentId: AgentId, frameworkId: FrameworkId): string {
    return join(this.frameworks(root, agentId), frameworkId);
  }

  executors(root: string, agentId: AgentId, frameworkId: FrameworkId): string {
    return join(this.framework(root, agentId, frameworkId), 'executors');
  }

  executor(root: string, agentId: AgentId, { frameworkId, executorId }: Omit<RunIds, 'containerId'>): string {
    return join(this.executors(root, agentId, frameworkId), executorId);
  }

  /** A run: the sandbox below the work directory, its checkpoints below `meta`. */
  run(root: string, agentId: AgentId, ids: RunIds): string {
    return join(this.executor(root, agentId, ids), 'runs', ids.containerId);
  }

  sandbox(agentId: AgentId, ids: RunIds): string {
    return this.run(this.workDirectory, agentId, ids);
  }

  /** Checkpoints of a task. */
  task(agentId: AgentId, ids: RunIds, taskId: TaskId): string {
    return join(this.run(this.meta, agentId, ids), 'tasks', taskId);
  }

  taskUpdates(agentId: AgentId, ids: RunIds, taskId: TaskId): string {
    return join(this.task(agentId, ids, taskId), 'task.updates');
  }

  taskKill(agentId: AgentId, ids: RunIds, taskId: TaskId): string {
    return join(this.task(agentId, ids, taskId), 'task.kill');
  }
}
