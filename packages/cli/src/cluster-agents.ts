/** The agents of a cluster, in whatever state, and how arguments name them. */
import { HttpAnswerError } from '@meseta/process';
import {
  type AgentInfo,
  isTerminal,
  type MasterResponseGetAgentsAgent,
  type Task,
  type TimeInfo,
} from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import { LookupError, named } from './find-task.ts';
import { printable } from './table.ts';

/** An agent: registered, known from before the master's start, or without a connection to the master. */
export type ClusterAgent = Omit<MasterResponseGetAgentsAgent, 'agent_info' | 'version' | 'active'> & {
  readonly agent_info: Partial<AgentInfo>;
  readonly version?: string;
  readonly active: boolean;
  /** The agent has not registered since the master's start. */
  readonly recovered?: true;
  /** The time since when the agent is unreachable. Of such an agent the master knows its host and port at most. */
  readonly unreachable_time?: TimeInfo;
};

/** Returns the state of an agent in a word. */
export function agentState({ active, deactivated, recovered, unreachable_time, drain_info }: ClusterAgent): string {
  if (unreachable_time) return 'unreachable';
  if (recovered) return 'recovered';
  if (drain_info) return drain_info.state.toLowerCase();
  return deactivated ? 'deactivated' : active ? 'active' : 'disconnected';
}

/** Returns the id of an agent. */
export function agentIdOf({ agent_info }: ClusterAgent): string {
  return agent_info.id?.value ?? '';
}

/** Tells whether an agent has registered with this master, and is not unreachable. */
function isHere({ recovered, unreachable_time }: ClusterAgent): boolean {
  return !recovered && !unreachable_time;
}

/** Names an agent in a sentence: its id, and its host when that is known. */
export function describeAgent(agent: ClusterAgent): string {
  const { hostname } = agent.agent_info;
  return printable(hostname === undefined ? agentIdOf(agent) : `${agentIdOf(agent)} on ${hostname}`);
}

/** Returns all agents: registered ones, recovered ones, unreachable ones. */
export async function clusterAgents(client: MasterClient): Promise<ClusterAgent[]> {
  const found = (await client.call({ type: 'GET_AGENTS' }))?.get_agents;
  const recovered = (found?.recovered_agents ?? []).map(agent_info => ({
    agent_info,
    active: false,
    recovered: true as const,
  }));
  return [...(found?.agents ?? []), ...recovered, ...(await unreachableAgents(client))];
}

/**
 * Returns unreachable agents from the registry, because no call lists them. Empty when the user may not read the
 * registry.
 */
async function unreachableAgents({ http }: MasterClient): Promise<ClusterAgent[]> {
  const registry = await http.get('/registrar(1)/registry').catch(error => {
    if (error instanceof HttpAnswerError && error.status === 403) return undefined;
    throw error;
  });
  const { slaves = [] } = (registry as { unreachable?: { slaves?: Unreachable[] } } | undefined)?.unreachable ?? {};
  return slaves.map(({ id, timestamp, hostname, port }) => ({
    agent_info: { id, ...(hostname !== undefined && { hostname }), ...(port !== undefined && { port }) },
    active: false,
    unreachable_time: timestamp,
  }));
}

interface Unreachable {
  readonly id: { value: string };
  readonly timestamp: TimeInfo;
  /** Of agents that became unreachable under this master; Apache Mesos has neither. */
  readonly hostname?: string;
  readonly port?: number;
}

/** Returns the words that name an agent: its id, its host, `host:port`. */
function namesOf({ agent_info: { id, hostname, port = 5051 } }: ClusterAgent): string[] {
  return [id?.value ?? '', ...(hostname === undefined ? [] : [hostname, `${hostname}:${port}`])];
}

/**
 * Finds the agents that words name by their ids, parts of them, their hosts or addresses; registered ones take
 * precedence.
 *
 * @returns one for each word, in their order; none twice.
 * @throws {LookupError} when a word names none or several.
 */
export async function findAgents(client: MasterClient, words: readonly string[]): Promise<ClusterAgent[]> {
  const agents = await clusterAgents(client);
  const groups = [agents.filter(isHere), agents.filter(agent => !isHere(agent))];
  return [...new Set(words.map(word => findOne(groups, word)))];
}

function findOne(groups: readonly (readonly ClusterAgent[])[], word: string): ClusterAgent {
  const [agent, ...others] = named(groups, word, namesOf);
  if (!agent) throw new LookupError(`There is no agent '${word}'; 'meseta agents' lists them`);
  if (others.length === 0) return agent;
  const some = [agent, ...others].slice(0, 5).map(describeAgent).join(', ');
  throw new LookupError(
    `Several agents match '${word}': ${some}${others.length > 4 ? ', …' : ''}; give more of the id, or host:port`,
  );
}

/**
 * Finds the id of the registered agent that a word names by its id, a part of it, its host or its address.
 *
 * @throws {LookupError} when it names none or several, or one that is not here.
 */
export async function findAgentId(client: MasterClient, word: string): Promise<string> {
  const [agent] = await findAgents(client, [word]);
  if (!agent) throw new LookupError(`There is no agent '${word}'`);
  if (!isHere(agent)) {
    const away = agent.recovered ? 'has not come back since the change of master' : 'is unreachable';
    throw new LookupError(`Agent ${describeAgent(agent)} ${away}`);
  }
  return agentIdOf(agent);
}

/** Returns the tasks that run on the agents. */
export async function tasksOn(client: MasterClient, agentIds: readonly string[]): Promise<Task[]> {
  const tasks = (await client.call({ type: 'GET_TASKS' }))?.get_tasks?.tasks ?? [];
  return tasks.filter(({ agent_id, state }) => agentIds.includes(agent_id.value) && !isTerminal(state));
}

/** Says how many there are: `1 task`, `3 tasks`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
