/** What views leave out for one who may not see everything. */
import { type FrameworkInfo, OfferOperation, type Resource, type Task, type TaskInfo } from '@meseta/protocol';
import { mapResources } from '@meseta/resources';
import type { Filters } from '../access/access-control.ts';
import { shown } from '../access/shown.ts';

/** Returns those of some frameworks that the principal may see. */
export function seenFrameworks<F extends { readonly info: FrameworkInfo }>(
  frameworks: Iterable<F>,
  see: Filters<'VIEW_FRAMEWORK'>,
): Iterable<F> {
  return shown(frameworks, see.VIEW_FRAMEWORK, ({ info }) => ({ framework_info: info }));
}

/** Returns those of a framework's tasks that the principal may see. */
export function seenTasks<T extends Task | TaskInfo>(
  tasks: Iterable<T>,
  { info }: { readonly info: FrameworkInfo },
  see: Filters<'VIEW_TASK'>,
): Iterable<T> {
  return shown(tasks, see.VIEW_TASK, task => ({ task, framework_info: info }));
}

/** Returns a function that tells which of a framework's tasks the principal may see. */
export function seesTask<T extends Task | TaskInfo>(
  { info }: { readonly info: FrameworkInfo },
  { VIEW_TASK: sees }: Filters<'VIEW_TASK'>,
): (task: T) => boolean {
  return sees === undefined ? () => true : task => sees({ task, framework_info: info });
}

/** Returns the entries, keyed by role, whose role the principal may see. */
export function seenRoles<T>(byRole: Iterable<[role: string, T]>, see: Filters<'VIEW_ROLE'>): Iterable<[string, T]> {
  return shown(byRole, see.VIEW_ROLE, ([role]) => ({ value: role }));
}

/**
 * Tells whether the principal may see all roles that a resource names.
 *
 * @see Mesos src/common/http.hpp, ObjectApprovers::approved of VIEW_ROLE for a Resource
 */
export function seesResource({ role, reservations, allocation_info }: Resource, see: Filters<'VIEW_ROLE'>): boolean {
  const { VIEW_ROLE: sees } = see;
  if (sees === undefined) return true;
  const roles = [
    role === '*' ? undefined : role,
    ...(reservations ?? []).map(each => each.role),
    allocation_info?.role,
  ];
  return roles.every(each => each === undefined || sees({ value: each }));
}

/** Tells whether the principal may see all roles that an operation's resources name. */
export function seesOperation(operation: OfferOperation, see: Filters<'VIEW_ROLE'>): boolean {
  if (see.VIEW_ROLE === undefined) return true;
  let all = true;
  mapResources(OfferOperation, operation, resource => {
    all &&= seesResource(resource, see);
    return resource;
  });
  return all;
}
