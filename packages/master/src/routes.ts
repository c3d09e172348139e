/** The HTTP surface of a master that leads: its routes, grouped by actor, and what they need to run. */
import type { DaemonRoute } from '@meseta/daemon';
import type { AgentProxyParts } from './agent-proxy/agent-authorization.ts';
import { AgentProxy } from './agent-proxy/proxy.ts';
import { agentProxyRoute } from './agent-proxy/route.ts';
import { installDriverMessages } from './api/driver/driver-messages.ts';
import { operatorRoute } from './api/operator/endpoint.ts';
import { Subscribers } from './api/operator/subscribers.ts';
import { schedulerRoute } from './api/scheduler/endpoint.ts';
import { canRoute } from './can/index.ts';
import type { MasterContext } from './context.ts';
import {
  allocationRoutes,
  awayAgentsRoute,
  frameworkRoutes,
  maintenanceRoutes,
  operationRoutes,
  registryRoutes,
  selfRoutes,
  settingRoutes,
  taskRoutes,
  viewRoutes,
} from './endpoints/index.ts';
import { addMasterMetrics, publishQuota } from './metrics/index.ts';
import { watchMaintenance } from './operator/index.ts';
import { RunFrameworks } from './run/run-frameworks.ts';

/** The routes of one master, with the start and the end of what stands behind them. */
export interface MasterRoutes {
  /** Starts to listen to libprocess messages, except those of agents. Call it when the registry has been read. */
  begin(): void;
  /** Routes by actor: `master`, `registrar(1)`. */
  routes(): Readonly<Record<string, readonly DaemonRoute[]>>;
  /** Ends the event streams. */
  close(): void;
}

/**
 * Makes the routes of a master. Call it before the registry is read: event streams and metrics see the cluster from its
 * beginning.
 *
 * @param proxied how agents are reached through the master.
 */
export function openRoutes(context: MasterContext, proxied: AgentProxyParts): MasterRoutes {
  addMasterMetrics(context);
  watchMaintenance(context);
  const subscribers = new Subscribers(context);
  const runFrameworks = new RunFrameworks(context);
  const proxy = context.flags.agent_proxy ? new AgentProxy(context, proxied) : undefined;
  return {
    begin() {
      for (const config of context.registrar.registry.concerns.quota_configs) publishQuota(context, config);
      installDriverMessages(context);
    },
    routes: () => ({
      master: [
        schedulerRoute(context),
        operatorRoute(context, subscribers),
        ...viewRoutes(context),
        ...allocationRoutes(context),
        awayAgentsRoute(context),
        ...settingRoutes(context),
        ...maintenanceRoutes(context),
        ...operationRoutes(context),
        ...frameworkRoutes(context),
        ...taskRoutes(context, runFrameworks),
        ...selfRoutes(context),
        agentProxyRoute(proxy),
        canRoute(context, runFrameworks),
      ],
      'registrar(1)': registryRoutes(context),
    }),
    close() {
      subscribers.close();
      runFrameworks.close();
      proxy?.close();
    },
  };
}
