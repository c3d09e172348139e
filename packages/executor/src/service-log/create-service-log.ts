import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import type { TaskInfo, WireId } from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import type { Environment } from '../config/configuration.ts';
import type { Settings } from '../config/settings.ts';
import { ConsulClient } from '../hooks/consul/client.ts';
import { labelOf } from '../hooks/task-labels.ts';
import type { Counters } from '../metrics/counters.ts';
import type { Fields } from './format.ts';
import { Logstash } from './logstash.ts';
import { ServiceLog } from './service-log.ts';

/** What the service log of a task needs of the executor. */
export interface ServiceLogHost {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly executorId: WireId<'executor'>;
  readonly counters: Counters;
  readonly clock: Clock;
  /** From `readTls`. */
  readonly tls: ConnectionOptions;
  onProblem(message: string, error: unknown): void;
}

/**
 * Creates the service log of a task whose label `log-scraping` asks for one.
 *
 * @throws for an unknown format, and when no address of Logstash is configured.
 */
export function createServiceLog(task: TaskInfo, host: ServiceLogHost): ServiceLog {
  const { settings, environment, counters, clock } = host;
  const asked = labelOf(task, 'log-scraping') ?? '';
  const format = asked === 'logstash' ? 'json' : asked;
  if (format !== 'json' && format !== 'logfmt') {
    throw new Error(`Label log-scraping='${asked}': expected logfmt or json`);
  }
  return new ServiceLog(connect(host), {
    ...{ format, counters, clock, fields: fieldsOf(task, host.executorId, environment) },
    all: !!labelOf(task, 'log-scraping-all'),
    ignoredKeys: settings.SERVICELOG_IGNORE_KEYS,
    onOther: line => process.stdout.write(`${line}\n`),
  });
}

function connect({ settings, environment, counters, clock, tls, onProblem }: ServiceLogHost): Logstash {
  const { SERVICELOG_LOGSTASH_ADDRESS: address, SERVICELOG_LOGSTASH_DISCOVERY_SERVICE_NAME: service } = settings;
  if (!address && !service) {
    throw new Error(
      'Log scraping needs SERVICELOG_LOGSTASH_ADDRESS or SERVICELOG_LOGSTASH_DISCOVERY_SERVICE_NAME to be set',
    );
  }
  const consul = service === undefined ? undefined : new ConsulClient(environment, settings.CONSUL_TOKEN);
  return new Logstash({
    protocol: settings.SERVICELOG_LOGSTASH_PROTOCOL,
    addresses: address && !service ? [{ ...address, host: address.host || '127.0.0.1' }] : [],
    ...(consul &&
      service && {
        discovery: {
          find: (signal: AbortSignal) => consul.healthy(service, signal),
          refreshMs: settings.SERVICELOG_LOGSTASH_DISCOVERY_REFRESH_INTERVAL,
        },
      }),
    bufferSize: Math.max(1, settings.SERVICELOG_BUFFER_SIZE),
    rateLimit: settings.SERVICELOG_LOGSTASH_RATE_LIMIT,
    sizeLimit: settings.SERVICELOG_LOGSTASH_SIZE_LIMIT,
    timeoutMs: settings.SERVICELOG_LOGSTASH_TCP_TIMEOUT,
    keepAliveMs: settings.SERVICELOG_LOGSTASH_TCP_KEEP_ALIVE,
    tls: { ...tls, servername: settings.SERVICELOG_LOGSTASH_TLS_SERVER_NAME ?? serverName(address?.host) },
    ...{ counters, clock, onProblem },
  });
}

/** Returns the name that TLS asks for by SNI: none for an IP address. */
const serverName = (host = ''): string => (/^[\d.]+$|:/.test(host) ? '' : host);

/** Reads the files of TLS. @throws when a file cannot be read, or is not PEM. */
export function readTls(settings: Settings): ConnectionOptions {
  const read = (
    name: 'SERVICELOG_LOGSTASH_TLS_CA' | 'SERVICELOG_LOGSTASH_TLS_CERT' | 'SERVICELOG_LOGSTASH_TLS_KEY',
  ) => {
    const path = settings[name];
    if (path === undefined) return undefined;
    try {
      return readFileSync(path);
    } catch (cause) {
      throw new Error(`${name}='${path}' cannot be read: ${(cause as Error).message}`, { cause });
    }
  };
  const ca = read('SERVICELOG_LOGSTASH_TLS_CA');
  const cert = read('SERVICELOG_LOGSTASH_TLS_CERT');
  const key = read('SERVICELOG_LOGSTASH_TLS_KEY');
  const files = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  try {
    process.getBuiltinModule('node:tls').createSecureContext(files); // bad files fail here, not at each connection
  } catch (cause) {
    throw new Error(`SERVICELOG_LOGSTASH_TLS_CA, _CERT or _KEY cannot be used: ${(cause as Error).message}`, { cause });
  }
  return files;
}

function fieldsOf(task: TaskInfo, executorId: WireId<'executor'>, environment: Environment): Fields {
  const scid = labelOf(task, 'scId');
  const { MESOS_HOSTNAME, CLOUD_HOSTNAME, CLOUD_REGION, CLOUD_AVAILABILITY_ZONE } = environment;
  return {
    'instance-id': executorId,
    ...(scid !== undefined && /^-?\d+$/.test(scid) && { scid: Number(scid) }),
    srchost: MESOS_HOSTNAME || CLOUD_HOSTNAME || hostname(),
    ...(CLOUD_REGION && { region: CLOUD_REGION }),
    ...(CLOUD_AVAILABILITY_ZONE && { zone: CLOUD_AVAILABILITY_ZONE }),
  };
}
