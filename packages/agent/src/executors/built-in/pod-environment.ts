import { defaultPath, type Environment } from '@meseta/containers';
import type { TaskInfo } from '@meseta/protocol';
import { allocationRole } from '../executor-info.ts';
import type { TaskHost } from './task-host.ts';

/**
 * Returns the environment of a pod's task. Unlike a command task's, it has nothing of its executor's.
 *
 * @see Mesos src/launcher/default_executor.cpp, _launchGroup
 */
export async function podTaskEnvironment(
  { context, executor, sandbox }: Pick<TaskHost, 'context' | 'executor' | 'sandbox'>,
  task: TaskInfo,
): Promise<Environment> {
  const { network_infos = [] } = await context.containerizer.status(executor.container);
  const [address] = network_infos.flatMap(({ ip_addresses = [] }) => ip_addresses);
  const role = allocationRole(task.resources);
  return {
    PATH: defaultPath,
    MESOS_SANDBOX: sandbox,
    MESOS_CONTAINER_IP: address?.ip_address ?? context.ip,
    ...(role !== undefined && { MESOS_ALLOCATION_ROLE: role }),
  };
}
