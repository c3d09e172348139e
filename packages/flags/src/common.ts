/** Defines the flags that master and agent share, in groups from which each daemon builds its table. */
import { isIP } from 'node:net';
import { atLeast, atMost, type Flag, type FlagRule, group, notEmpty, oneOf } from './flag.ts';
import { bool, duration, integer, ip, json, list, path, port, string } from './types.ts';

const noProfiling =
  'needs jemalloc, which Node.js does not use. For a heap snapshot, start the daemon with NODE_OPTIONS=--heapsnapshot-signal=SIGUSR2: it writes one to its working directory on each SIGUSR2';

/** Checks a fault domain: `{"fault_domain": {"region": {"name": …}, "zone": {"name": …}}}`. */
function checkDomain(text: string): string | undefined {
  const { fault_domain: domain } = JSON.parse(text) as {
    fault_domain?: { region?: { name?: unknown }; zone?: { name?: unknown } };
  };
  if (domain === undefined) return '`domain` must define `fault_domain`';
  const named = typeof domain.region?.name === 'string' && typeof domain.zone?.name === 'string';
  return named ? undefined : '`fault_domain` must name a region and a zone';
}

function checkFirewall(text: string): string | undefined {
  const { disabled_endpoints: disabled, ...others } = JSON.parse(text) as { disabled_endpoints?: { paths?: unknown } };
  const [unknown] = Object.keys(others);
  // Mesos ignores it. A mistyped name would leave endpoints open without a word.
  if (unknown !== undefined) return `'${unknown}' is not known; allowed: disabled_endpoints`;
  if (disabled === undefined) return undefined;
  const paths = disabled?.paths;
  if (Array.isArray(paths) && paths.every(each => typeof each === 'string' && each.startsWith('/'))) return undefined;
  return '`disabled_endpoints.paths` must be a list of absolute paths';
}

function checkHosts(text: string): string | undefined {
  const wrong = list.parse(text, () => {}).find(host => !/^(\*|(\*\.)?[\w-]+(\.[\w-]+)*\.?)$/.test(host));
  return wrong === undefined
    ? undefined
    : `'${wrong}' is no host name; allowed: names without a port, '*.' before one, or '*'`;
}

