/** What operators do to agents: drain, deactivate, reactivate, mark gone. */
import type { MasterResponseGetAgentsAgent } from '@meseta/protocol/browser';
import type { Detail } from '../feed/messages.ts';
import type { Row } from '../store/table.ts';
import { count } from '../ui/format.ts';
import { readDuration } from '../ui/typed-amounts.ts';
import { type Action, call, type Effect } from './action.ts';

/** An agent as its page knows it. */
export interface AgentObject {
  readonly row: Row;
  readonly agent: MasterResponseGetAgentsAgent;
}

/** Returns the id of an agent. */
export const agentIdOf = ({ row }: AgentObject): string => row.key;
/** Returns how an agent is called in sentences. */
export const agentNameOf = ({ row }: AgentObject): string => `agent ${row.hostname}`;

const tasksOf = ({ row }: AgentObject) => count(Number(row.tasks), 'task');
const has = ({ agent }: AgentObject, capability: string) =>
  (agent.capabilities ?? []).some(({ type }) => type === capability);

/** Returns what an agent is in the middle of. */
const agentStateOf = ({ agent }: AgentObject): string =>
  `${agent.active} ${agent.deactivated} ${agent.drain_info?.state}`;

/** Watches an agent. @param seen gets the agent; undefined: it is gone. */
export function agentEffect(of: AgentObject, seen: (agent: Detail['agent']) => string | undefined): Effect {
  return { source: 'events', table: 'agents', key: agentIdOf(of), seen: ({ agent }) => seen(agent) };
}

const gone = (of: AgentObject) => `${capital(agentNameOf(of))} is gone.`;
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const drain: Action<AgentObject> = {
  name: 'drain',
  title: 'Drain',
  object: agentNameOf,
  check: of => ({ action: 'drain_agent', agent_id: agentIdOf(of) }),
  state: agentStateOf,
  /** @see packages/master/src/agents/drain.ts, drainAgent: an agent that drains already may get another grace period. */
  notNow: of => (has(of, 'AGENT_DRAINING') ? undefined : 'This agent is too old to be drained.'),
  countsTasks: true,
  consequence: (of, values) =>
    [
      `Kills ${tasksOf(of)}. The agent is in no offer from now on`,
      values.gone ? ', and is gone for good when the last task has ended.' : ' until it is reactivated.',
    ].join(''),
  typed: (of, values) => (values.gone ? agentIdOf(of) : undefined),
  fields: () => [
    {
      name: 'grace',
      label: 'Longest grace period',
      kind: 'text',
      hint: 'The longest time that tasks get to end, such as 10m. Left empty: their own.',
    },
    { name: 'gone', label: 'Mark it gone when it is drained: it can never come back', kind: 'box' },
  ],
  prepare(of, { grace = '', gone: markGone }) {
    const read = grace.trim() === '' ? undefined : readDuration(grace.trim());
    if (read && 'problem' in read) return { problems: { grace: read.problem } };
    return call('DRAIN_AGENT', {
      agent_id: { value: agentIdOf(of) },
      ...(read && {
        max_grace_period: { seconds: Math.floor(read.value / 1000), nanos: Math.round((read.value % 1000) * 1e6) },
      }),
      ...(markGone && { mark_gone: true }),
    });
  },
  fieldOf: ({ message }) => (/max_grace_period/.test(message) ? 'grace' : undefined),
  effect: of =>
    agentEffect(of, agent => {
      if (agent === undefined) return gone(of);
      const state = agent.drain_info?.state;
      if (state === 'DRAINED') return `${capital(agentNameOf(of))} is drained.`;
      return state === 'DRAINING' ? `${capital(agentNameOf(of))} is draining.` : undefined;
    }),
};

const deactivate: Action<AgentObject> = {
  name: 'deactivate',
  title: 'Deactivate',
  object: agentNameOf,
  check: of => ({ action: 'deactivate_agent', agent_id: agentIdOf(of) }),
  state: agentStateOf,
  /** The master would say yes, and nothing would change. @see packages/master/src/agents/drain.ts, deactivateAgentByOperator */
  notNow: ({ agent }) => {
    if (agent.drain_info) return 'This agent is drained, and in no offer already.';
    return agent.deactivated ? 'This agent is deactivated already.' : undefined;
  },
  countsTasks: true,
  consequence: of => `Ends nothing: ${tasksOf(of)} of it go on. It is in no offer until it is reactivated.`,
  prepare: of => call('DEACTIVATE_AGENT', { agent_id: { value: agentIdOf(of) } }),
  effect: of =>
    agentEffect(of, agent => {
      if (agent === undefined) return gone(of);
      return agent.deactivated ? `${capital(agentNameOf(of))} is deactivated.` : undefined;
    }),
};

const reactivate: Action<AgentObject> = {
  name: 'reactivate',
  title: 'Reactivate',
  object: agentNameOf,
  check: of => ({ action: 'reactivate_agent', agent_id: agentIdOf(of) }),
  state: agentStateOf,
  /** @see packages/master/src/agents/drain.ts, reactivateAgent */
  notNow: ({ agent }) => {
    if (agent.drain_info?.state === 'DRAINING') return 'This agent is still draining: wait until it is drained.';
    return agent.deactivated ? undefined : 'This agent is neither deactivated nor drained.';
  },
  consequence: () => 'The agent is offered to frameworks again.',
  prepare: of => call('REACTIVATE_AGENT', { agent_id: { value: agentIdOf(of) } }),
  effect: of =>
    agentEffect(of, agent => {
      if (agent === undefined) return gone(of);
      return agent.deactivated || agent.drain_info ? undefined : `${capital(agentNameOf(of))} is in use again.`;
    }),
};

const markGone: Action<AgentObject> = {
  name: 'gone',
  title: 'Mark gone',
  object: agentNameOf,
  check: of => ({ action: 'mark_agent_gone', agent_id: agentIdOf(of) }),
  state: agentStateOf,
  countsTasks: true,
  consequence: of =>
    `Ends ${tasksOf(of)} and the agent. It can never register again: this is for machines that do not come back.`,
  typed: agentIdOf,
  prepare: of => call('MARK_AGENT_GONE', { agent_id: { value: agentIdOf(of) } }),
  effect: of => agentEffect(of, agent => (agent === undefined ? gone(of) : undefined)),
};

/** The actions on an agent itself. */
export const agentActions: readonly Action<AgentObject>[] = [drain, deactivate, reactivate, markGone];
