/** Reads the variables that the agent sets in the environment of its executors. */
import type { WireId } from '@meseta/protocol';
import { boolean, duration, type HostPort, hostPort, type ValueType } from './types.ts';

/**
 * The variables of the agent, parsed. Durations are milliseconds. See "executor environment" in Mesos's executor HTTP
 * API.
 */
export interface AgentEnvironment {
  readonly frameworkId: WireId<'framework'>;
  readonly executorId: WireId<'executor'>;
  /** The path of the sandbox on the host, and the path of the same directory inside the container. */
  readonly directory: string;
  readonly sandbox: string;
  readonly endpoint: HostPort;
  /** The Unix socket on which the agent serves executors, and how the agent's process is named there, `slave(1)`. */
  readonly socket?: { readonly path: string; readonly actor: string };
  readonly shutdownGraceMs: number;
  /** `MESOS_CHECKPOINT`: the agent recovers its executors after a restart, so the executor waits for it. */
  readonly checkpoint: boolean;
  readonly recoveryTimeoutMs: number;
  readonly backoffMaxMs: number;
  readonly token?: string;
  /**
   * Set when the agent serves HTTPS. `verify`: its certificate is checked, against `caFile`, those in `caDirectory`, or the system's
   * authorities.
   */
  readonly tls?: ExecutorTls;
}

/** How the executor speaks TLS. */
export interface ExecutorTls {
  readonly verify: boolean;
  readonly caFile?: string;
  readonly caDirectory?: string;
  /** Its own key and certificate, for agents that require them. */
  readonly own?: { readonly keyFile: string; readonly certFile: string };
}

/** Of each, the first is today's name. A required certificate of clients implies that of servers, as in libprocess. */
const verifying = ['VERIFY_SERVER_CERT', 'VERIFY_CERT', 'REQUIRE_CLIENT_CERT', 'REQUIRE_CERT'];

const withoutCheckpointMs = 1000;
const required = [
  ...['MESOS_FRAMEWORK_ID', 'MESOS_EXECUTOR_ID', 'MESOS_DIRECTORY', 'MESOS_SANDBOX', 'MESOS_AGENT_ENDPOINT'],
  'MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD',
];

/**
 * Reads and checks the agent's variables.
 *
 * @param problems receives one line for each missing or bad variable. The result is valid only when none was added.
 */
export function readAgentEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): AgentEnvironment {
  const missing = required.filter(name => !environment[name]);
  if (missing.length > 0) problems.push(`the agent sets, but did not set: ${missing.join(', ')}`);
  const read = <T>(name: string, type: ValueType<T>, otherwise: T): T => {
    const value = environment[name];
    if (!value) return otherwise;
    try {
      return type.parse(value);
    } catch (error) {
      problems.push(`${name}='${value}': ${(error as Error).message}`);
      return otherwise;
    }
  };
  const checkpoint = read('MESOS_CHECKPOINT', boolean, false);
  if (checkpoint) {
    const also = ['MESOS_RECOVERY_TIMEOUT', 'MESOS_SUBSCRIPTION_BACKOFF_MAX'].filter(name => !environment[name]);
    if (also.length > 0) problems.push(`with MESOS_CHECKPOINT the agent sets, but did not set: ${also.join(', ')}`);
  }
  const retryMs = (name: string) =>
    checkpoint ? Math.max(withoutCheckpointMs, read(name, duration, withoutCheckpointMs)) : withoutCheckpointMs;
  const { MESOS_DOMAIN_SOCKET: socketPath, MESOS_SLAVE_PID: agentPid = 'slave(1)' } = environment;
  const [actor = ''] = agentPid.split('@');
  const token = environment.MESOS_EXECUTOR_AUTHENTICATION_TOKEN;
  const {
    LIBPROCESS_SSL_CA_FILE: caFile,
    LIBPROCESS_SSL_CA_DIR: caDirectory,
    LIBPROCESS_SSL_KEY_FILE: keyFile,
    LIBPROCESS_SSL_CERT_FILE: certFile,
  } = environment;
  const verify = verifying.map(name => read(`LIBPROCESS_SSL_${name}`, boolean, false)).includes(true);
  return {
    frameworkId: environment.MESOS_FRAMEWORK_ID ?? '',
    executorId: environment.MESOS_EXECUTOR_ID ?? '',
    directory: environment.MESOS_DIRECTORY ?? '',
    sandbox: environment.MESOS_SANDBOX ?? '',
    endpoint: read('MESOS_AGENT_ENDPOINT', hostPort, { host: '', port: 0 }),
    shutdownGraceMs: read('MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD', duration, 5000),
    checkpoint,
    recoveryTimeoutMs: retryMs('MESOS_RECOVERY_TIMEOUT'),
    backoffMaxMs: retryMs('MESOS_SUBSCRIPTION_BACKOFF_MAX'),
    ...(token && { token }),
    ...(socketPath && { socket: { path: socketPath, actor } }),
    ...(read('LIBPROCESS_SSL_ENABLED', boolean, false) && {
      tls: {
        verify,
        ...(caFile && { caFile }),
        ...(caDirectory && { caDirectory }),
        ...(keyFile && certFile && { own: { keyFile, certFile } }),
      },
    }),
  };
}
