/** What operators do to agents that are not registered. */
import type { AwayAgent } from '../away/away-agents.ts';
import { type Action, call } from './action.ts';

const idOf = ({ agent_id }: AwayAgent) => agent_id;
const nameOf = ({ hostname, agent_id }: AwayAgent) => `agent ${hostname ?? agent_id}`;

const markGone: Action<AwayAgent> = {
  name: 'gone',
  title: 'Mark gone',
  object: nameOf,
  check: of => ({ action: 'mark_agent_gone', agent_id: idOf(of) }),
  state: ({ state }) => state,
  notNow: ({ state }) => (state === 'gone' ? 'This agent is marked gone already.' : undefined),
  consequence: () =>
    "The agent can never register again, and what still runs on its machine is not the master's any more: this is for machines that do not come back.",
  typed: idOf,
  prepare: of => call('MARK_AGENT_GONE', { agent_id: { value: idOf(of) } }),
  // The master has stored it before it answers, and sends no event about an agent that is not registered.
  effect: of => ({ source: 'events', table: 'agents', key: idOf(of), seen: () => `A${nameOf(of).slice(1)} is gone.` }),
};

/** The actions on an agent that is away. */
export const awayActions: readonly Action<AwayAgent>[] = [markGone];
