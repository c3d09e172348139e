/**
 * Calls that launch, wait for, signal and remove nested and stand-alone containers. Each exists twice: the older one is about
 * nested containers only.
 *
 * @see Mesos src/slave/http.cpp and src/slave/validation.cpp
 */
import { constants } from 'node:os';
import { containerKey } from '@meseta/containers';
import type { OperatorCall } from '@meseta/daemon';
import { empty, HttpError, type Request } from '@meseta/process';
import type {
  AgentCall,
  AgentCallLaunchContainer,
  AgentResponse,
  AgentResponseWaitContainer,
  ContainerID,
  ContainerTermination,
} from '@meseta/protocol';
import { convertResources } from '@meseta/resources';
import type { ApiLaunch } from '../../api-containers/api-containers.ts';
import { ContainerCallError } from '../../api-containers/error.ts';
import { containerCall } from './container-calls.ts';
import { checkedContainerId } from './container-id.ts';
import type { OperatorContext } from './context.ts';
import { launchProblem, nestedLaunchProblem } from './launch-problem.ts';

type Call = OperatorCall<OperatorContext, AgentCall, AgentResponse>;

/** The largest number of a signal of Linux. */
const lastSignal = 64;

/** The part of a call that says which container it is about; it was checked. */
type About = { readonly container_id: ContainerID } | undefined;

const idOf = (about: About) => checkedContainerId(about?.container_id ?? { value: '' });

async function launch({ apiContainers }: OperatorContext, about: AgentCallLaunchContainer | undefined) {
  const result = await refusing(apiContainers.launch(idOf(about), launchOf(about)), 'CONTAINER_LAUNCH_FAILED');
  return empty(result === 'launched' ? 200 : 202);
}

function launchOf({ command = {}, container, resources, limits }: Partial<AgentCallLaunchContainer> = {}): ApiLaunch {
  return {
    command_info: command,
    ...(container && { container_info: container }),
    ...(resources && { resources: [...convertResources(resources, 'post')] }),
    ...(limits && { limits }),
  };
}

/** @returns undefined when the client has gone. */
async function wait(
  { apiContainers }: OperatorContext,
  about: About,
  { signal }: Request,
): Promise<AgentResponseWaitContainer | undefined> {
  const termination = await apiContainers.wait(idOf(about), signal);
  if (termination) return waited(termination);
  if (signal.aborted) return undefined;
  throw new HttpError('CONTAINER_NOT_FOUND', `Container ${textOf(about)} cannot be found`);
}

function waited(termination: ContainerTermination): AgentResponseWaitContainer {
  const { status, state, reason, message, limited_resources: resources = [] } = termination;
  return {
    ...(status !== undefined && { exit_status: status }),
    ...(state && { state }),
    ...(reason && { reason }),
    ...(resources.length > 0 && { limitation: { resources } }),
    ...(message !== undefined && { message }),
  };
}

function kill({ apiContainers }: OperatorContext, about: (About & { readonly signal?: number }) | undefined) {
  if (apiContainers.kill(idOf(about), about?.signal ?? constants.signals.SIGKILL)) return empty(200);
  throw new HttpError('CONTAINER_NOT_FOUND', `Container '${textOf(about)}' cannot be found (or is already killed)`);
}

async function remove({ apiContainers }: OperatorContext, about: About) {
  await refusing(apiContainers.remove(idOf(about)), 'CONTAINER_SANDBOX_FAILED');
  return empty(200);
}

const textOf = (about: About) => containerKey(about?.container_id ?? { value: '' });

const codes = {
  PARENT_UNKNOWN: 'CONTAINER_LAUNCH_FAILED',
  UNSUPPORTED: 'CONTAINER_LAUNCH_FAILED',
  SANDBOX: 'CONTAINER_SANDBOX_FAILED',
  NOT_ENDED: 'CONTAINER_NOT_REMOVABLE',
  ROOT_UNKNOWN: 'CONTAINER_NOT_REMOVABLE',
} as const satisfies Record<ContainerCallError['code'], string>;

/** Refuses a call with the failure of its work. @param code of failures that have no code of their own. */
async function refusing<T>(work: Promise<T>, code: 'CONTAINER_LAUNCH_FAILED' | 'CONTAINER_SANDBOX_FAILED'): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const { message } = cause as Error;
    throw new HttpError(cause instanceof ContainerCallError ? codes[cause.code] : code, message, { cause });
  }
}

function signalProblem(field: 'kill_container' | 'kill_nested_container') {
  return ({ [field]: kill }: AgentCall): string | undefined => {
    const signal = kill?.signal;
    if (signal === undefined || (signal >= 0 && signal <= lastSignal)) return undefined;
    return `'${field}.signal' is ${signal}, and signals are from 1 to ${lastSignal}`;
  };
}

/** To spread into the table of calls. */
export const containerLifeCalls = {
  LAUNCH_NESTED_CONTAINER: containerCall('launch_nested_container', 'LAUNCH_NESTED_CONTAINER', {
    nested: true,
    more: nestedLaunchProblem,
    answer: (context, call) => launch(context, call.launch_nested_container),
  }),
  WAIT_NESTED_CONTAINER: containerCall('wait_nested_container', 'WAIT_NESTED_CONTAINER', {
    nested: true,
    async answer(context, call, request) {
      const wait_nested_container = await wait(context, call.wait_nested_container, request);
      return wait_nested_container && { type: 'WAIT_NESTED_CONTAINER', wait_nested_container };
    },
  }),
  KILL_NESTED_CONTAINER: containerCall('kill_nested_container', 'KILL_NESTED_CONTAINER', {
    nested: true,
    more: signalProblem('kill_nested_container'),
    answer: (context, call) => kill(context, call.kill_nested_container),
  }),
  REMOVE_NESTED_CONTAINER: containerCall('remove_nested_container', 'REMOVE_NESTED_CONTAINER', {
    nested: true,
    answer: (context, call) => remove(context, call.remove_nested_container),
  }),
  LAUNCH_CONTAINER: containerCall('launch_container', 'LAUNCH', {
    more: launchProblem,
    answer: (context, call) => launch(context, call.launch_container),
  }),
  WAIT_CONTAINER: containerCall('wait_container', 'WAIT', {
    async answer(context, call, request) {
      const wait_container = await wait(context, call.wait_container, request);
      return wait_container && { type: 'WAIT_CONTAINER', wait_container };
    },
  }),
  KILL_CONTAINER: containerCall('kill_container', 'KILL', {
    more: signalProblem('kill_container'),
    answer: (context, call) => kill(context, call.kill_container),
  }),
  REMOVE_CONTAINER: containerCall('remove_container', 'REMOVE', {
    answer: (context, call) => remove(context, call.remove_container),
  }),
} as const satisfies Record<string, Call>;
