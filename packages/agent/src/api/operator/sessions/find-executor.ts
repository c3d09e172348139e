import { type ContainerId, containerKey } from '@meseta/containers';
import { HttpError } from '@meseta/process';
import { type ContainerID, checkId } from '@meseta/protocol';
import type { Agent } from '../../../state/agent.ts';
import type { Executor } from '../../../state/executor.ts';

/** Returns the id of a message as containerizers take it. It was validated with its call. */
export function containerIdOf({ value, parent }: ContainerID): ContainerId {
  return { value: checkId(value), ...(parent && { parent: containerIdOf(parent) }) };
}

/** Returns the executor that a container is of, or is nested in the container of. @throws {HttpError} 404, as Mesos. */
export function executorOf({ agent }: { readonly agent: Agent }, id: ContainerID): Executor {
  let root = id;
  while (root.parent) root = root.parent;
  for (const executor of agent.executors()) if (executor.containerId === root.value) return executor;
  throw new HttpError('CONTAINER_NOT_FOUND', `Container ${containerKey(id)} cannot be found`);
}
