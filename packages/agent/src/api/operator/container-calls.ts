/**
 * How calls about one container are checked and authorized; the calls about sessions, images, and resource providers, of which this
 * agent has none.
 */

import { containerKey, imagesProblem } from '@meseta/containers';
import { type Access, type Action, asks, asksOneOf, type OperatorCall, type Question, whole } from '@meseta/daemon';
import { HttpError } from '@meseta/process';
import { type AgentCall, type AgentResponse, type CommandInfo, type ContainerID, idProblem } from '@meseta/protocol';
import { checkedContainerId } from './container-id.ts';
import type { OperatorContext } from './context.ts';
import { attachInput, attachOutput } from './sessions/attach.ts';
import { launchSession, sessionProblem } from './sessions/launch-session.ts';

type Call = OperatorCall<OperatorContext, AgentCall, AgentResponse>;
/** Names of sub-messages that name a container. */
type ContainerField = {
  [Name in keyof AgentCall]-?: NonNullable<AgentCall[Name]> extends { container_id: ContainerID } ? Name : never;
}[keyof AgentCall];

const maximumDepth = 32;
/** The text form of an id is the name of a file. */
const longestKey = 255;

/** What is wrong with a container's id: dots divide the levels of its text form. */
function containerIdProblem(id: ContainerID): string | undefined {
  const problem = levelProblem(id, 1);
  if (problem !== undefined) return problem;
  const length = Buffer.byteLength(containerKey(id));
  if (length <= longestKey) return undefined;
  return `with its parents it has ${length} bytes, and at most ${longestKey} are allowed`;
}

function levelProblem(id: ContainerID, depth: number): string | undefined {
  const problem = idProblem(id.value);
  if (problem !== undefined) return problem;
  if (/[. ]/.test(id.value)) return `'ContainerID.value' '${id.value}' contains invalid characters`;
  if (id.parent === undefined) return undefined;
  if (depth === maximumDepth) return `more than ${maximumDepth} levels are nested`;
  const parentProblem = levelProblem(id.parent, depth + 1);
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

function containerAccess(
  field: ContainerField,
  action: ContainerActions,
): Access<[context: OperatorContext, call: AgentCall]> {
  const object = (context: OperatorContext, call: AgentCall) => {
    const container_id = call[field]?.container_id;
    const launched = call[field] as { readonly command?: CommandInfo } | undefined;
    return (
      container_id && {
        ...containerObject(context, container_id),
        // Without a command it runs that of its image, as the executor's user: rules about users are asked all the same.
        ...(action.startsWith('LAUNCH') && { command_info: launched?.command ?? {} }),
      }
    );
  };
  if (action === 'LAUNCH' || action === 'WAIT' || action === 'KILL' || action === 'REMOVE') {
    const nested = `${action}_NESTED_CONTAINER` as const;
    const alone = `${action}_STANDALONE_CONTAINER` as const;
    return asksOneOf([nested, alone], (context, call) => {
      const about = object(context, call);
      return about
        ? [{ action: about.container_id.parent ? nested : alone, object: about } as Question<typeof nested>]
        : [];
    });
  }
  return asks(action, (context, call) => [object(context, call)].filter(each => each !== undefined));
}

/** Returns what is asked about: a container, and the executor that it belongs to. */
export function containerObject({ agent, apiContainers }: OperatorContext, id: ContainerID) {
  const executor = apiContainers.executorOf(checkedContainerId(id));
  const framework = executor && agent.frameworks.get(executor.frameworkId);
  return {
    container_id: id,
    ...(framework && { framework_info: framework.info }),
    ...(executor && { executor_info: executor.info }),
  };
}

/**
 * A call about one container.
 *
 * @param options.nested the container must have a parent.
 * @param options.more returns what else is wrong with the call.
 */
export function containerCall(
  field: ContainerField,
  action: ContainerActions,
  options: { nested?: boolean; more?: Call['validate']; answer: Call['answer'] },
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
    answer: options.answer,
  };
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
  LAUNCH_NESTED_CONTAINER_SESSION: containerCall('launch_nested_container_session', 'LAUNCH_NESTED_CONTAINER_SESSION', {
    nested: true,
    more: ({ launch_nested_container_session: launch }) => sessionProblem(launch ?? {}),
    answer: (context, { launch_nested_container_session: launch }, request) => launchSession(context, launch!, request),
  }),
  ATTACH_CONTAINER_INPUT: {
    needs: 'attach_container_input',
    access: asks('ATTACH_CONTAINER_INPUT', (context, { attach_container_input: { container_id } = {} }) =>
      container_id ? [containerObject(context, container_id)] : [],
    ),
    validate: inputProblem,
    answer: attachInput,
  },
  ATTACH_CONTAINER_OUTPUT: containerCall('attach_container_output', 'ATTACH_CONTAINER_OUTPUT', {
    answer: (context, { attach_container_output: attach }, request) =>
      attachOutput(context, attach!.container_id, request),
  }),
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
