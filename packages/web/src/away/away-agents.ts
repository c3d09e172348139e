/** Agents that the master knows and that are not registered: events do not have them. */
import { Poll } from '../requests/poll.ts';
import { getJson } from '../requests/request.ts';
import { expectShape, type Shape } from '../requests/shape.ts';

/** An agent that is not registered. */
export interface AwayAgent {
  readonly agent_id: string;
  /** `recovered`: it has not come back since this master leads. */
  readonly state: 'unreachable' | 'recovered' | 'gone';
  /** Undefined: the master does not know it. */
  readonly hostname?: string;
  readonly port?: number;
  /** Seconds since the epoch. */
  readonly since?: number;
}

/** Some of the agents that are away, and how many there are. */
export interface AwayAgents {
  readonly total: number;
  readonly agents: readonly AwayAgent[];
}

const shape: Shape = {
  total: 'number',
  agents: [{ agent_id: 'string', state: 'string', 'hostname?': 'string', 'port?': 'number', 'since?': 'number' }],
};

const ask = async (url: string, signal: AbortSignal) => expectShape<AwayAgents>(await getJson(url, signal), shape);

/** How often they are asked for, in milliseconds. */
const EVERY_MS = 5000;
const url = '/ui/away-agents';

/** Those that are unreachable, or have not come back. */
export const awayAgents = new Poll<AwayAgents>({ everyMs: EVERY_MS, ask: signal => ask(url, signal) });

/** Makes what asks for one agent, in whichever of these states; no agent: it is registered, or the master does not know it. */
export const awayAgent = (id: string): Poll<AwayAgent | undefined> =>
  new Poll({
    everyMs: EVERY_MS,
    ask: async signal => (await ask(`${url}?${new URLSearchParams({ agent_id: id })}`, signal)).agents[0],
  });
