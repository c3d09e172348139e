import type { ContainerId } from '@meseta/containers';
import type { ContainerStatus, StatusUpdate, TaskStatus } from '@meseta/protocol';
import type { AgentContext } from '../context.ts';
import type { Executor } from '../state/executor.ts';

/**
 * Lets hooks decorate a status before it is written to disk, and adds what isolators know of the container. The agent's
 * views show the decorated labels and container status too.
 *
 * @see Mesos src/slave/slave.cpp, Slave::statusUpdate
 */
export async function decorateStatus(context: AgentContext, update: StatusUpdate): Promise<StatusUpdate> {
  const { agent, hooks } = context;
  const { framework_id, status: before } = update;
  const taskId = before.task_id.value;
  const executor = agent.frameworks.get(framework_id.value)?.executorsByTask.get(taskId);
  const decorated = await hooks.slaveTaskStatusDecorator(framework_id, before);
  const nested = before.container_status?.container_id?.parent !== undefined;
  const known = nested ? await statusOfNested(context, before) : await statusOfIsolators(context, executor);
  const status = withContainerStatus(decorated, known);
  const entered = executor?.task(taskId)?.statuses?.find(({ uuid }) => uuid === update.uuid);
  if (entered) {
    const { labels, container_status } = status;
    Object.assign(entered, { ...(labels && { labels }), ...(container_status && { container_status }) });
  }
  return { ...update, status };
}

/** Returns the container status from isolators: nothing before the container exists, the latest one after its end. */
async function statusOfIsolators(
  { containerizer }: AgentContext,
  executor: Executor | undefined,
): Promise<ContainerStatus | undefined> {
  if (!executor?.isLaunched) return undefined;
  if (executor.state !== 'TERMINATED') {
    const { container_id, executor_pid, ...known } = await containerizer.status(executor.container);
    // A container that ends meanwhile has given its networks up.
    executor.containerStatus = { ...executor.containerStatus, ...known };
  }
  return executor.containerStatus;
}

/** The same for a task in a nested container: nothing before it exists and after its end. */
async function statusOfNested(
  { containerizer }: AgentContext,
  { container_status = {} }: TaskStatus,
): Promise<ContainerStatus | undefined> {
  const { container_id: id, executor_pid: pid } = container_status;
  if (id === undefined || pid === undefined) return undefined;
  const { container_id, executor_pid, ...known } = await containerizer.status(id as ContainerId);
  return known;
}

function withContainerStatus(status: TaskStatus, container: ContainerStatus | undefined): TaskStatus {
  if (container === undefined || Object.keys(container).length === 0) return status;
  return { ...status, container_status: { ...status.container_status, ...container } };
}
