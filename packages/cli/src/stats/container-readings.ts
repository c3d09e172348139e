/** Reads from an agent what its containers use. */
import type { HttpClient } from '@meseta/process';
import { ContainerStatus, fromJson, ResourceStatistics, type Task, type WireId } from '@meseta/protocol';

/** The names of an executor, which has one container at a time. */
export interface ExecutorName {
  readonly frameworkId: WireId<'framework'>;
  readonly executorId: WireId<'executor'>;
}

/** A container of an executor at one moment. */
export interface ContainerReading extends ExecutorName {
  readonly containerId: WireId<'container'>;
  readonly status: ContainerStatus;
  /** Undefined when the agent could not measure it. */
  readonly statistics: ResourceStatistics | undefined;
}

/** Returns the names of a task's executor. A command task has the agent's executor, whose id is that of the task. */
export function executorOf({ framework_id, executor_id, task_id }: Task): ExecutorName {
  return { frameworkId: framework_id.value, executorId: executor_id?.value || (task_id.value as string) };
}

/** Tells whether two names are those of the same executor. */
export function isSameExecutor(one: ExecutorName, other: ExecutorName): boolean {
  return one.frameworkId === other.frameworkId && one.executorId === other.executorId;
}

/**
 * Reads the containers of an agent by `/containers`. An agent of Apache Mesos, which knows no selection by executor there,
 * returns all of them.
 *
 * @param only the executor whose container is wanted, so that the agent need not measure the others.
 * @throws {HttpAnswerError} {HttpConnectionError}
 */
export async function readContainers(http: HttpClient, only?: ExecutorName): Promise<ContainerReading[]> {
  const query = only && new URLSearchParams({ framework_id: only.frameworkId, executor_id: only.executorId });
  const answer = (await http.get(`/containers${query ? `?${query}` : ''}`)) as readonly View[] | undefined;
  return (answer ?? []).map(({ container_id, framework_id, executor_id, status, statistics }) => ({
    containerId: container_id,
    frameworkId: framework_id,
    executorId: executor_id,
    status: fromJson(ContainerStatus, status ?? {}),
    statistics: statistics === undefined ? undefined : fromJson(ResourceStatistics, statistics),
  }));
}

/** An element of `/containers`. */
interface View {
  readonly container_id: string;
  readonly framework_id: string;
  readonly executor_id: string;
  readonly status?: unknown;
  readonly statistics?: unknown;
}
