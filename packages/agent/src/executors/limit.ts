import type { ContainerLimitation, TaskResourceLimitation, TaskStatusReason } from '@meseta/protocol';

/** Returns a limitation as fields of a task's status. */
export function limitOf({ reason, resources }: ContainerLimitation): {
  readonly reason?: TaskStatusReason;
  readonly limitation?: TaskResourceLimitation;
} {
  return { ...(reason && { reason }), ...(resources?.length && { limitation: { resources } }) };
}
