/** `/containers`, `/monitor/statistics` and `/containerizer/debug`. */
import {
  asksFor,
  type DaemonRoute,
  type Filters,
  jsonPieces,
  listed,
  type Realm,
  showsAt,
  unfiltered,
} from '@meseta/daemon';
import { failure, json, pieces, type Request, type Response } from '@meseta/process';
import { containerView, readContainers, statisticsView } from '../views/containers.ts';
import type { ViewContext } from '../views/context.ts';
import { rateLimited } from './statistics.ts';

const realm = 'mesos-agent-readonly' satisfies Realm;
const methods = ['GET'];
const jsonp = { jsonp: 'Name of a function to wrap the answer into.' };

/** Returns the routes that show containers. */
export function containerRoutes(context: ViewContext): DaemonRoute[] {
  const readStatistics = rateLimited(() => readContainers(context, unfiltered), context.clock);
  return [
    {
      path: '/containers',
      methods,
      realm,
      help: {
        summary: 'Shows containers, their status and what they use.',
        description:
          'All of them, or those of `container_id`, of `framework_id`, or of `framework_id` and `executor_id`.',
        parameters: {
          container_id: 'Only this container.',
          framework_id: 'Only containers of this framework.',
          executor_id: "Only this executor's container; needs framework_id.",
          ...jsonp,
        },
        statuses: { 200: 'A list of containers.', 400: 'Parameters do not go together.', 403: 'Not authorized.' },
      },
      does: showsAt('/containers', ['VIEW_CONTAINER'], (request, see) => containers(context, request, see)),
    },
    {
      path: '/monitor/statistics',
      methods,
      realm,
      help: {
        summary: 'Shows what the containers of executors use.',
        description: 'Numbers are read at most twice a second; requests in between wait.',
        parameters: jsonp,
        statuses: { 200: 'A list of executors with statistics.', 403: 'Not authorized.' },
      },
      does: asksFor('GET_ENDPOINT_WITH_PATH', { value: '/monitor/statistics' }, async request => {
        const read = (await readStatistics()).filter(({ statistics }) => statistics !== undefined);
        return pieces(jsonPieces(listed(read, statisticsView)), request);
      }),
    },
    {
      path: '/containerizer/debug',
      methods,
      realm,
      help: {
        summary: 'Shows launches of containers that are under way.',
        parameters: jsonp,
        statuses: { 200: 'pending: a list of operations.', 403: 'Not authorized.' },
      },
      does: asksFor('GET_ENDPOINT_WITH_PATH', { value: '/containerizer/debug' }, request =>
        json({ pending: pendingLaunches(context) }, request),
      ),
    },
  ];
}

async function containers(context: ViewContext, request: Request, see: Filters<'VIEW_CONTAINER'>): Promise<Response> {
  const parameter = (name: string) => request.query.get(name) ?? undefined;
  const containerId = parameter('container_id');
  const frameworkId = parameter('framework_id');
  const executorId = parameter('executor_id');
  const mixed = containerId !== undefined && (frameworkId !== undefined || executorId !== undefined);
  if (mixed || (executorId !== undefined && frameworkId === undefined)) {
    return failure(
      'PARAMETER_INVALID',
      'Supported query parameters are container_id only, framework_id only, or executor_id and framework_id only',
    );
  }
  const read = await readContainers(context, see, { containerId, frameworkId, executorId });
  return pieces(jsonPieces(listed(read, containerView)), request);
}

function pendingLaunches({ agent, containerizer }: ViewContext): unknown[] {
  const pending = [...agent.executors()].filter(
    ({ state, container }) => state === 'REGISTERING' && containerizer.pid(container) === undefined,
  );
  return pending.map(({ containerId }) => ({ operation: 'launch', args: { containerId } }));
}
