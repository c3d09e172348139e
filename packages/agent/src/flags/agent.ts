/** Flags of the agent itself: its place, its master, its resources, its executors and its recovery. */
import { accessSync, constants } from 'node:fs';
import { isIPv6 } from 'node:net';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import {
  atMost,
  type FlagType,
  flagTypes,
  group,
  notEmpty,
  oneName,
  oneOf,
  positive,
  type SecurePathOrValue,
} from '@meseta/flags';
import { parseZooKeeperAddress } from '@meseta/storage/zookeeper-address';
import { checkFeatures } from '../capabilities.ts';
import { executorHooks } from './executor-hooks.ts';

const { bool, duration, integer, ip, json, path, securePathOrValue, string } = flagTypes;

/**
 * Returns Mesos's directory when the user may write to it, otherwise one in the user's home: in a directory that all
 * users may write to, another user could have created it first. It is not below `XDG_RUNTIME_DIR`, which is removed
 * when the user logs out, while tasks run on.
 */
function defaultRuntimeDir(): string {
  try {
    accessSync('/var/run', constants.R_OK | constants.W_OK);
    return '/var/run/mesos';
  } catch {
    const { XDG_STATE_HOME: state = '' } = process.env;
    return join(isAbsolute(state) ? state : join(homedir(), '.local', 'state'), 'meseta', 'runtime');
  }
}

/** An address in ZooKeeper is checked here; that of a master when it is used. */
const masterAddress: FlagType<SecurePathOrValue> = {
  ...securePathOrValue,
  parse(text, warn) {
    const address = securePathOrValue.parse(text, warn);
    if (address.value.trim().startsWith('zk://')) parseZooKeeperAddress(address.value);
    return address;
  },
};

/** The flags about the master's address and the agent's directories. */
export const agentFlagGroup = group('Agent', {
  master: {
    type: masterAddress,
    help: 'Where the leading master is: host:port of a master, several separated by commas, zk://[user:password@]host1:port1,host2:port2/path, or file:///path of a file with one of these. A file with host:port is read again at each try.',
  },
  master_detector: {
    type: string,
    help: 'Name of a module in --modules that finds the leading master. Excludes --master.',
    check: oneName,
  },
  work_dir: {
    type: path,
    required: true,
    help: 'Directory for sandboxes and for what the agent must remember. Must survive a reboot.',
  },
  runtime_dir: {
    type: path,
    default: defaultRuntimeDir,
    help: 'Directory for what must survive the agent but not a reboot. Every agent of a machine needs one of its own.',
  },
  registration_backoff_factor: {
    type: duration,
    default: '1secs',
    help: 'The first registration is tried after a random time up to this; every further try after up to twice as long, at most 1mins.',
  },
  agent_features: {
    type: json,
    help: 'Which capabilities the agent reports: {"capabilities":[{"type":…}]}. Unset: all it has. Only RESIZE_VOLUME may be left out.',
    check: checkFeatures,
  },
  ip6: {
    type: ip,
    help: "IPv6 address at which tasks on the machine's network are reachable, too: it is in their status. The agent does not listen on it.",
    check: text => (isIPv6(text) ? undefined : 'expecting an IPv6 address'),
  },
  ip6_discovery_command: {
    type: string,
    help: 'Shell command that prints that address. Excludes --ip6.',
    check: notEmpty,
  },
  http_heartbeat_interval: {
    type: duration,
    default: '30secs',
    help: 'Time between heartbeats on streams of attached containers.',
  },
});

const noProviders =
  'Meseta has no resource providers and no CSI plugins. Mount the storage and name it in --resources, as a disk of type ' +
  'PATH or MOUNT; leave this flag out';

/** What the agent offers. */
export const resourceFlags = group('Resources', {
  resources: {
    type: string,
    help: 'What the agent offers: name(role):value;… or a JSON array. cpus, mem, disk and ports that are not named are found out.',
  },
  default_role: {
    type: string,
    default: '*',
    help: 'Role of resources that name none, and of those found out.',
    check: notEmpty,
  },
  attributes: { type: string, help: 'What frameworks may know of the machine: name:value;…, such as rack:r1;zone:a.' },
  shared_ports: {
    type: bool,
    default: 'false',
    help: 'The ports of --resources are not used up: they are offered to every framework while tasks use them, and two tasks may have the same. For agents whose containers have addresses of their own.',
  },
  resource_estimator: {
    type: string,
    help: 'Module that estimates what can be offered although it is allocated, such as org_apache_mesos_FixedResourceEstimator. Unset: nothing.',
    check: notEmpty,
  },
  qos_controller: {
    type: string,
    help: 'Module that says which executors on such resources are to be ended, such as org_apache_mesos_LoadQoSController. Unset: none.',
    check: notEmpty,
  },
  qos_correction_interval_min: {
    type: duration,
    default: '0ns',
    help: 'Least time between two questions to --qos_controller. What executors use is measured at most twice a second.',
  },
  oversubscribed_resources_interval: {
    type: duration,
    default: '15secs',
    help: 'Time between two questions to --resource_estimator. The master is told when the answer has changed.',
  },
  resource_provider_config_dir: {
    type: path,
    status: 'later',
    help: 'Directory of JSON files, each for a local resource provider. There are none in Meseta.',
    check: () => noProviders,
  },
  csi_plugin_config_dir: {
    type: path,
    status: 'later',
    help: 'Directory of JSON files, each for a CSI plugin. There are none in Meseta.',
    check: () => noProviders,
  },
  disk_profile_adaptor: {
    type: string,
    status: 'later',
    help: 'Module that translates disk profiles for resource providers. There are none in Meseta.',
    check: () => noProviders,
  },
  resource_monitoring_interval: {
    type: duration,
    status: 'ignored',
    help: 'Removed from Mesos in 1.0: usage is measured on request.',
  },
});

