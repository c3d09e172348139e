/** Lists every setting of the executor: variable `MESETA_EXECUTOR_<name>`, alias `ALLEGRO_EXECUTOR_<name>`. */
import { boolean, count, duration, hostPort, list, oneOf, port, text, url, type ValueType } from './types.ts';

/** One setting: its type, default and description. */
export interface Setting<T> {
  readonly type: ValueType<T>;
  readonly help: string;
  readonly default?: T;
  /** Also read under its plain name, after the prefixed ones. */
  readonly plain?: true;
  /** Never printed. */
  readonly secret?: true;
}

const optional = <T>(type: ValueType<T>, help: string, more: { plain?: true; secret?: true } = {}) =>
  ({ type, help, ...more }) as Setting<T | undefined>;
const withDefault = <T>(type: ValueType<T>, value: T, help: string, more: { plain?: true } = {}): Setting<T> => ({
  type,
  help,
  default: value,
  ...more,
});
const seconds = 1000;
const plain = { plain: true } as const;
const secret = { secret: true } as const;

/** The table of settings, by name. The reference page is generated from it. */
export const settings = {
  DEBUG: withDefault(boolean, false, 'log everything; also the argument `-debug`'),
  API_PATH: withDefault(text, '/api/v1/executor', "path of the agent's executor API"),
  HTTP_TIMEOUT: withDefault(duration, 10 * seconds, 'of one call to the agent'),
  KILL_POLICY_GRACE_PERIOD: withDefault(duration, 5 * seconds, 'from SIGTERM to SIGKILL'),
  STATE_UPDATE_BUFFER_SIZE: withDefault(count, 1024, 'most updates kept until they are acknowledged'),
  STATE_UPDATE_WAIT_TIMEOUT: withDefault(duration, 5 * seconds, 'for the acknowledgement of the last updates'),
  SENTRY_DSN: optional(url, 'where errors are reported to', secret),
  SERVICELOG_BUFFER_SIZE: withDefault(count, 2000, 'most log entries waiting to be sent'),
  SERVICELOG_IGNORE_KEYS: withDefault(list, [], 'keys that log entries are sent without'),
  RANDOM_EXPIRATION_RANGE: withDefault(
    duration,
    3 * 3600 * seconds,
    'a task ends up to this long before its certificate',
  ),
  SIGTERM_EXCLUDE_PROCESSES: withDefault(list, [], 'names of processes that get no SIGTERM, in capitals or not'),
  CONSUL_HOOK_ENABLED: withDefault(boolean, true, 'registers tasks labelled `consul`', plain),
  CONSUL_TOKEN: optional(text, 'ACL token', { plain: true, secret: true }),
  CONSUL_GLOBAL_TAG: withDefault(text, 'marathon', 'tag of every service', plain),
  INITIAL_HEALTH_CHECK_STATUS: withDefault(
    oneOf('passing', 'warning', 'critical'),
    'passing',
    'first status of services in Consul',
    plain,
  ),
  VAAS_HOOK_ENABLED: withDefault(boolean, true, 'registers tasks labelled `director`', plain),
  VAAS_HOST: optional(url, 'base URL of VaaS', plain),
  VAAS_USERNAME: optional(text, 'user of VaaS', plain),
  VAAS_TOKEN: optional(text, "user's key", { plain: true, secret: true }),
  VAAS_ASYNC_TIMEOUT: withDefault(duration, 90 * seconds, 'of one request to VaaS, within HOOK_TIMEOUT', plain),
  GRAPHITE_HOST: optional(text, 'where metrics are sent to'),
  GRAPHITE_PORT: withDefault(port, 2003, 'its port'),
  GRAPHITE_PREFIX: withDefault(text, 'allegro.executor', 'of all metrics'),
  SERVICELOG_LOGSTASH_PROTOCOL: withDefault(oneOf('tcp', 'udp', 'tls'), 'tcp', 'to Logstash'),
  SERVICELOG_LOGSTASH_ADDRESS: optional(hostPort, 'of Logstash'),
  SERVICELOG_LOGSTASH_DISCOVERY_SERVICE_NAME: optional(text, 'service in Consul whose instances are used instead'),
  SERVICELOG_LOGSTASH_DISCOVERY_REFRESH_INTERVAL: withDefault(duration, seconds, 'how often they are looked up'),
  SERVICELOG_LOGSTASH_RATE_LIMIT: withDefault(count, 0, 'entries a second; 0: any'),
  SERVICELOG_LOGSTASH_SIZE_LIMIT: withDefault(count, 0, 'bytes of an entry; 0: any'),
  SERVICELOG_LOGSTASH_TCP_KEEP_ALIVE: withDefault(duration, 5 * seconds, 'time to the first keep-alive probe'),
  SERVICELOG_LOGSTASH_TCP_TIMEOUT: withDefault(duration, 2 * seconds, 'to connect, and to get an entry off'),
  SERVICELOG_LOGSTASH_TLS_CA: optional(text, "PEM file of authorities; default the system's"),
  SERVICELOG_LOGSTASH_TLS_CERT: optional(text, 'PEM file of a client certificate'),
  SERVICELOG_LOGSTASH_TLS_KEY: optional(text, 'PEM file of its key'),
  SERVICELOG_LOGSTASH_TLS_SERVER_NAME: optional(text, 'name in the certificate; default from the address'),
  HOOKS: withDefault(list, [], 'ES modules with hooks of your own'),
  HOOK_TIMEOUT: withDefault(duration, 30 * seconds, 'of one hook for one event'),
  EXEC_HOOK_COMMAND: optional(text, 'command run for every event'),
  WEBHOOK_URL: optional(url, 'called for every event'),
  WEBHOOK_TOKEN: optional(text, 'sent as bearer token', secret),
  PROMETHEUS_ADDRESS: optional(hostPort, 'where `/metrics` is served'),
} satisfies Record<string, Setting<unknown>>;

/** The values of all settings, by name. Durations are milliseconds. */
export type Settings = {
  readonly [Name in keyof typeof settings]: (typeof settings)[Name] extends Setting<infer T> ? T : never;
};
