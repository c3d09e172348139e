/** Containers and what they use. */
import { type Filters, shown } from '@meseta/daemon';
import type {
  ContainerStatus,
  ResourceStatistics,
  ResourceUsage,
  ResourceUsageExecutorTask,
  Task,
  WireId,
} from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { Executor } from '../state/executor.ts';
import { executorLimits, executorResources } from './allocated.ts';
import type { ViewContext } from './context.ts';
import { limitStatistics } from './limit-statistics.ts';

/** An executor's container with its numbers, as far as there are any. */
export interface ContainerView {
  readonly executor: Executor;
  readonly status: ContainerStatus;
  readonly statistics: ResourceStatistics | undefined;
}

/** Selects containers; an absent field selects all. */
export interface ContainerSelection {
  readonly containerId?: WireId<'container'> | undefined;
  readonly frameworkId?: WireId<'framework'> | undefined;
  readonly executorId?: WireId<'executor'> | undefined;
}

type UsageContext = Pick<ViewContext, 'agent' | 'containerizer' | 'log'>;

/** Reading a container's numbers takes file descriptors: of this many at a time. */
const portion = 16;

/** Returns the containers of executors that have not ended. One whose usage cannot be read is included without it. */
export async function readContainers(
  context: ViewContext,
  see: Filters<'VIEW_CONTAINER'>,
  { containerId, frameworkId, executorId }: ContainerSelection = {},
): Promise<ContainerView[]> {
  const { agent } = context;
  const all = shown(agent.executors(), see.VIEW_CONTAINER, ({ container, frameworkId, info }) => ({
    framework_info: agent.frameworks.get(frameworkId)?.info ?? { user: '', name: '', id: { value: frameworkId } },
    executor_info: info,
    container_id: container,
  }));
  const executors = [...all].filter(
    executor =>
      executor.state !== 'TERMINATED' &&
      (containerId === undefined || executor.containerId === containerId) &&
      (frameworkId === undefined || executor.frameworkId === frameworkId) &&
      (executorId === undefined || executor.id === executorId),
  );
  return inPortions(executors, executor => readContainer(context, executor));
}

/** Returns what executors have and use, as modules for oversubscription are told it. */
export async function readUsage(context: UsageContext): Promise<ResourceUsage> {
  const { agent } = context;
  const running = [...agent.executors()].filter(({ state }) => state !== 'TERMINATED');
  const executors = await inPortions(running, async executor => {
    const statistics = await readStatistics(context, executor);
    return {
      executor_info: { ...executor.info, framework_id: { value: executor.frameworkId } },
      allocated: Resources.of(executorResources(executor)).toArray(),
      container_id: { value: executor.containerId },
      tasks: [...executor.launchedTasks.values()].map(usedTask),
      ...(statistics && { statistics }),
    };
  });
  return { executors, total: agent.totalResources.toArray() };
}

function usedTask({ name, task_id, resources = [], labels }: Task): ResourceUsageExecutorTask {
  return { name, id: task_id, resources, ...(labels && { labels }) };
}

/** Reads each of a list, some at a time. */
export async function inPortions<T, U>(all: readonly T[], read: (one: T) => Promise<U>): Promise<U[]> {
  const results: U[] = [];
  for (let start = 0; start < all.length; start += portion) {
    results.push(...(await Promise.all(all.slice(start, start + portion).map(read))));
  }
  return results;
}

async function readContainer(context: ViewContext, executor: Executor): Promise<ContainerView> {
  const status = await context.containerizer.status(executor.container);
  return { executor, status, statistics: await readStatistics(context, executor) };
}

async function readStatistics(
  { containerizer, log }: UsageContext,
  executor: Executor,
): Promise<ResourceStatistics | undefined> {
  try {
    const usage = await containerizer.usage(executor.container);
    if (usage === undefined) return undefined;
    const given = { resources: [...executorResources(executor)], limits: executorLimits(executor) };
    return { ...limitStatistics(given), ...usage };
  } catch (error) {
    log.warning('Failed to read what a container uses', { error, container_id: executor.containerId });
    return undefined;
  }
}

/** Returns an element of the classic `/containers`. */
export function containerView({ executor, status, statistics }: ContainerView) {
  return { container_id: executor.containerId, ...executorNames(executor), statistics, status };
}

/** Returns an element of the classic `/monitor/statistics`. */
export function statisticsView({ executor, statistics }: ContainerView) {
  return { ...executorNames(executor), statistics };
}

function executorNames({ id, frameworkId, info }: Executor) {
  return { executor_id: id, executor_name: info.name ?? '', framework_id: frameworkId, source: info.source ?? '' };
}
