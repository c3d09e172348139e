/** The master's own endpoints. */
import { flagsRoute, healthRoute } from '@meseta/daemon';
import type { Route } from '@meseta/process';
import { operatorRoute } from '../api/operator/endpoint.ts';
import type { Subscribers } from '../api/operator/subscribers.ts';
import { frameworkRoutes } from './frameworks.ts';
import { maintenanceRoutes } from './maintenance.ts';
import { selfRoutes } from './master.ts';
import { operationRoutes } from './operations.ts';
import { type EndpointOptions, readonlyRealm } from './route.ts';
import { settingRoutes } from './settings.ts';
import { viewRoutes } from './views.ts';

export { registryRoutes } from './master.ts';
export { type EndpointOptions, readonlyRealm, readwriteRealm } from './route.ts';

/** The routes of the actor `master`, without those of frameworks. */
export function masterRoutes(options: EndpointOptions, subscribers: Subscribers): Route[] {
  const { context, files, verbosity, flagsView } = options;
  return [
    operatorRoute({ master: context, subscribers, files, verbosity, flagsView, metrics: context.metrics }),
    ...viewRoutes(options),
    ...settingRoutes(options),
    ...maintenanceRoutes(options),
    ...operationRoutes(options),
    ...frameworkRoutes(options),
    flagsRoute(flagsView, readonlyRealm),
    healthRoute,
    ...selfRoutes(options),
  ];
}
