/** The classic views of the cluster. */

import { type DaemonRoute, jsonPieces, settled, shows } from '@meseta/daemon';
import { json, pieces, type Request } from '@meseta/process';
import { resultInSlices } from '@meseta/system';
import type { MasterContext } from '../context.ts';
import { roleUsesInSteps } from '../role-use.ts';
import {
  frameworksView,
  rolesView,
  slavesView,
  stateView,
  summaryPieces,
  type TaskSelection,
  tasksPieces,
  unofferedView,
} from '../views/index.ts';
import { jsonp, readonlyRealm } from './route.ts';

const realm = readonlyRealm;

/** Returns the classic routes that show the state of the cluster. */
export function viewRoutes(context: MasterContext): DaemonRoute[] {
  return [
    {
      path: '/state',
      realm,
      help: {
        summary: 'Shows everything: flags, agents, frameworks, tasks, executors, offers.',
        parameters: jsonp,
        statuses: { 200: 'The state of the cluster; large in a large cluster.' },
      },
      does: shows(['VIEW_FLAGS', 'VIEW_FRAMEWORK', 'VIEW_TASK', 'VIEW_EXECUTOR', 'VIEW_ROLE'], (request, see) =>
        pieces(jsonPieces(stateView(context, see)), request),
      ),
    },
    {
      path: '/state-summary',
      realm,
      help: {
        summary: 'Shows agents and frameworks with counts of their tasks.',
        parameters: jsonp,
        statuses: { 200: 'For each agent and framework TASK_… counters, past tasks included.' },
      },
      does: shows(['VIEW_FRAMEWORK', 'VIEW_ROLE'], (request, see) => pieces(summaryPieces(context, see), request)),
    },
    {
      path: '/slaves',
      realm,
      help: {
        summary: 'Shows agents with their resources in full.',
        parameters: { slave_id: 'Only the agent with this id.', ...jsonp },
        statuses: { 200: 'Registered agents, and those of the registry which have not come back yet.' },
      },
      does: shows(['VIEW_ROLE'], (request, see) =>
        pieces(jsonPieces(slavesView(context, see, parameter(request, 'slave_id'))), request),
      ),
    },
    {
      path: '/frameworks',
      realm,
      help: {
        summary: 'Shows frameworks with their tasks, executors and offers.',
        parameters: { framework_id: 'Only the framework with this id.', ...jsonp },
        statuses: { 200: 'Registered and completed frameworks.' },
      },
      does: shows(['VIEW_FRAMEWORK', 'VIEW_TASK', 'VIEW_EXECUTOR'], (request, see) =>
        pieces(jsonPieces(frameworksView(context, see, parameter(request, 'framework_id'))), request),
      ),
    },
    {
      path: '/tasks',
      realm,
      help: {
        summary:
          'Shows tasks of all frameworks, completed and unreachable ones too, by the time of their first status.',
        parameters: {
          limit: 'How many at most; 100 by default.',
          offset: 'How many to pass over; 0 by default.',
          order: 'asc: oldest first; des (default): newest first.',
          framework_id: 'Only tasks of the framework with this id.',
          task_id: 'Only tasks with this id.',
          ...jsonp,
        },
        statuses: { 200: 'A list of tasks.' },
      },
      does: shows(['VIEW_FRAMEWORK', 'VIEW_TASK'], (request, see) =>
        pieces(tasksPieces(context, see, selection(request)), request),
      ),
    },
    {
      path: '/roles',
      realm,
      help: {
        summary: 'Shows the roles that are in use or have a weight or a quota.',
        parameters: jsonp,
        statuses: { 200: 'For each role its weight, quota, resources and frameworks.' },
      },
      does: shows(['VIEW_ROLE'], (request, see) =>
        settled(resultInSlices(roleUsesInSteps(context)), uses => json(rolesView(uses, see), request)),
      ),
    },
    {
      path: '/unoffered',
      realm,
      methods: ['GET'],
      help: {
        summary: 'Shows why agents are not offered to frameworks. An extension of Meseta.',
        description:
          'For each framework, role and registered agent: the reasons why the next allocation does not offer the agent to' +
          ' the framework. Each has a `reason`, a `message` that says what can be done, and the numbers and ids that belong' +
          ' to it. Without reasons the agent is offered, unless another framework gets it first. Large in a large cluster:' +
          ' name a framework.',
        parameters: {
          framework_id: 'Only the framework with this id.',
          role: 'Only this role, also when the framework is not subscribed to it.',
          agent_id: 'Only the agent with this id.',
          ...jsonp,
        },
        statuses: { 200: 'Frameworks with their roles, with agents, with `refusals`.' },
      },
      does: shows(['VIEW_FRAMEWORK', 'VIEW_ROLE'], (request, see) => {
        const [frameworkId, role, agentId] = ['framework_id', 'role', 'agent_id'].map(name => parameter(request, name));
        return pieces(jsonPieces(unofferedView(context, see, { frameworkId, role, agentId })), request);
      }),
    },
  ];
}

function parameter({ query }: Request, name: string): string | undefined {
  return query.get(name) ?? undefined;
}

/** Numbers that are none are taken as absent, as Mesos does. */
function selection(request: Request): TaskSelection {
  const number = (name: string, fallback: number) => {
    const text = request.query.get(name) ?? '';
    return /^\+?\d{1,9}$/.test(text) ? Number(text) : fallback;
  };
  return {
    frameworkId: parameter(request, 'framework_id'),
    taskId: parameter(request, 'task_id'),
    limit: number('limit', 100),
    offset: number('offset', 0),
    ascending: request.query.get('order') === 'asc',
  };
}
