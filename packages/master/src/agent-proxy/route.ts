/** `/agents/<id>/…`: agents through the master. */
import { type DaemonRoute, defersTo, openTo } from '@meseta/daemon';
import { failure } from '@meseta/process';
import type { AgentProxy } from './proxy.ts';
import { callPath, proxiedCalls, proxiedReads, terminalPath } from './reads.ts';
import { terminalParameters } from './terminals/request.ts';

const off = 'This master passes no requests on to agents (--agent_proxy=false): ask the agent itself';

/** Makes the route. @param proxy undefined: it is off, and says so. */
export function agentProxyRoute(proxy: AgentProxy | undefined): DaemonRoute {
  return {
    path: '/agents',
    methods: ['GET', 'POST'],
    realm: 'mesos-master-readonly',
    help: {
      summary: 'Passes reads on to an agent, and streams its answer: /agents/<id>/<path>.',
      description:
        `Paths: ${[...proxiedReads.keys()].join(', ')}; POST ${callPath} with ${[...proxiedCalls.keys()].sort().join(', ')}. ` +
        'The parameters are those of the agent, without `jsonp`. ' +
        `${terminalPath} is the WebSocket of a terminal in the container of a task, with these parameters of its own:`,
      parameters: terminalParameters,
      statuses: {
        101: 'The connection is a WebSocket.',
        200: "The agent's answer; its failures are passed on as well.",
        403: "Not authorized by the master's rules or by the agent's, not among the calls, or switched off.",
        404: 'There is no such agent, or the path is not among those.',
        426: 'A terminal is a WebSocket, and the request asks for none.',
        429: 'Too many of your requests are on their way to agents, or too many of your terminals are open.',
        502: 'The agent cannot be reached, or answers with what is not passed on.',
        503: 'Too many requests are on their way to this agent or to all.',
        504: 'The agent does not answer in time.',
      },
    },
    does: proxy
      ? defersTo('every read and every call of the table names what it asks.', request => proxy.answer(request))
      : openTo('It only says that it is off.', () => failure('AGENT_PROXY_OFF', off)),
  };
}