function checkHostname(text: string): string | undefined {
  if (isIP(text) !== 0 || /^[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*\.?$/u.test(text)) return undefined;
  return (
    notEmpty(text) ?? 'not a host name; allowed: a name such as agent-1.example.org, or an address, without a port'
  );
}

function checkOrigins(text: string): string | undefined {
  const wrong = list.parse(text, () => {}).find(each => !/^(\*|null|[a-z][a-z\d+.-]*:\/\/[^/?#@\s]+\/?)$/i.test(each));
  return wrong === undefined ? undefined : `'${wrong}' is no origin; allowed: such as 'https://example.org:8080'`;
}

/** `--help`, `--version` and flags that fit into no other group. */
export const generalFlags = group('General', {
  help: { type: bool, default: 'false', help: 'Print this text and exit.' },
  version: { type: bool, default: 'false', help: 'Print the version and exit.' },
  domain: {
    type: json,
    help: 'Region and zone of this machine: {"fault_domain":{"region":{"name":…},"zone":{"name":…}}}. Offers contain it, so that frameworks can place tasks by it.',
    check: checkDomain,
  },
  zk_session_timeout: {
    type: duration,
    default: '10secs',
    help: 'Session time-out with ZooKeeper, 100ms to 1hrs: after this time without contact, a leading master stops and an agent looks for another master. ZooKeeper may grant another time, by default 4secs to 40secs. Matters only with a zk:// address.',
    check: text => atLeast(duration, '100ms')(text) ?? atMost(duration, '1hrs')(text),
  },
  memory_profiling: {
    type: bool,
    default: 'false',
    status: 'later',
    help: 'Profile memory with jemalloc, which Node.js does not use: refused, as a heap snapshot shows more. With NODE_OPTIONS=--heapsnapshot-signal=SIGUSR2 a daemon writes one to its working directory on each SIGUSR2.',
    check: text => (text === 'true' ? noProfiling : undefined),
  },
});

/** Returns the flags about address and name. @param listen the daemon's default port. */
export function networkFlags<const Port extends string>(listen: Port) {
  return group('Network', {
    ip: {
      type: ip,
      help: 'Address to listen on. Unset: all addresses, and the one of the host name is announced. A loopback address cannot be reached from other machines.',
    },
    ip_discovery_command: {
      type: string,
      help: 'Shell command that prints the address to listen on. Excludes --ip.',
      check: notEmpty,
    },
    port: { type: port, default: listen, help: 'Port to listen on; 0 means a free one.' },
    advertise_ip: {
      type: ip,
      help: 'Address that this daemon announces, when it differs from the one it listens on (behind NAT, in containers).',
    },
    advertise_port: {
      type: port,
      help: 'Port that this daemon announces, when it differs from the one it listens on.',
    },
    hostname: {
      type: string,
      help: 'Name that this daemon announces, used in links and redirects. Unset: looked up from the address.',
      check: checkHostname,
    },
    hostname_lookup: {
      type: bool,
      default: 'true',
      help: 'Look the name of the address up when --hostname is not given. When off, the address itself is the name.',
    },
  });
}

/** The flags about logging. */
export const loggingFlags = group('Logging', {
  logging_level: {
    type: string,
    default: 'INFO',
    help: 'Lowest severity that is logged: INFO, WARNING or ERROR. With --quiet it matters only for --log_dir.',
    check: oneOf('INFO', 'WARNING', 'ERROR'),
  },
  quiet: { type: bool, default: 'false', help: 'Log nothing to standard error.' },
  log_dir: {
    type: path,
    help: 'Directory for log files; none are written without it. The current one shows in the web UI and below /files.',
  },
  logbufsecs: {
    type: integer,
    default: '0',
    status: 'ignored',
    help: 'Seconds a log line may wait before it is written. Lines are always written at once.',
  },
  external_log_file: {
    type: path,
    help: 'Log file that something else writes (a supervisor that collects standard error). Shown in the web UI and below /files in place of the one in --log_dir.',
  },
  initialize_driver_logging: {
    type: bool,
    default: 'true',
    status: 'ignored',
    help: "In Mesos, sets up the logs of scheduler and executor drivers inside the daemon's process; there are none in Meseta.",
  },
});

/**
 * Returns the flags about HTTP: authentication, and which endpoints are served. @param readwriteAliases earlier names
 * of the flag about writing.
 */
export function httpFlags<const Aliases extends readonly string[]>(readwriteAliases: Aliases) {
  return group('HTTP', {
    firewall_rules: {
      type: json,
      help: 'Endpoints to refuse with 403: {"disabled_endpoints":{"paths":["/files/browse"]}}. Paths are absolute and cover what lies below them.',
      check: checkFirewall,
    },
    allowed_hosts: {
      type: list,
      help: "Names by which clients may call this daemon beside IP addresses, localhost, --hostname and the machine's own names; others get 403, so that no web page reaches it under the name of the page. '*.example.org' stands for all names below it; '*' for all names, which is safe only when no browser can reach the daemon.",
      check: checkHosts,
    },
    allowed_origins: {
      type: list,
      help: "Origins ('https://example.org:8080') whose web pages may send requests and read answers by ?jsonp=. Pages of others get 403. '*' stands for all.",
      check: checkOrigins,
    },
    authenticate_http_readonly: {
      type: bool,
      default: 'false',
      help: 'Require authentication for requests that read. Needs what --http_authenticators need.',
    },
    authenticate_http_readwrite: {
      type: bool,
      default: 'false',
      aliases: readwriteAliases,
      help: 'Require authentication for requests that change anything, and for the operator API. Needs what --http_authenticators need.',
    },
  });
}

/** The flags about modules and hooks. */
export const moduleFlags = group('Modules', {
  modules: {
    type: json,
    help: 'Modules to load: {"libraries":[{"file":…,"modules":[{"name":…,"parameters":[{"key":…,"value":…}]}]}]}. Excludes --modules_dir.',
  },
  modules_dir: {
    type: path,
    help: 'Directory of JSON files, each as --modules takes it, loaded in the order of their names. Excludes --modules.',
  },
  hooks: { type: list, help: 'Names of hook modules, called in this order.' },
});

type Common = typeof generalFlags &
  ReturnType<typeof networkFlags<string>> &
  typeof loggingFlags &
  ReturnType<typeof httpFlags<readonly string[]>> &
  typeof moduleFlags;

/** The flags that every daemon has. */
export type CommonFlags = { readonly [Name in keyof Common]: Common[Name] & Flag };

/** Conditions on combinations of common flags. */
export const commonRules: readonly FlagRule<CommonFlags>[] = [
  flags =>
    flags.ip !== undefined && flags.ip_discovery_command !== undefined
      ? 'Only one of `--ip` or `--ip_discovery_command` should be specified'
      : undefined,
  flags =>
    flags.modules !== undefined && flags.modules_dir !== undefined
      ? 'Only one of --modules or --modules_dir should be specified'
      : undefined,
];
