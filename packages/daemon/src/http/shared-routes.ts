import type { Metrics, Verbosity } from '@meseta/telemetry';
import type { Realm } from '../access/access-control.ts';
import type { Files } from '../files/files.ts';
import { filesRoutes } from '../files/routes.ts';
import { helpRoutes } from './help.ts';
import { loggingRoutes } from './logging.ts';
import { metricsRoutes } from './metrics.ts';
import { processesRoutes } from './processes.ts';
import { profilerRoutes } from './profiler.ts';
import type { DaemonRouter } from './router.ts';
import { systemRoutes } from './system.ts';
import { versionRoutes } from './version.ts';

/** What the endpoints that both daemons have are about. */
export interface SharedRoutes {
  readonly files: Files;
  readonly metrics: Metrics;
  readonly verbosity: Verbosity;
  /** Authentication realms: `mesos-master-readonly` and `mesos-master-readwrite`, or the agent's. */
  readonly readonlyRealm: Realm;
  readonly readwriteRealm: Realm;
}

/** Adds the actors that are no daemon's own and, about all routes there are, `help`: call it last. */
export function addSharedRoutes(router: DaemonRouter, shared: SharedRoutes): void {
  const { files, metrics, verbosity, readonlyRealm, readwriteRealm } = shared;
  router.add('files', filesRoutes(files, readonlyRealm));
  router.add('metrics', metricsRoutes(metrics, readonlyRealm));
  router.add('logging', loggingRoutes(verbosity, readwriteRealm));
  router.add('profiler', profilerRoutes(readwriteRealm));
  router.add('system', systemRoutes);
  router.add('version', versionRoutes);
  router.add('__processes__', processesRoutes(router));
  router.add('help', helpRoutes([...router.routes()]));
}
