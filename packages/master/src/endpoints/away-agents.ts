/** `/ui/away-agents`: the agents that the master knows and that are not registered. No call of Mesos's API lists them. */
import { type DaemonRoute, openTo } from '@meseta/daemon';
import { json } from '@meseta/process';
import type { TimeInfo } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { UnreachableAgent } from '../state/cluster.ts';
import { jsonp, readonlyRealm } from './route.ts';

/** How many agents are listed at once. */
const mostListed = 1000;

/** An agent of the answer. */
interface AwayAgent {
  readonly agent_id: string;
  readonly state: 'unreachable' | 'recovered' | 'gone';
  readonly hostname?: string;
  readonly port?: number;
  /** Seconds since the epoch: since when it is unreachable or gone. */
  readonly since?: number;
}

/** Returns the route. */
export function awayAgentsRoute(context: MasterContext): DaemonRoute {
  return {
    path: '/ui/away-agents',
    realm: readonlyRealm,
    methods: ['GET'],
    help: {
      summary:
        'Lists the agents that are unreachable, or have not come back since this master leads. An extension of Meseta.',
      description:
        'An object: `total`, the number of such agents, and `agents`, of which there are at most 1000, the unreachable ones first, each with' +
        ' `agent_id` and `state` (`unreachable` or `recovered`), and with `hostname`, `port` and `since` (seconds since the epoch) where the' +
        ' master knows them. Of an agent that became unreachable under an earlier master, it knows no host.',
      parameters: {
        agent_id:
          'Only this agent; `gone` is one of its states then. No agent: it is registered, or the master does not know it.',
        ...jsonp,
      },
      statuses: { 200: 'The agents.' },
    },
    does: openTo('The registry and the events of the master show the same to all who may read.', request => {
      const id = request.query.get('agent_id');
      return json(id === null ? allAway(context) : listOf(awayAgent(context, id)), request);
    }),
  };
}

function allAway({ cluster: { unreachableAgents, recoveredAgents } }: MasterContext): object {
  const agents: AwayAgent[] = [];
  for (const [id, agent] of unreachableAgents) {
    if (agents.length === mostListed) break;
    agents.push(unreachable(id, agent));
  }
  for (const [id, { hostname, port }] of recoveredAgents) {
    if (agents.length === mostListed) break;
    agents.push(recovered(id, hostname, port));
  }
  return { total: unreachableAgents.size + recoveredAgents.size, agents };
}

const listOf = (agent: AwayAgent | undefined) => ({ total: agent ? 1 : 0, agents: agent ? [agent] : [] });

function awayAgent({ cluster }: MasterContext, id: string): AwayAgent | undefined {
  const lost = cluster.unreachableAgents.get(id);
  if (lost) return unreachable(id, lost);
  const missing = cluster.recoveredAgents.get(id);
  if (missing) return recovered(id, missing.hostname, missing.port);
  const gone = cluster.goneAgents.get(id);
  return gone && { agent_id: id, state: 'gone', since: secondsOf(gone) };
}

const unreachable = (agent_id: string, { since, place }: UnreachableAgent): AwayAgent => ({
  ...{ agent_id, state: 'unreachable', since: secondsOf(since) },
  ...place,
});

const recovered = (agent_id: string, hostname: string, port: number | undefined): AwayAgent => ({
  ...{ agent_id, state: 'recovered', hostname },
  ...(port !== undefined && { port }),
});

const secondsOf = ({ nanoseconds }: TimeInfo) => nanoseconds / 1e9;
