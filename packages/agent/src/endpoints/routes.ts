/** The agent's classic endpoints. */
import { type DaemonRoute, flagsRoute, healthRoute, jsonPieces, openTo, type Realm, shows } from '@meseta/daemon';
import { failure, pieces, text } from '@meseta/process';
import { productVersion } from '@meseta/system';
import type { ViewContext } from '../views/context.ts';
import { stateView } from '../views/state.ts';
import { containerRoutes } from './containers.ts';

const realm = 'mesos-agent-readonly' satisfies Realm;

/** Returns every classic route of the actor `slave(1)`. The routes that all daemons share are not among them. */
export function classicRoutes(context: ViewContext): DaemonRoute[] {
  return [
    rootRoute(context),
    healthRoute,
    flagsRoute(context.flagsView, realm),
    stateRoute(context),
    ...containerRoutes(context),
  ];
}

function rootRoute({ agent }: ViewContext): DaemonRoute {
  return {
    path: '/',
    realm: undefined,
    help: { summary: 'Tells what this is.', statuses: { 200: 'A few lines of text.' } },
    does: openTo('It says where everything else is.', () => {
      const name = agent.id === undefined ? 'Meseta agent without an id yet' : `Meseta agent ${agent.id}`;
      return text(200, `${name}, version ${productVersion}\nIts endpoints are listed at /help\n`);
    }),
  };
}

function stateRoute(context: ViewContext): DaemonRoute {
  return {
    path: '/state',
    realm,
    help: {
      summary: 'Shows the agent, its frameworks, executors and tasks, those that ended among them.',
      parameters: { jsonp: 'Name of a function to wrap the answer into.' },
      statuses: { 200: 'An object.', 403: 'Not authorized.', 503: 'The agent is recovering.' },
    },
    does: shows(['VIEW_FLAGS', 'VIEW_FRAMEWORK', 'VIEW_TASK', 'VIEW_EXECUTOR', 'VIEW_ROLE'], (request, see) => {
      if (context.agent.state === 'RECOVERING') return failure('RECOVERING', 'Agent has not finished recovery');
      return pieces(jsonPieces(stateView(context, see)), request);
    }),
  };
}
