/** Describes the container that a task runs in, for `task inspect`. */
import { HttpAnswerError } from '@meseta/process';
import type {
  AgentCall,
  AgentResponse,
  ContainerID,
  ContainerInfo,
  ContainerStatus,
  ResourceStatistics,
  Task,
} from '@meseta/protocol';
import { AgentClient } from '@meseta/scheduler';
import { clientAccess } from '../credential.ts';
import { type ExecutorName, executorOf, isSameExecutor, readContainers } from './container-readings.ts';

/** A container, what it was given, and what it uses. What is in Mesos's messages has their names and form. */
export interface LiveContainer {
  readonly container_id: { readonly value: string };
  /** The pid of its first process, and its networks with addresses and port mappings. */
  readonly container_status: ContainerStatus;
  /** Image, volumes, networks and more that it was given: what the task asks for, else what the agent gives to all. */
  readonly container_info?: ContainerInfo;
  /**
   * `--containerizers` and `--isolation` of the agent; absent when it does not show its flags. Isolators are those of the
   * containerizer of Mesos: an agent without it has none, whatever the flag says.
   */
  readonly containerizers?: readonly string[];
  readonly isolation?: readonly string[];
  readonly limits?: Partial<ResourceStatistics>;
  readonly resource_statistics?: ResourceStatistics;
  /** The containers in it: those of the tasks of a pod, health checks, sessions. Absent: there are none. */
  readonly nested_containers?: readonly NestedContainer[];
}

/** A container in another one. */
interface NestedContainer {
  /** With the ids of the containers around it. */
  readonly container_id: ContainerID;
  readonly container_status?: ContainerStatus;
  readonly resource_statistics?: ResourceStatistics;
}

const limitNames = [
  'cpus_soft_limit',
  'cpus_limit',
  'mem_soft_limit_bytes',
  'mem_limit_bytes',
  'disk_limit_bytes',
] as const satisfies (keyof ResourceStatistics)[];

/**
 * Asks an agent for the container of a task.
 *
 * @param address of the agent, or of what passes requests on to it.
 * @returns undefined when there is none.
 * @throws {HttpAnswerError} {HttpConnectionError}
 */
export async function liveContainerOf(address: string, task: Task): Promise<LiveContainer | undefined> {
  const agent = new AgentClient(address, clientAccess());
  try {
    const executor = executorOf(task);
    const found = (await readContainers(agent.http, executor)).find(each => isSameExecutor(each, executor));
    if (found === undefined) return undefined;
    const flags = await flagsOf(agent);
    const info = await containerInfoOf(agent, executor);
    const nested = await nestedIn(agent, found.containerId);
    const { statistics } = found;
    const limits = limitNames.flatMap(name => (statistics?.[name] === undefined ? [] : [[name, statistics[name]]]));
    return {
      container_id: { value: found.containerId },
      container_status: found.status,
      ...(info && { container_info: info }),
      ...(flags.size > 0 && isolationOf(flags)),
      ...(limits.length > 0 && { limits: Object.fromEntries(limits) }),
      ...(statistics && { resource_statistics: statistics }),
      ...(nested.length > 0 && { nested_containers: nested }),
    };
  } finally {
    await agent.close();
  }
}

/** Makes a call that a user may not be allowed to make. */
async function ask(agent: AgentClient, call: AgentCall): Promise<AgentResponse | undefined> {
  return agent.call(call).catch(error => {
    if (error instanceof HttpAnswerError && error.status === 403) return undefined;
    throw error;
  });
}

/** Returns the containers in one, those in others of them after these. */
async function nestedIn(agent: AgentClient, outermost: string): Promise<NestedContainer[]> {
  const call: AgentCall = { type: 'GET_CONTAINERS', get_containers: { show_nested: true } };
  const { containers = [] } = (await ask(agent, call))?.get_containers ?? {};
  const depth = ({ parent }: ContainerID): number => (parent ? 1 + depth(parent) : 0);
  const rootOf = ({ value, parent }: ContainerID): string => (parent ? rootOf(parent) : value);
  return containers
    .filter(({ container_id }) => container_id?.parent && rootOf(container_id) === outermost)
    .map(({ container_id, container_status, resource_statistics }) => ({
      container_id: container_id as ContainerID,
      ...(container_status && { container_status }),
      ...(resource_statistics && { resource_statistics }),
    }))
    .sort((one, other) => depth(one.container_id) - depth(other.container_id));
}

/** Returns the container of an executor as the agent has filled it in. */
async function containerInfoOf(agent: AgentClient, executor: ExecutorName): Promise<ContainerInfo | undefined> {
  const { executors = [] } = (await ask(agent, { type: 'GET_EXECUTORS' }))?.get_executors ?? {};
  const isOurs = ({ framework_id, executor_id }: (typeof executors)[number]['executor_info']) =>
    isSameExecutor({ frameworkId: framework_id?.value ?? '', executorId: executor_id.value }, executor);
  return executors.find(({ executor_info }) => isOurs(executor_info))?.executor_info.container;
}

/** Returns the flags of an agent; none when the user may not see them. */
async function flagsOf(agent: AgentClient): Promise<Map<string, string>> {
  const { flags = [] } = (await ask(agent, { type: 'GET_FLAGS' }))?.get_flags ?? {};
  return new Map(flags.map(({ name, value = '' }) => [name, value]));
}

function isolationOf(flags: Map<string, string>): Pick<LiveContainer, 'containerizers' | 'isolation'> {
  const containerizers = namesIn(flags.get('containerizers'));
  return { containerizers, isolation: containerizers.includes('mesos') ? namesIn(flags.get('isolation')) : [] };
}

function namesIn(text = ''): string[] {
  return text.split(',').filter(name => name !== '');
}
