/** Endpoints about allocation: who holds offers, and why a framework gets none. Extensions of Meseta. */
import { type DaemonRoute, jsonPieces, shows } from '@meseta/daemon';
import { pieces } from '@meseta/process';
import { ConcurrencyLimit, resultInSlices } from '@meseta/system';
import type { MasterContext } from '../context.ts';
import { explanationInSteps, explanationView, offersView, readQuestion } from '../explain/index.ts';
import { jsonp, readonlyRealm as realm } from './route.ts';

/** How many explanations are made at a time: each has its slice of every turn of the event loop, for a second or more. */
const mostAtOnce = 4;

/** Returns the routes about allocation. */
export function allocationRoutes(context: MasterContext): DaemonRoute[] {
  const explaining = new ConcurrencyLimit(mostAtOnce);
  return [
    {
      path: '/allocation/explain',
      realm,
      methods: ['GET'],
      help: {
        summary:
          'Explains where a framework could be offered this much, and why not elsewhere. An extension of Meseta.',
        description:
          'Looks at every agent by the rules of the next allocation, and groups the agents by reason. Each group has a `text`,' +
          ' an `advice`, the number of `agents`, of those where `only` this is in the way, the most frequent causes, and three' +
          ' examples, those first of which the least is missing. An agent is `offerable` without a reason that `blocks`: then' +
          ' the next allocation may offer it, with at least this much.',
        parameters: {
          framework_id: 'The framework.',
          role: 'Only this role; all roles of the framework by default, 20 at most.',
          cpus: 'Cores that an offer has to have.',
          mem: 'Memory that an offer has to have, in MB.',
          disk: 'Disk that an offer has to have, in MB.',
          gpus: 'GPUs that an offer has to have.',
          resources: 'Other numbers that an offer has to have, such as licenses:2;bandwidth:100; 20 at most.',
          agent_id: 'Only this agent.',
          ids: 'true: each group has the ids of its agents, 10,000 at most.',
          limit: 'How many agents are listed with all their reasons; 0 by default, 1000 at most.',
          offset: 'How many of these to pass over; 0 by default.',
          reason: 'Lists only agents with this reason; NONE: only those that are offerable.',
          ...jsonp,
        },
        statuses: {
          200: 'The groups of each role.',
          400: 'A parameter has a value that it cannot have: the answer says which, and what is allowed.',
          403: 'The role may not be seen.',
          404: 'There is no such framework or agent.',
        },
      },
      does: shows(['VIEW_FRAMEWORK', 'VIEW_ROLE', 'GET_MAINTENANCE_SCHEDULE'], async (request, see) => {
        const question = readQuestion(request.query);
        const isWanted = () => !request.signal.aborted;
        const explanation = await explaining.run(async () =>
          resultInSlices(explanationInSteps(context, question, see, isWanted)),
        );
        return pieces(jsonPieces(explanationView(explanation, question)), request);
      }),
    },
    {
      path: '/allocation/offers',
      realm,
      methods: ['GET'],
      help: {
        summary: 'Shows the offers that frameworks hold, the oldest first. An extension of Meseta.',
        description: 'At most 1000; `total` counts all of them.',
        parameters: jsonp,
        statuses: { 200: 'For each offer its framework, role, agent, resources, and how long it has been held.' },
      },
      does: shows(['VIEW_FRAMEWORK', 'VIEW_ROLE'], (request, see) =>
        pieces(jsonPieces(offersView(context, see)), request),
      ),
    },
  ];
}
