import type { CheckInfo, CheckStatusInfo } from '@meseta/protocol';

/**
 * Returns the status of a check before its first result, and after a check that could not be performed.
 *
 * @see Mesos src/checks/checks_runtime.hpp; recorded statuses of a task with a check
 */
export function emptyCheckStatus({ type }: CheckInfo): CheckStatusInfo {
  switch (type) {
    case 'COMMAND':
      return { type, command: {} };
    case 'HTTP':
      return { type, http: {} };
    case 'TCP':
      return { type, tcp: {} };
    default:
      return { type: 'UNKNOWN' };
  }
}

/** Tells whether two results of one check are equal. */
export function sameCheckStatus(one: CheckStatusInfo, other: CheckStatusInfo): boolean {
  return (
    one.command?.exit_code === other.command?.exit_code &&
    one.http?.status_code === other.http?.status_code &&
    one.tcp?.succeeded === other.tcp?.succeeded
  );
}
