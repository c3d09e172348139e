/** Every flag of the master, those of Mesos 0.21 under their old names too. */
import {
  atLeast,
  atMost,
  commonRules,
  type FlagRule,
  type FlagType,
  type FlagValues,
  flagTypes,
  generalFlags,
  group,
  httpFlags,
  loggingFlags,
  moduleFlags,
  networkFlags,
  oneName,
  oneOf,
  positive,
  type SecurePathOrValue,
} from '@meseta/flags';
import { parseZooKeeperAddress } from '@meseta/storage/zookeeper-address';
import { checkMinAllocatable, checkRoles, weights } from './allocation-flags.ts';
import { accessFlags, builtInAuthenticator } from './flags/access.ts';
import { agentProxyFlags } from './flags/agent-proxy.ts';
import { rateLimitsFlag } from './rate-limits/limits.ts';

const { bool, bytes, duration, integer, list, number, path, percent, rate, securePathOrValue, string } = flagTypes;

/** An address in ZooKeeper, or `file://` and the path of a file with one. */
const zooKeeper: FlagType<SecurePathOrValue> = {
  ...securePathOrValue,
  placeholder: 'zk://…',
  parse(text, warn) {
    const address = securePathOrValue.parse(text, warn);
    parseZooKeeperAddress(address.value);
    return address;
  },
};

const registryFlags = group('Registry', {
  work_dir: {
    type: path,
    help: "Directory for what the master must remember, made when missing. Needed unless --registry=in_memory. Don't put it where things are cleaned up, such as /tmp.",
  },
  registry: {
    type: string,
    default: 'replicated_log',
    help: 'Storage of the registry of agents: replicated_log, a durable store, which is in ZooKeeper with --zk and else below --work_dir, or in_memory, lost when the process ends. log_storage is an old name of replicated_log.',
    check: oneOf('replicated_log', 'in_memory', 'log_storage'),
  },
  quorum: {
    type: integer,
    help: 'More than half of the number of masters. Needed with --zk, as in Mesos, so that a command line for one works with the other; the servers of ZooKeeper decide by their own majority.',
    check: atLeast(integer, '1'),
  },
  log_auto_initialize: {
    type: bool,
    default: 'true',
    help: 'Start with an empty registry where there is none. When off, the master refuses to start without one.',
  },
  registry_fetch_timeout: {
    type: duration,
    default: '1mins',
    help: 'How long reading the registry may take when a master begins to lead; the master ends after it.',
  },
  registry_store_timeout: {
    type: duration,
    default: '20secs',
    help: 'How long writing the registry may take; the master ends after it.',
  },
  registry_strict: {
    type: bool,
    default: 'false',
    status: 'ignored',
    help: 'Mesos has removed this flag; true is refused.',
    check: text => (text === 'true' ? "Support for '--registry_strict' has been disabled" : undefined),
  },
  registry_gc_interval: {
    type: duration,
    default: '15mins',
    help: 'How often the lists of unreachable and gone agents are pruned.',
    check: positive(duration),
  },
  registry_max_agent_age: {
    type: duration,
    default: '2weeks',
    help: 'How long unreachable and gone agents are remembered.',
  },
  registry_max_agent_count: {
    type: integer,
    default: '102400',
    help: 'How many unreachable and how many gone agents are remembered.',
  },
});

const electionFlags = group('Several masters', {
  zk: {
    type: zooKeeper,
    help: 'ZooKeeper address for the election of a leader: zk://[user:password@]host1:port1,host2:port2/path, or file:///path of a file with it. Unset: this master leads.',
  },
  master_contender: {
    type: string,
    help: 'Name of a module in --modules that makes this master a candidate, in place of ZooKeeper. Needs --master_detector, excludes --zk.',
    check: oneName,
  },
  master_detector: {
    type: string,
    help: 'Name of a module in --modules that finds the leader. Needs --master_contender, excludes --zk.',
    check: oneName,
  },
});

