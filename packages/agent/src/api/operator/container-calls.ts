/**
 * Calls about nested and stand-alone containers, their images and resource providers: checked, and then refused,
 * because this agent has nothing of that kind yet.
 */
import type { OperatorCall } from '@meseta/daemon';
import { HttpError } from '@meseta/process';
import { type AgentCall, type AgentResponse, type ContainerID, idProblem } from '@meseta/protocol';
import { resourcesProblem } from '@meseta/resources';
import type { ViewContext } from '../../views/context.ts';

type Call = OperatorCall<ViewContext, AgentCall, AgentResponse>;
/** Names of sub-messages that name a container. */
type ContainerField = {
  [Name in keyof AgentCall]-?: NonNullable<AgentCall[Name]> extends { container_id: ContainerID } ? Name : never;
}[keyof AgentCall];

const maximumDepth = 32;

/** What is wrong with a container's id: dots divide the levels of its text form. */
function containerIdProblem(id: ContainerID, depth = 1): string | undefined {
  const problem = idProblem(id.value);
  if (problem !== undefined) return problem;
  if (/[. ]/.test(id.value)) return `'ContainerID.value' '${id.value}' contains invalid characters`;
  if (id.parent === undefined) return undefined;
  if (depth === maximumDepth) return `more than ${maximumDepth} levels are nested`;
  const parentProblem = containerIdProblem(id.parent, depth + 1);
  return parentProblem && `'ContainerID.parent' is invalid: ${parentProblem}`;
}

function notBuilt(what: string): Call['answer'] {
  return (_, { type }) => {
    throw new HttpError(501, `${type} is not built yet: ${what}`);
  };
}

/** A call about one container. */
function containerCall(field: ContainerField, options: { nested?: boolean; more?: Call['validate'] } = {}): Call {
  return {
    needs: field,
    validate(call) {
      const id = call[field]?.container_id;
      if (id === undefined) return undefined;
      const problem = containerIdProblem(id);
      if (problem !== undefined) return `'${field}.container_id' is invalid: ${problem}`;
      if (options.nested && id.parent === undefined) return `Expecting '${field}.container_id.parent' to be present`;
      return options.more?.(call);
    },
    answer: notBuilt('this agent runs the containers of executors and tasks only'),
  };
}

function launchProblem({ launch_container: launch }: AgentCall): string | undefined {
  const problem = resourcesProblem(launch?.resources ?? []);
  if (problem !== undefined) return `Invalid resources: ${problem}`;
  if (launch?.container_id.parent) return undefined;
  for (const { reservations, role, disk, revocable } of launch?.resources ?? []) {
    const reserved = (reservations?.length ?? 0) > 0 || (role ?? '*') !== '*';
    if (reserved) return "'launch_container.resources' must be unreserved";
    if (disk?.persistence) return "'launch_container.resources' may not use persistent volumes";
    if (revocable) return "'launch_container.resources' must be non-revocable";
  }
  return undefined;
}

function inputProblem({ attach_container_input: input }: AgentCall): string | undefined {
  if (input?.type === undefined) return "Expecting 'attach_container_input.type' to be present";
  if (input.type === 'UNKNOWN') return "'attach_container_input.type' is unknown";
  if (input.type !== 'CONTAINER_ID') return undefined;
  const problem = containerIdProblem(input.container_id ?? { value: '' });
  return problem && `'attach_container_input.container_id' is invalid: ${problem}`;
}

const noProviders = notBuilt('this agent has no resource providers');

function configCall(field: 'add_resource_provider_config' | 'update_resource_provider_config'): Call {
  return {
    needs: field,
    validate: call => (call[field]?.info.id === undefined ? undefined : `Expecting '${field}.info.id' to be unset`),
    answer: noProviders,
  };
}

/** To spread into the table of calls. */
export const containerCalls = {
  LAUNCH_NESTED_CONTAINER: containerCall('launch_nested_container', { nested: true }),
  WAIT_NESTED_CONTAINER: containerCall('wait_nested_container', { nested: true }),
  KILL_NESTED_CONTAINER: containerCall('kill_nested_container', { nested: true }),
  REMOVE_NESTED_CONTAINER: containerCall('remove_nested_container', { nested: true }),
  LAUNCH_NESTED_CONTAINER_SESSION: containerCall('launch_nested_container_session', { nested: true }),
  ATTACH_CONTAINER_INPUT: {
    needs: 'attach_container_input',
    validate: inputProblem,
    answer: notBuilt('no input can be sent to containers'),
  },
  ATTACH_CONTAINER_OUTPUT: containerCall('attach_container_output'),
  LAUNCH_CONTAINER: containerCall('launch_container', { more: launchProblem }),
  WAIT_CONTAINER: containerCall('wait_container'),
  KILL_CONTAINER: containerCall('kill_container'),
  REMOVE_CONTAINER: containerCall('remove_container'),
  ADD_RESOURCE_PROVIDER_CONFIG: configCall('add_resource_provider_config'),
  UPDATE_RESOURCE_PROVIDER_CONFIG: configCall('update_resource_provider_config'),
  REMOVE_RESOURCE_PROVIDER_CONFIG: { needs: 'remove_resource_provider_config', answer: noProviders },
  MARK_RESOURCE_PROVIDER_GONE: { needs: 'mark_resource_provider_gone', answer: noProviders },
  PRUNE_IMAGES: { answer: notBuilt('this agent has no container images') },
} as const satisfies Record<string, Call>;
