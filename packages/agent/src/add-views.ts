import type { Files } from '@meseta/daemon';
import type { Router } from '@meseta/process';
import { operatorRoute } from './api/operator/endpoint.ts';
import type { AgentContext } from './context.ts';
import { classicRoutes } from './endpoints/routes.ts';
import { addAgentMetrics } from './metrics.ts';
import { showFiles } from './sandboxes.ts';

/**
 * Everything by which an agent is looked at: classic endpoints, operator API, metrics, sandboxes below `/files`. Call
 * it once, before recovery.
 *
 * @param actor of the agent's own routes, `slave(1)`.
 * @param flagsView `ParsedFlags.view`: the flags as text, without secrets.
 */
export function addViews(
  { context, router, files, actor }: { context: AgentContext; router: Router; files: Files; actor: string },
  flagsView: () => Record<string, string>,
): void {
  const viewContext = { ...context, files, flagsView };
  router.add(actor, [...classicRoutes(viewContext), operatorRoute(viewContext)]);
  addAgentMetrics(context);
  void showFiles(viewContext);
}