const agentFlags = group('Agents', {
  agent_ping_timeout: {
    type: duration,
    default: '15secs',
    aliases: ['slave_ping_timeout'],
    help: 'How long an agent may take to answer a ping, 1secs to 15mins; also the time between pings.',
    check: text => atLeast(duration, '1secs')(text) ?? atMost(duration, '15mins')(text),
  },
  max_agent_ping_timeouts: {
    type: integer,
    default: '5',
    aliases: ['max_slave_ping_timeouts'],
    help: 'How many pings an agent may miss in a row before it counts as unreachable.',
    check: atLeast(integer, '1'),
  },
  agent_reregister_timeout: {
    type: duration,
    default: '10mins',
    aliases: ['slave_reregister_timeout'],
    help: 'How long agents have to come back after a change of master, or after their connection broke, before they count as unreachable. At least 10mins.',
    check: atLeast(duration, '10mins'),
  },
  agent_removal_rate_limit: {
    type: rate,
    aliases: ['slave_removal_rate_limit'],
    help: 'How many agents may be marked unreachable in which time, such as 1/10mins. Unset: any number.',
  },
  recovery_agent_removal_limit: {
    type: percent,
    default: '100%',
    aliases: ['recovery_slave_removal_limit'],
    help: 'Largest share of the known agents that may be marked unreachable after a change of master. If more stay away the master ends instead, so that an operator can look into it.',
  },
  whitelist: {
    type: path,
    help: 'File with the host names of the agents whose resources are offered, one a line, read anew every few seconds. Unset or *: all.',
  },
  require_agent_domain: { type: bool, default: 'false', help: 'Turn agents without --domain away.' },
  max_executors_per_agent: {
    type: integer,
    aliases: ['max_executors_per_slave'],
    status: 'ignored',
    help: 'How many executors an agent may run. Only builds of Mesos with the port mapping isolator have it, because the ports of that run out.',
  },
});

const allocationFlags = group('Offers and allocation', {
  allocation_interval: {
    type: duration,
    default: '1secs',
    help: 'Time between allocations of all agents; what changes in between is allocated at once.',
    check: positive(duration),
  },
  offer_timeout: {
    type: duration,
    help: 'How long a framework may take to answer an offer; then the master rescinds it. Unset: for ever.',
    check: positive(duration),
  },
  roles: {
    type: list,
    help: 'Roles that frameworks may have, besides *. Unset: any. Deprecated.',
    check: checkRoles,
  },
  weights: {
    type: weights,
    help: 'Shares of roles, 1 where not named: role=2,other=0.5. Deprecated: they count when the registry has no weights yet; from then on those of the registry do.',
  },
  role_sorter: {
    type: string,
    default: 'drf',
    aliases: ['user_sorter'],
    help: 'Order in which roles are offered resources: drf (lowest dominant share first) or random (by weight).',
    check: oneOf('drf', 'random'),
  },
  framework_sorter: {
    type: string,
    default: 'drf',
    help: 'Order in which the frameworks of a role are offered resources: drf or random.',
    check: oneOf('drf', 'random'),
  },
  min_allocatable_resources: {
    type: string,
    default: 'cpus:0.01|mem:32',
    help: 'Least quantities worth an offer: ; joins quantities that all must be there, | separates alternatives. Empty: any.',
    check: checkMinAllocatable,
  },
  fair_sharing_excluded_resource_names: {
    type: list,
    help: 'Resources that do not count for shares, such as gpus.',
  },
  filter_gpu_resources: {
    type: bool,
    default: 'true',
    help: 'Offer agents with GPUs only to frameworks with the capability GPU_RESOURCES.',
  },
  offer_constraints_re2_max_mem: {
    type: bytes,
    default: '4KB',
    status: 'ignored',
    help: "Limit of memory for a regular expression in offer constraints. Meseta's take no memory of this kind.",
  },
  offer_constraints_re2_max_program_size: {
    type: integer,
    default: '100',
    help: 'Limit of the size of a regular expression in offer constraints, in instructions.',
  },
  allocator: {
    type: string,
    default: 'hierarchical',
    help: 'What decides who is offered what: hierarchical (HierarchicalDRF is the same), or the name of an allocator module in --modules.',
    check: oneName,
  },
  allocator_agent_recovery_factor: {
    type: number,
    default: '0.8',
    help: 'Share of the known agents, 0 to 1, that must be back before offers start again after a change of master, where there are quotas.',
    check: text => atLeast(number, '0')(text) ?? atMost(number, '1')(text),
  },
  allocator_recovery_timeout: {
    type: duration,
    default: '10mins',
    help: 'How long offers wait for that; 0secs for not at all.',
    check: atLeast(duration, '0secs'),
  },
});

