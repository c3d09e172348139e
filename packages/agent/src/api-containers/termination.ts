import { type Termination, toWaitStatus } from '@meseta/containers';
import type { ContainerTermination } from '@meseta/protocol';

/**
 * Returns how a container ended in the words of Mesos. The status is absent when it is not known, or nothing was run.
 *
 * @see Mesos src/slave/containerizer/mesos/containerizer.cpp, limited
 */
export function toContainerTermination({ exit, limitation, message }: Termination): ContainerTermination {
  const status = toWaitStatus(exit);
  const said = limitation?.message ?? message;
  return {
    ...(said !== undefined && { message: said }),
    ...(status !== undefined && { status }),
    ...(limitation && { state: 'TASK_FAILED' }),
    ...(limitation?.reason && { reason: limitation.reason }),
    ...(limitation?.resources?.length && { limited_resources: limitation.resources }),
  };
}
