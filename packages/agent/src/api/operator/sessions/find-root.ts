import { type ContainerId, containerKey, rootOf } from '@meseta/containers';
import { HttpError } from '@meseta/process';
import type { ViewContext } from '../../../views/context.ts';

/** The container at the root of a session: that of an executor, or a stand-alone one. */
export interface SessionRoot {
  /** Its sandbox. */
  readonly directory: string;
  /** Undefined: the agent's own. */
  readonly user: string | undefined;
}

/** Finds the container that all others of an id are nested in. @throws {HttpError} 404, as Mesos. */
export function findRoot({ apiContainers }: Pick<ViewContext, 'apiContainers'>, id: ContainerId): SessionRoot {
  const executor = apiContainers.executorOf(id);
  if (executor) return executor;
  const alone = apiContainers.get(rootOf(id));
  if (alone) return { directory: alone.config.directory, user: alone.config.user };
  throw new HttpError('CONTAINER_NOT_FOUND', `Container ${containerKey(id)} cannot be found`);
}
