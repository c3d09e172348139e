/**
 * Calls about nested and stand-alone containers, their images and resource providers: checked, and then refused,
 * because this agent has nothing of that kind yet.
 */

import { imagesProblem } from '@meseta/containers';
import { type Access, type Action, asks, asksOneOf, type OperatorCall, type Question, whole } from '@meseta/daemon';
import { HttpError } from '@meseta/process';
import { type AgentCall, type AgentResponse, type CommandInfo, type ContainerID, idProblem } from '@meseta/protocol';
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
    throw new HttpError('CALL_NOT_BUILT', `${type} is not built yet: ${what}`);
  };
}

/** What is done to a container that may be nested in another or stand alone. */
type Verb = 'LAUNCH' | 'WAIT' | 'KILL' | 'REMOVE';
type ContainerAction = Extract<Action, `${string}_CONTAINER` | `${Verb}_NESTED_CONTAINER_SESSION` | `ATTACH_${string}`>;

/** The one action of a call, or that for a nested and that for a stand-alone container. */
type ContainerActions = Exclude<ContainerAction, 'VIEW_CONTAINER'> | Verb;

function containerAccess(field: ContainerField, action: ContainerActions): Access<[context: unknown, call: AgentCall]> {
  const object = (call: AgentCall) => {
    const container_id = call[field]?.container_id;
    const launched = call[field] as { readonly command?: CommandInfo } | undefined;
    return container_id && { container_id, ...(launched?.command && { command_info: launched.command }) };
  };
  if (action === 'LAUNCH' || action === 'WAIT' || action === 'KILL' || action === 'REMOVE') {
    const nested = `${action}_NESTED_CONTAINER` as const;
    const alone = `${action}_STANDALONE_CONTAINER` as const;
    return asksOneOf([nested, alone], (_, call) => {
      const about = object(call);
      return about
        ? [{ action: about.container_id.parent ? nested : alone, object: about } as Question<typeof nested>]
        : [];
    });
  }
  return asks(action, (_, call) => [object(call)].filter(each => each !== undefined));
}

/** A call about one container. */
function containerCall(
  field: ContainerField,
  action: ContainerActions,
  options: { nested?: boolean; more?: Call['validate'] } = {},
): Call {
  return {
    needs: field,
    access: containerAccess(field, action),
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

const modifiesConfigs = asks('MODIFY_RESOURCE_PROVIDER_CONFIG', () => [whole]);
const noProviders = notBuilt('this agent has no resource providers');

function configCall(field: 'add_resource_provider_config' | 'update_resource_provider_config'): Call {
  return {
    needs: field,
    access: modifiesConfigs,
    validate: call => (call[field]?.info.id === undefined ? undefined : `Expecting '${field}.info.id' to be unset`),
    answer: noProviders,
  };
}

/** To spread into the table of calls. */
export const containerCalls = {
  LAUNCH_NESTED_CONTAINER: containerCall('launch_nested_container', 'LAUNCH_NESTED_CONTAINER', { nested: true }),
  WAIT_NESTED_CONTAINER: containerCall('wait_nested_container', 'WAIT_NESTED_CONTAINER', { nested: true }),
  KILL_NESTED_CONTAINER: containerCall('kill_nested_container', 'KILL_NESTED_CONTAINER', { nested: true }),
  REMOVE_NESTED_CONTAINER: containerCall('remove_nested_container', 'REMOVE_NESTED_CONTAINER', { nested: true }),
  LAUNCH_NESTED_CONTAINER_SESSION: containerCall('launch_nested_container_session', 'LAUNCH_NESTED_CONTAINER_SESSION', {
    nested: true,
  }),
  ATTACH_CONTAINER_INPUT: {
    needs: 'attach_container_input',
    access: asks('ATTACH_CONTAINER_INPUT', (_, { attach_container_input: { container_id } = {} }) =>
      container_id ? [{ container_id }] : [],
    ),
    validate: inputProblem,
    answer: notBuilt('no input can be sent to containers'),
  },
  ATTACH_CONTAINER_OUTPUT: containerCall('attach_container_output', 'ATTACH_CONTAINER_OUTPUT'),
  LAUNCH_CONTAINER: containerCall('launch_container', 'LAUNCH', { more: launchProblem }),
  WAIT_CONTAINER: containerCall('wait_container', 'WAIT'),
  KILL_CONTAINER: containerCall('kill_container', 'KILL'),
  REMOVE_CONTAINER: containerCall('remove_container', 'REMOVE'),
  ADD_RESOURCE_PROVIDER_CONFIG: configCall('add_resource_provider_config'),
  UPDATE_RESOURCE_PROVIDER_CONFIG: configCall('update_resource_provider_config'),
  REMOVE_RESOURCE_PROVIDER_CONFIG: {
    needs: 'remove_resource_provider_config',
    access: modifiesConfigs,
    answer: noProviders,
  },
  MARK_RESOURCE_PROVIDER_GONE: {
    needs: 'mark_resource_provider_gone',
    access: asks('MARK_RESOURCE_PROVIDER_GONE', () => [whole]),
    answer: noProviders,
  },
  PRUNE_IMAGES: {
    access: asks('PRUNE_IMAGES', () => [whole]),
    validate: ({ prune_images: prune }) => imagesProblem(prune?.excluded_images ?? []),
    // Without image providers there is nothing to remove, as in Mesos.
    answer: async ({ containerizer }, { prune_images: prune }) => {
      await containerizer.pruneImages?.(prune?.excluded_images ?? []);
      return undefined;
    },
  },
} as const satisfies Record<string, Call>;