/** A JSON object of strings. */
function checkEnvironment(text: string): string | undefined {
  const wrong = Object.entries(JSON.parse(text) as object).find(([, value]) => typeof value !== 'string');
  return wrong
    ? `\`executor_environment_variables\` must only contain string values; '${wrong[0]}' is none`
    : undefined;
}

/** How executors and tasks run and end. */
export const executorFlags = group('Executors and tasks', {
  switch_user: {
    type: bool,
    default: 'true',
    help: "Run tasks as the user they or their framework name, which needs root. When off, all run as the agent's user.",
  },
  executor_environment_variables: {
    type: json,
    secret: true,
    help: "The environment of executors and tasks, a JSON object of strings, instead of the agent's own. Not shown in views: it often holds secrets.",
    check: checkEnvironment,
  },
  executor_hooks: {
    type: executorHooks,
    help: 'Lifecycle hooks of command tasks (Consul, VaaS, a command, a webhook, modules), which then need no executor of their own: a JSON object of the stand-alone executor\'s settings without their prefix, such as {"CONSUL_HTTP_ADDR":"127.0.0.1:8500"}; {} switches Consul and VaaS on for tasks with their labels. See docs/executor.md.',
  },
  executor_registration_timeout: {
    type: duration,
    default: '1mins',
    help: 'How long an executor may take to register before it is ended.',
  },
  executor_shutdown_grace_period: {
    type: duration,
    default: '5secs',
    help: 'How long an executor may take to shut down before it is killed, where it does not say itself.',
  },
  frameworks_home: { type: string, default: '', help: 'Directory that relative paths in URIs are below.' },
  launcher_dir: {
    type: path,
    default: '/usr/local/libexec/mesos',
    help: 'Directory of mesos-executor, which runs command tasks in external containers; where it has none, that of Meseta is used. Other helper programs of Mesos are not needed.',
  },
  http_command_executor: {
    type: bool,
    default: 'false',
    status: 'ignored',
    help: 'Which protocol the executor of command tasks speaks; command tasks have no executor process in Meseta.',
  },
  max_completed_executors_per_framework: {
    type: integer,
    default: '150',
    help: 'How many completed executors of a framework are remembered.',
  },
  hadoop_home: {
    type: path,
    help: 'Where Hadoop is, for fetching from HDFS. Unset: $HADOOP_HOME; hadoop is looked for in PATH when that is unset, too.',
  },
  http_executor_domain_sockets: {
    type: bool,
    default: 'false',
    help: 'Serve executors over a Unix socket, too: MESOS_DOMAIN_SOCKET in their environment is its path. Executors with an image use the port. See docs/agent.md.',
  },
  domain_socket_location: {
    type: path,
    help: 'Path of that socket, of at most 107 bytes. Unset: agent.sock in --runtime_dir. Matters only with --http_executor_domain_sockets.',
  },
  container_logger: {
    type: string,
    help: 'What takes the output of containers: sandbox (files), logrotate (files that are rotated), journald, journald+logrotate, or the name that a module of Mesos or DC/OS has for these, with its parameters in --modules. See docs/container-logs.md. Unset: sandbox.',
  },
  secret_resolver: {
    type: string,
    help: 'Module that gives the values of secrets by reference. Unset: only secrets by value can be used.',
    check: notEmpty,
  },
});

/** How an agent that starts again takes back what runs. */
export const recoveryFlags = group('Recovery', {
  recover: {
    type: string,
    default: 'reconnect',
    help: 'What to do with executors that outlived the agent: reconnect takes them back, cleanup ends them and then the agent.',
    check: oneOf('reconnect', 'cleanup'),
  },
  recovery_timeout: {
    type: duration,
    default: '15mins',
    help: 'How long an executor waits for a restarting agent before it ends itself.',
  },
  strict: {
    type: bool,
    default: 'true',
    help: 'Whether damage in what the agent remembers keeps it from starting, or is counted and skipped.',
  },
  reconfiguration_policy: {
    type: string,
    default: 'equal',
    help: 'Which changes of resources, attributes and domain a restart may bring: equal allows none, additive lets them grow.',
    check: oneOf('equal', 'additive'),
  },
  executor_reregistration_timeout: {
    type: duration,
    default: '2secs',
    help: 'How long executors have to come back after a restart of the agent, at most 15secs. The agent registers when all are back, or the time is over.',
    check: atMost(duration, '15secs'),
  },
  executor_reregistration_retry_interval: {
    type: duration,
    help: 'How often v0 executors are asked again to come back. Unset: once.',
    check: positive(duration),
  },
  checkpoint: {
    type: bool,
    help: 'Gone from Mesos: the agent always remembers what it needs for recovery.',
    check: text => (text === 'false' ? 'the agent always remembers what it needs for recovery' : undefined),
  },
});
