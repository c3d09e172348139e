/** The parts of the master that face frameworks and operators: what each adds to a master that starts. */
import type { DaemonRoute } from '@meseta/daemon';
import { installDriverMessages } from './api/driver/driver-messages.ts';
import { operatorRoute } from './api/operator/endpoint.ts';
import { Subscribers } from './api/operator/subscribers.ts';
import { schedulerRoute } from './api/scheduler/endpoint.ts';
import type { MasterContext } from './context.ts';
import {
  frameworkRoutes,
  maintenanceRoutes,
  operationRoutes,
  registryRoutes,
  selfRoutes,
  settingRoutes,
  viewRoutes,
} from './endpoints/index.ts';
import { addMasterMetrics, publishQuota } from './metrics/index.ts';
import { watchMaintenance } from './operator/index.ts';

/** The rooms of one master. */
export interface Rooms {
  /** When the registry has been read: begins to listen to libprocess messages, those of agents excepted. */
  begin(): void;
  /** Routes by actor: `master`, `registrar(1)`. */
  routes(): Readonly<Record<string, readonly DaemonRoute[]>>;
  /** Ends what watches the cluster: event streams. */
  close(): void;
}

/** Opens them. Before the registry is read: who observes the cluster sees it from its beginning. */
export function openRooms(context: MasterContext): Rooms {
  addMasterMetrics(context);
  watchMaintenance(context);
  const subscribers = new Subscribers(context);
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
        ...settingRoutes(context),
        ...maintenanceRoutes(context),
        ...operationRoutes(context),
        ...frameworkRoutes(context),
        ...selfRoutes(context),
      ],
      'registrar(1)': registryRoutes(context),
    }),
    close: () => subscribers.close(),
  };
}
