/** The agent's classic endpoints. */
import { flagsRoute, healthRoute, jsonPieces, productVersion } from '@meseta/daemon';
import { pieces, type Route, text } from '@meseta/process';
import type { ViewContext } from '../views/context.ts';
import { stateView } from '../views/state.ts';
import { containerRoutes } from './containers.ts';

const realm = 'mesos-agent-readonly';

/** Every classic route of the actor `slave(1)`. Those that all daemons have are elsewhere. */
export function classicRoutes(context: ViewContext): Route[] {
  return [
    rootRoute(context),
    healthRoute,
    flagsRoute(context.flagsView, realm),
    stateRoute(context),
    ...containerRoutes(context),
  ];
}

function rootRoute({ agent }: ViewContext): Route {
  return {
    path: '/',
    help: { summary: 'Tells what this is.', statuses: { 200: 'A few lines of text.' } },
    handler: () => {
      const name = agent.id === undefined ? 'Meseta agent without an id yet' : `Meseta agent ${agent.id}`;
      return text(200, `${name}, version ${productVersion}\nIts endpoints are listed at /help\n`);
    },
  };
}

function stateRoute(context: ViewContext): Route {
  return {
    path: '/state',
    realm,
    help: {
      summary: 'Shows the agent, its frameworks, executors and tasks, those that ended among them.',
      parameters: { jsonp: 'Name of a function to wrap the answer into.' },
      statuses: { 200: 'An object.', 403: 'Not authorized.', 503: 'The agent is recovering.' },
    },
    handler: request => {
      if (context.agent.state === 'RECOVERING') return text(503, 'Agent has not finished recovery');
      return pieces(jsonPieces(stateView(context)), request);
    },
  };
}