const frameworkFlags = group('Frameworks and history', {
  root_submissions: { type: bool, default: 'true', help: 'Let frameworks run tasks as root.' },
  max_completed_frameworks: { type: integer, default: '50', help: 'How many completed frameworks are remembered.' },
  max_completed_tasks_per_framework: {
    type: integer,
    default: '1000',
    help: 'How many completed tasks of a framework are remembered.',
  },
  max_unreachable_tasks_per_framework: {
    type: integer,
    default: '1000',
    help: 'How many unreachable tasks of a framework are remembered.',
  },
  publish_per_framework_metrics: {
    type: bool,
    default: 'true',
    help: 'Publish metrics for every framework: master/frameworks/<name>/<id>/….',
  },
  rate_limits: {
    type: rateLimitsFlag,
    help: 'Messages per second that the master takes from frameworks, by principal: {"limits": [{"principal": "web", "qps": 50, "capacity": 1000}], "aggregate_default_qps": 10, "aggregate_default_capacity": 100}. What is more waits, up to the capacity. Unset: any number.',
  },
});

const viewFlags = group('Views', {
  cluster: { type: string, help: 'A name for the cluster, shown in views and in the web UI.' },
  webui_dir: {
    type: string,
    default: '/usr/local/share/mesos/webui',
    help: "Directory with a web UI to serve in place of Meseta's own, such as Apache Mesos's: with index.html, app/ and assets/. The directories where Apache Mesos installs its own stand for Meseta's.",
  },
  max_operator_event_stream_subscribers: {
    type: integer,
    default: '1000',
    help: "How many may watch the cluster's events at once; above it the one that has watched longest is disconnected.",
    check: atLeast(integer, '1'),
  },
});

/** The table of `meseta master`. */
export const masterFlags = {
  ...generalFlags,
  ...networkFlags('5050'),
  ...registryFlags,
  ...electionFlags,
  ...agentFlags,
  ...allocationFlags,
  ...frameworkFlags,
  ...accessFlags,
  ...agentProxyFlags,
  ...httpFlags(['authenticate_http']),
  ...moduleFlags,
  ...viewFlags,
  ...loggingFlags,
} as const;

/** Typed values of the master's flags. */
export type MasterFlags = FlagValues<typeof masterFlags>;

/** Conditions over several of the master's flags. */
export const masterRules: readonly FlagRule<typeof masterFlags>[] = [
  ...commonRules,
  flags =>
    flags.registry !== 'in_memory' && flags.work_dir === undefined
      ? '--work_dir needed for replicated log based registry'
      : undefined,
  flags =>
    flags.authenticate_http_frameworks && flags.http_framework_authenticators === undefined
      ? 'Missing `--http_framework_authenticators` flag. This must be used in conjunction with `--authenticate_http_frameworks`'
      : undefined,
  flags =>
    flags.zk !== undefined && flags.registry !== 'in_memory' && flags.quorum === undefined
      ? 'Need to specify --quorum for replicated log based registry when using ZooKeeper'
      : undefined,
  ({ zk, master_contender: contender, master_detector: detector }) =>
    zk !== undefined && (contender ?? detector) !== undefined
      ? 'Only one of --zk or the --master_contender/--master_detector pair should be specified'
      : undefined,
  ({ master_contender: contender, master_detector: detector }) =>
    (contender === undefined) !== (detector === undefined)
      ? 'Both --master_contender and --master_detector should be specified or omitted'
      : undefined,
  flags =>
    (flags.authenticate_frameworks || flags.authenticate_agents) &&
    flags.authenticators === builtInAuthenticator &&
    flags.credentials === undefined
      ? '--authenticate_frameworks and --authenticate_agents need --credentials: nothing could register without it'
      : undefined,
  flags =>
    flags.agent_proxy_credential !== undefined && !flags.authenticate_agents
      ? '--agent_proxy_credential needs --authenticate_agents: otherwise every program that registers as an agent gets the secret'
      : undefined,
  ({ roles, weights: given }) => {
    if (roles === undefined || given === undefined) return undefined;
    const permitted = ['*', ...roles];
    const stranger = Object.keys(given).find(role => !permitted.includes(role));
    if (stranger === undefined) return undefined;
    return `--weights names role '${stranger}', which is not in --roles; allowed: ${permitted.join(', ')}`;
  },
];
