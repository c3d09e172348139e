import type { Metrics, Verbosity } from '@meseta/telemetry';
import type { Realm } from './access/access-control.ts';
import type { Files } from './files/files.ts';
import { filesRoutes } from './files/routes.ts';
import { helpRoutes } from './http/help.ts';
import { loggingRoutes } from './http/logging.ts';
import { metricsRoutes } from './http/metrics.ts';
import { processesRoutes } from './http/processes.ts';
import { profilerRoutes } from './http/profiler.ts';
import type { DaemonRouter } from './http/router.ts';
import { systemRoutes } from './http/system.ts';
import { versionRoutes } from './http/version.ts';

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
