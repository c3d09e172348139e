/** What is wrong with a call that launches a container. @see Mesos src/slave/validation.cpp, call::validate */
import { commandProblem, containerProblem, sharesCgroups } from '@meseta/daemon';
import type { AgentCall, AgentCallLaunchContainer, Resource } from '@meseta/protocol';
import { resourcesProblem } from '@meseta/resources';

type Launch = Pick<AgentCallLaunchContainer, 'container_id' | 'command' | 'container'>;

const twiceNested = 'containers nested at the second level or greater';

/** Returns what is wrong with the message of LAUNCH_CONTAINER. */
export function launchProblem({ launch_container: launch }: AgentCall): string | undefined {
  if (!launch) return undefined;
  const { container_id, resources = [], limits = {}, container } = launch;
  const field = 'launch_container';
  const problem = resourcesProblem(resources);
  if (problem !== undefined) return `Invalid resources: ${problem}`;
  if (!wholeGpus(resources)) return "Invalid GPU resources: The 'gpus' resource must be an unsigned integer";
  const own = (container_id.parent ? undefined : unreservedProblem(resources)) ?? partsProblem(field, launch);
  if (own !== undefined) return own;
  if (container_id.parent?.parent) {
    if (resources.length > 0) return `'${field}' is invalid: ${twiceNested} cannot specify resources`;
    if (Object.keys(limits).length > 0) return `'${field}' is invalid: ${twiceNested} cannot specify resource limits`;
  }
  if (!container_id.parent && sharesCgroups(container)) {
    return `'${field}' is invalid: containers without a parent cannot set 'share_cgroups' to 'true'`;
  }
  return sharingProblem(field, launch);
}

/** Returns what is wrong with the message of LAUNCH_NESTED_CONTAINER. */
export function nestedLaunchProblem({ launch_nested_container: launch }: AgentCall): string | undefined {
  const field = 'launch_nested_container';
  return launch && (partsProblem(field, launch) ?? sharingProblem(field, launch));
}

function partsProblem(field: string, { command, container }: Launch): string | undefined {
  const ofCommand = command && commandProblem(command);
  if (ofCommand !== undefined) return `'${field}.command' is invalid: ${ofCommand}`;
  const ofContainer = container && containerProblem(container);
  return ofContainer && `'${field}.container' is invalid: ${ofContainer}`;
}

function sharingProblem(field: string, { container_id, container }: Launch): string | undefined {
  if (!container_id.parent?.parent || sharesCgroups(container) !== false) return undefined;
  return `'${field}' is invalid: ${twiceNested} cannot set 'share_cgroups' to 'false'`;
}

/** The master accounts for none of what a stand-alone container has. */
function unreservedProblem(resources: readonly Resource[]): string | undefined {
  for (const { reservations, role, disk, revocable } of resources) {
    const reserved = (reservations?.length ?? 0) > 0 || (role ?? '*') !== '*';
    if (reserved) return "'launch_container.resources' must be unreserved";
    if (disk?.persistence) return "'launch_container.resources' may not use persistent volumes";
    if (revocable) return "'launch_container.resources' must be non-revocable";
  }
  return undefined;
}

function wholeGpus(resources: readonly Resource[]): boolean {
  const gpus = resources
    .filter(({ name }) => name === 'gpus')
    .reduce((sum, { scalar }) => sum + (scalar?.value ?? 0), 0);
  return Number.isInteger(Math.round(gpus * 1000) / 1000);
}
