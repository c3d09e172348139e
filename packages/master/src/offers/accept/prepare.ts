import {
  type HealthCheck,
  OfferOperation,
  type OfferOperationType,
  type Resource,
  type TaskInfo,
  type WireId,
} from '@meseta/protocol';
import { mapResources, resourceProblem, resourcesProblem, upgrade } from '@meseta/resources';
import type { Problem } from '../../validation/rule.ts';
import { problemOfAny } from '../../validation/rule.ts';
import type { Denied, Step } from './run.ts';

const none: Denied = new Set();

/** Checks the shape of an operation, and brings a well-formed one into the master's form. */
export function prepare(operation: OfferOperation, frameworkId: WireId<'framework'>, role: string): Step {
  const problem = operationShapeProblem(operation);
  if (problem !== undefined) return { operation, problem, denied: none };
  return { operation: normalized(operation, frameworkId, role), problem, denied: none };
}

/** The part of an operation that its type asks for, and the lists of resources in it. */
interface Shape {
  readonly part: Exclude<keyof OfferOperation, 'type' | 'id'>;
  readonly resourcesProblem: (operation: OfferOperation) => Problem;
}

const listed = (...lists: (readonly Resource[] | undefined)[]): Problem =>
  problemOfAny(lists, (list = []) => resourcesProblem(list));

const ofTasks = (tasks: readonly TaskInfo[] | undefined): Problem =>
  problemOfAny(tasks, ({ resources, executor }) => listed(resources, executor?.resources));

const shapes: Readonly<Record<Exclude<OfferOperationType, 'UNKNOWN'>, Shape>> = {
  LAUNCH: { part: 'launch', resourcesProblem: ({ launch }) => ofTasks(launch?.task_infos) },
  LAUNCH_GROUP: {
    part: 'launch_group',
    resourcesProblem: ({ launch_group }) =>
      listed(launch_group?.executor.resources) ?? ofTasks(launch_group?.task_group.tasks),
  },
  RESERVE: { part: 'reserve', resourcesProblem: ({ reserve }) => listed(reserve?.resources, reserve?.source) },
  UNRESERVE: { part: 'unreserve', resourcesProblem: ({ unreserve }) => listed(unreserve?.resources) },
  CREATE: { part: 'create', resourcesProblem: ({ create }) => listed(create?.volumes) },
  DESTROY: { part: 'destroy', resourcesProblem: ({ destroy }) => listed(destroy?.volumes) },
  GROW_VOLUME: {
    part: 'grow_volume',
    resourcesProblem: ({ grow_volume: grow }) => grow && problemOfAny([grow.volume, grow.addition], resourceProblem),
  },
  SHRINK_VOLUME: {
    part: 'shrink_volume',
    resourcesProblem: ({ shrink_volume }) => shrink_volume && resourceProblem(shrink_volume.volume),
  },
  CREATE_DISK: {
    part: 'create_disk',
    resourcesProblem: ({ create_disk }) => create_disk && resourceProblem(create_disk.source),
  },
  DESTROY_DISK: {
    part: 'destroy_disk',
    resourcesProblem: ({ destroy_disk }) => destroy_disk && resourceProblem(destroy_disk.source),
  },
};

/**
 * Returns why an operation is malformed: a part is missing or its resources are none.
 *
 * @see Mesos src/common/resources_utils.cpp, validateAndUpgradeResources
 */
function operationShapeProblem(operation: OfferOperation): Problem {
  const { type } = operation;
  if (type === undefined || type === 'UNKNOWN') return 'Unknown offer operation';
  const { part, resourcesProblem } = shapes[type];
  if (operation[part] === undefined) {
    const article = type === 'UNRESERVE' ? 'An' : 'A';
    const kind = type === 'GROW_VOLUME' ? 'operation' : 'offer operation';
    const stop = type.endsWith('_VOLUME') ? '' : '.';
    return `${article} ${type} ${kind} must have the Offer.Operation.${part} field set${stop}`;
  }
  return resourcesProblem(operation);
}

/**
 * Returns the operation as the master works with it: resources in the newest format and allocated to the offers' role,
 * and what frameworks may leave out filled in.
 */
function normalized(operation: OfferOperation, frameworkId: WireId<'framework'>, role: string): OfferOperation {
  const result = mapResources(OfferOperation, operation, resource => {
    const upgraded = upgrade(resource);
    return upgraded.allocation_info ? upgraded : { ...upgraded, allocation_info: { role } };
  });
  if (result.launch) {
    const task_infos = result.launch.task_infos?.map(task => completeTask(task, frameworkId));
    return { ...result, launch: { ...(task_infos && { task_infos }) } };
  }
  if (result.launch_group) {
    const { executor, task_group } = result.launch_group;
    const tasks = task_group.tasks?.map(task => ({ ...task, executor: task.executor ?? executor }));
    return { ...result, launch_group: { executor, task_group: { ...(tasks && { tasks }) } } };
  }
  return result;
}

function completeTask(task: TaskInfo, frameworkId: WireId<'framework'>): TaskInfo {
  const { executor, health_check } = task;
  const completesExecutor = executor !== undefined && executor.framework_id === undefined;
  const completesCheck = health_check !== undefined && health_check.type === undefined;
  if (!completesExecutor && !completesCheck) return task;
  return {
    ...task,
    ...(completesExecutor && { executor: { ...executor, framework_id: { value: frameworkId } } }),
    ...(completesCheck && { health_check: typedHealthCheck(health_check) }),
  };
}

/** Sets the type of a health check from old frameworks, which leave it out: the field that is set decides. */
function typedHealthCheck(check: HealthCheck): HealthCheck {
  if (check.command && !check.http) return { ...check, type: 'COMMAND' };
  if (check.http && !check.command) return { ...check, type: 'HTTP' };
  return check;
}
