/** Opens and closes what exists only while a master leads. */
import type { AccessControl, DaemonRouter, Files } from '@meseta/daemon';
import type { ParsedFlags } from '@meseta/flags';
import type { AllocatorModule, HookManager } from '@meseta/modules';
import type { Handler, HttpServer, Libprocess } from '@meseta/process';
import type { MasterInfo } from '@meseta/protocol';
import type { StorageEngine } from '@meseta/storage';
import { scopedClock, systemClock } from '@meseta/system';
import { type Logger, type Metrics, ScopedMetrics } from '@meseta/telemetry';
import type { AgentProxyParts } from '../agent-proxy/agent-authorization.ts';
import type { PeerAuthentication } from '../authentication/peer-authentication.ts';
import type { masterFlags } from '../flags.ts';
import { type History, historyRoute, sampleMetrics } from '../history/index.ts';
import { assembleMaster } from '../master.ts';
import { MasterAllocation } from '../master-allocation.ts';
import { LibprocessMessages } from '../messages.ts';
import { MasterOffers } from '../offers/offers.ts';
import { openRoutes } from '../routes.ts';
import { LargeCluster } from '../state/large-cluster.ts';
import type { WebUi } from '../web-ui/index.ts';
import type { Term } from './mastership.ts';

/** The parts of the daemon that a term uses. They outlive the term. */
export interface TermParts {
  readonly flags: ParsedFlags<typeof masterFlags>;
  readonly engine: StorageEngine;
  readonly server: HttpServer;
  readonly libprocess: Libprocess;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly files: Files;
  readonly access: AccessControl;
  readonly authentication: PeerAuthentication;
  readonly hooks: HookManager;
  /** Decides who is offered what, in place of the built-in rules. */
  readonly allocator: AllocatorModule | undefined;
  /** How agents learn who asks through the master. */
  readonly proxied: Pick<AgentProxyParts, 'key' | 'credential'>;
  /** When the process started, milliseconds since the epoch. */
  readonly startedAt: number;
  /** A standby has none, and redirects browsers to the leader. */
  readonly webUi: WebUi;
  /** What metrics were while this process led. */
  readonly history: History;
  /** Adds the routes that a master has whether it leads or not. Call it when the router has its other routes. */
  addCommonRoutes(router: DaemonRouter): void;
  newRouter(): DaemonRouter;
  /** Called once in this term, when the cluster is large. */
  readonly onLarge: () => void;
  /** Called once when a leading master must stop. */
  readonly abort: (error: Error) => void;
}

/** An open term. */
export interface MasterTerm extends Term {
  readonly handle: Handler;
  /** When this master became the leader, milliseconds since the epoch. */
  readonly electedAt: number;
}

/**
 * Reads the registry and begins to serve. When that fails, everything is closed again.
 *
 * @param info the info with which this master was elected; all ids that the term makes contain its id.
 * @throws {StorageError} when the storage cannot be opened: another master has opened it, or it is damaged.
 * @throws {RegistrarError} when the registry cannot be recovered.
 */
export async function openTerm(info: MasterInfo, parts: TermParts): Promise<MasterTerm> {
  const { engine, server, libprocess, log, files, access, hooks } = parts;
  const closings: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const closing of closings.splice(0).reverse()) await closing();
  };
  try {
    const start = performance.now();
    const storage = await engine.openTerm();
    const openingMs = performance.now() - start;
    // Clients of this term see its connections close, as if the process had ended.
    closings.push(
      () => server.dropConnections(),
      () => storage.close(),
      () => libprocess.reset(),
    );
    const metrics = new ScopedMetrics(parts.metrics);
    const clock = scopedClock(systemClock);
    const messages = new LibprocessMessages(libprocess, access, log, metrics);
    closings.push(
      () => metrics.end(),
      () => clock.end(),
      () => messages.close(),
    );
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => undefined); // a later failure is only reported by `abort`
    const master = assembleMaster({
      ...{
        info,
        flags: parts.flags,
        storage,
        openingMs,
        messages,
        clock,
        log,
        metrics,
        files,
        access,
        authentication: parts.authentication,
        hooks,
        webUi: parts.webUi,
        startedAt: parts.startedAt,
        speaksTls: server.tls !== undefined,
      },
      allocation: context => new MasterAllocation(context, parts.allocator),
      offers: context => new MasterOffers(context),
      abort(error) {
        failed.reject(error);
        parts.abort(error);
      },
    });
    closings.push(() => master.stop());
    const size = new LargeCluster(master.context.cluster, parts.onLarge);
    master.context.cluster.observe(size);
    const surface = openRoutes(master.context, { ...parts.proxied, tls: server.tls });
    closings.push(() => surface.close());
    // `recover` never settles when the registry cannot be written: `failed` rejects then.
    await Promise.race([master.recover(), failed.promise]);
    size.countAgents();
    surface.begin();
    const router = parts.newRouter();
    for (const [actor, routes] of Object.entries(surface.routes())) router.add(actor, routes);
    router.add('master', parts.webUi.routes);
    router.add('master', [historyRoute(parts.history, clock)]);
    closings.push(sampleMetrics(parts.history, { metrics: parts.metrics, clock, log }));
    parts.addCommonRoutes(router);
    log.info('Master leads', { pid: info.pid, id: info.id, hostname: info.hostname });
    return { handle: router.handle, electedAt: master.context.electedAt, close };
  } catch (error) {
    await close();
    throw error;
  }
}
