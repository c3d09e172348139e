import { hostname } from 'node:os';
import type { WireId } from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import type { Environment } from '../config/configuration.ts';
import type { Settings } from '../config/settings.ts';
import type { Counters } from '../metrics/counters.ts';

/** What the reports are about and where they go. */
export interface ReportsOptions {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly executorId: WireId<'executor'>;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The running reports. */
export interface Reports {
  /** Reports an error to Sentry. */
  report(message: string, error: unknown): void;
  /** Sends the last metrics and the waiting reports. */
  close(): Promise<void>;
}

/**
 * Starts reporting to Graphite, Prometheus and Sentry, as far as they are configured. A failure of any of them never
 * affects a task.
 */
export function startReports(options: ReportsOptions): Reports {
  const { settings, environment, executorId, counters, clock, log } = options;
  const { GRAPHITE_HOST, GRAPHITE_PORT, GRAPHITE_PREFIX, PROMETHEUS_ADDRESS, SENTRY_DSN } = settings;
  const host = environment.MESOS_HOSTNAME || environment.CLOUD_HOSTNAME || hostname();
  const graphite =
    GRAPHITE_HOST === undefined
      ? undefined
      : import('../metrics/graphite.ts').then(({ Graphite, graphitePrefix }) => {
          const prefix = graphitePrefix(GRAPHITE_PREFIX, host, executorId);
          const onProblem = (message: string, error: unknown) => log.warning(message, { error });
          return new Graphite(counters, { host: GRAPHITE_HOST, port: GRAPHITE_PORT, prefix, clock, onProblem });
        });
  const sentry =
    SENTRY_DSN === undefined
      ? undefined
      : import('../metrics/sentry.ts').then(
          ({ Sentry }) => new Sentry(SENTRY_DSN, { serverName: host, tags: { executor_id: executorId }, clock }),
        );
  if (PROMETHEUS_ADDRESS) {
    import('../metrics/prometheus.ts')
      .then(({ servePrometheus }) => servePrometheus(counters, PROMETHEUS_ADDRESS))
      .catch(error => log.warning('Metrics cannot be served', { error }));
  }
  return {
    report: (message, error) => void sentry?.then(client => client.report(message, error)),
    async close() {
      await (await graphite)?.close();
      await (await sentry)?.close();
    },
  };
}
