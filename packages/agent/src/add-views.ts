import type { DaemonRouter } from '@meseta/daemon';
import { operatorRoute } from './api/operator/endpoint.ts';
import { classicRoutes } from './endpoints/routes.ts';
import { addAgentMetrics } from './metrics.ts';
import { showFiles } from './sandboxes.ts';
import type { ViewContext } from './views/context.ts';

/**
 * Adds everything that shows an agent: classic endpoints, operator API, metrics, sandboxes below `/files`. Call it
 * once, before recovery.
 *
 * @param actor of the agent's own routes, `slave(1)`.
 */
export function addViews(context: ViewContext, router: DaemonRouter, actor: string): void {
  router.add(actor, [...classicRoutes(context), operatorRoute(context)]);
  addAgentMetrics(context);
  void showFiles(context);
}
