import type { ContainerizerTermination } from '@meseta/protocol';
import type { Termination } from '../containerizer.ts';
import { fromWaitStatus } from '../exit-status.ts';

/**
 * Converts what a program says about the end of a container. `killed` means that it ended the container because of a
 * limit; which one, only its message says, so the reason is the general one. (Mesos 0.21 calls every limit one of
 * memory.)
 *
 * @see Mesos 0.21, src/slave/slave.cpp, Slave::sendExecutorTerminatedStatusUpdate
 */
export function fromTermination({ killed, message, status }: ContainerizerTermination): Termination {
  return {
    exit: status === undefined ? { kind: 'unknown' } : fromWaitStatus(status),
    ...(killed && { limitation: { message, reason: 'REASON_CONTAINER_LIMITATION' } }),
    ...(message !== '' && { message }),
  };
}
