/** Nested and stand-alone containers for GET_CONTAINERS. */
import { type ContainerId, containerKey, rootOf } from '@meseta/containers';
import type { Filters } from '@meseta/daemon';
import type { AgentResponseGetContainersContainer, ResourceStatistics } from '@meseta/protocol';
import { inPortions } from './containers.ts';
import type { ViewContext } from './context.ts';
import { limitStatistics } from './limit-statistics.ts';

/** Which containers are shown besides those of executors. */
export interface OtherContainers {
  readonly nested: boolean;
  readonly standalone: boolean;
}

/**
 * Returns the containers that are not executors'. As in Mesos, they are shown without executor and framework; a nested one is shown
 * to those who see the container at its root.
 *
 * @param roots ids of the executors' containers that are shown.
 * @see Mesos src/slave/http.cpp, __containers
 */
export async function readOtherContainers(
  context: ViewContext,
  see: Filters<'VIEW_STANDALONE_CONTAINER'>,
  roots: ReadonlySet<string>,
  { nested, standalone }: OtherContainers,
): Promise<AgentResponseGetContainersContainer[]> {
  const { apiContainers, containerizer } = context;
  if (!nested && !standalone) return [];
  const sees = ({ value }: ContainerId) =>
    roots.has(value) ||
    (apiContainers.get({ value }) !== undefined &&
      (see.VIEW_STANDALONE_CONTAINER?.({ container_id: { value } }) ?? true));
  const ids = [...containerizer.containers()].filter(id => {
    if (id.parent) return nested && sees(rootOf(id));
    return standalone && apiContainers.get(id) !== undefined && sees(id);
  });
  return inPortions(ids, async id => {
    const [container_status, resource_statistics] = [await containerizer.status(id), await readStatistics(context, id)];
    return { container_id: id, container_status, ...(resource_statistics && { resource_statistics }) };
  });
}

async function readStatistics(
  { apiContainers, containerizer, log }: ViewContext,
  id: ContainerId,
): Promise<ResourceStatistics | undefined> {
  const { resources = [], limits = {} } = apiContainers.get(id)?.config ?? {};
  try {
    const usage = await containerizer.usage(id);
    const limitValues = Object.fromEntries(Object.entries(limits).map(([name, { value }]) => [name, value]));
    return usage && { ...limitStatistics({ resources, limits: limitValues }), ...usage };
  } catch (error) {
    log.warning('Failed to read what a container uses', { error, container_id: containerKey(id) });
    return undefined;
  }
}
