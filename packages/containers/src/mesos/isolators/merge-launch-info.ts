import type { EnvironmentVariable } from '@meseta/protocol';
import type { LaunchPart } from '../launch-plan.ts';
import { type Json, mergeMessages } from './merge-messages.ts';

/** The result of one isolator's `prepare`. */
export interface PreparedBy {
  readonly isolator: string;
  readonly info: LaunchPart;
}

/** An isolator sets a field that isolators must not set, or two set a field that can have one value only. */
export class LaunchInfoConflictError extends Error {
  override readonly name = 'LaunchInfoConflictError';
  readonly code = 'LAUNCH_INFO_CONFLICT';
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** Fields that the container's image and task decide, not isolators. */
const forbidden: readonly string[] = ['rootfs', 'user'];
/** Fields that only one isolator may set. */
const exclusive: readonly string[] = [
  ...['working_directory', 'rlimits', 'tty_agent_path', 'effective_capabilities', 'root', 'hostname', 'seccomp'],
];
/** Lists in which repeated entries have no meaning. */
const sets: readonly string[] = ['clone_namespaces', 'enter_namespaces'];

/** Returns the name of a field as users write it. */
const nameOf = (field: string) => (field === 'tty_agent_path' ? 'tty_slave_path' : field);

/**
 * Merges the results of isolators in order: lists are appended, messages are merged field by field; of other fields,
 * and of variables with the same name, the last counts.
 *
 * @throws {LaunchInfoConflictError} naming field and isolators.
 * @see Mesos src/slave/containerizer/mesos/containerizer.cpp, _launch
 */
export function mergeLaunchInfos(prepared: readonly PreparedBy[]): LaunchPart {
  const setBy = new Map<string, string>();
  let merged: Json = {};
  for (const { isolator, info } of prepared) {
    for (const field of Object.keys(info)) {
      if (info[field as keyof LaunchPart] === undefined) continue;
      claim(field, isolator, setBy);
    }
    merged = mergeMessages(merged, info as Json);
  }
  for (const field of sets) if (Array.isArray(merged[field])) merged[field] = [...new Set(merged[field])];
  for (const field of ['environment', 'task_environment'] as const) {
    const variables = (merged as LaunchPart)[field]?.variables;
    if (variables !== undefined) merged[field] = { variables: mergeVariables(variables, []) };
  }
  return merged;
}

function claim(field: string, isolator: string, setBy: Map<string, string>): void {
  if (forbidden.includes(field)) {
    throw new LaunchInfoConflictError(field, `Isolator '${isolator}' must not set '${field}'`);
  }
  const other = setBy.get(field);
  if (other !== undefined && exclusive.includes(field)) {
    throw new LaunchInfoConflictError(field, `Isolators '${other}' and '${isolator}' both set '${nameOf(field)}'`);
  }
  setBy.set(field, isolator);
}

/** Joins two lists of variables: of those with the same name, the last value takes the place of the first. */
export function mergeVariables(
  before: readonly EnvironmentVariable[],
  after: readonly EnvironmentVariable[],
): EnvironmentVariable[] {
  return [...new Map([...before, ...after].map(variable => [variable.name, variable])).values()];
}
