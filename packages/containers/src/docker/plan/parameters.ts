/** The free form `parameters` of a Docker container: options of `docker run`, done through the Engine API. */
import type { Parameter } from '@meseta/protocol';
import { own } from '@meseta/protocol/own';
import type { ContainerBody, EndpointSettings, HostConfig, Mount } from './container-body.ts';
import { boolOf, integerOf, pairOf, sizeOf, wrong } from './parameter-values.ts';
import { planError } from './plan-error.ts';

type Apply = (body: ContainerBody, value: string, option: string) => void;

/** Keys of a part whose values are of one type. */
type KeysOf<T, V> = { [K in keyof T]-?: Exclude<T[K], undefined> extends V ? K : never }[keyof T];

function put<T, K extends keyof T>(target: T, key: K, value: T[K]): void {
  target[key] = value;
}

const hostText =
  (key: KeysOf<HostConfig, string>): Apply =>
  ({ HostConfig: host }, value) =>
    put(host, key, value);

const hostNumber =
  (key: KeysOf<HostConfig, number>, read: typeof integerOf = integerOf): Apply =>
  ({ HostConfig: host }, value, option) =>
    put(host, key, read(option, value));

const hostSwitch =
  (key: KeysOf<HostConfig, boolean>): Apply =>
  ({ HostConfig: host }, value, option) =>
    put(host, key, boolOf(option, value));

/** Of an option that may be given more than once. Lists grow in place: a task may have a hundred thousand parameters. */
const hostList =
  (key: Exclude<KeysOf<HostConfig, string[]>, undefined>): Apply =>
  ({ HostConfig: host }, value) => {
    const list = host[key] ?? [];
    list.push(value);
    put(host, key, list);
  };

const hostPairs =
  (key: KeysOf<HostConfig, Record<string, string>>): Apply =>
  ({ HostConfig: host }, value, option) => {
    const [name, text] = pairOf(option, value);
    const pairs = host[key] ?? namesToTexts();
    pairs[name] = text;
    put(host, key, pairs);
  };

const bodyText =
  (key: KeysOf<ContainerBody, string>): Apply =>
  (body, value) =>
    put(body, key, value);

/** Without a prototype: names are the framework's. */
const namesToTexts = (): Record<string, string> => Object.create(null);

const endpoint =
  (change: (settings: EndpointSettings, value: string) => void): Apply =>
  (body, value) => {
    const name = body.HostConfig.NetworkMode;
    body.NetworkingConfig ??= { EndpointsConfig: Object.create(null) };
    const { EndpointsConfig: all } = body.NetworkingConfig;
    const settings = all[name] ?? {};
    change(settings, value);
    all[name] = settings;
  };

const environment: Apply = (body, value, option) => {
  if (!value.includes('=')) throw wrong(option, value, 'NAME=VALUE');
  body.Env.push(value);
};

const label: Apply = (body, value, option) => {
  const [name, text] = pairOf(option, value);
  body.Labels[name] = text;
};

const expose: Apply = (body, value, option) => {
  const found = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(value);
  const port = Number(found?.[1]);
  if (!found || port < 1 || port > 65_535)
    throw wrong(option, value, 'PORT or PORT/PROTOCOL, with a port of 1 to 65535');
  body.ExposedPorts ??= {};
  body.ExposedPorts[`${found[1]}/${found[2] ?? 'tcp'}`] = {};
};

const device: Apply = ({ HostConfig: host }, value, option) => {
  const [onHost = '', inContainer = onHost, permissions = 'rwm', ...more] = value.split(':');
  const isMode = /^[rwm]{1,3}$/.test(inContainer);
  if (onHost === '' || more.length > 0 || !/^[rwm]{1,3}$/.test(permissions))
    throw wrong(option, value, 'PATH[:PATH][:rwm]');
  host.Devices ??= [];
  host.Devices.push({
    PathOnHost: onHost,
    PathInContainer: isMode ? onHost : inContainer,
    CgroupPermissions: isMode ? inContainer : permissions,
  });
};

const ulimit: Apply = ({ HostConfig: host }, value, option) => {
  const found = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(value);
  if (!found) throw wrong(option, value, 'NAME=SOFT[:HARD]');
  const [, Name = '', soft, hard = soft] = found;
  host.Ulimits ??= [];
  host.Ulimits.push({ Name, Soft: Number(soft), Hard: Number(hard) });
};

const tmpfs: Apply = ({ HostConfig: host }, value, option) => {
  const [path = '', ...options] = value.split(':');
  if (!path.startsWith('/')) throw wrong(option, value, 'an absolute path, and options after a colon');
  host.Tmpfs ??= namesToTexts();
  host.Tmpfs[path] = options.join(':');
};

const logOption: Apply = ({ HostConfig: host }, value, option) => {
  const [name, text] = pairOf(option, value);
  host.LogConfig ??= { Type: '', Config: namesToTexts() };
  host.LogConfig.Config[name] = text;
};

const cpus: Apply = ({ HostConfig: host }, value, option) => {
  if (!/^\d{1,6}(\.\d+)?$/.test(value)) throw wrong(option, value, 'a number of processors, as 1.5');
  host.NanoCpus = Math.round(Number(value) * 1e9);
};

function addMount(host: HostConfig, mount: Mount): void {
  host.Mounts ??= [];
  host.Mounts.push(mount);
}

const volume: Apply = (body, value, option) => {
  const parts = value.split(':');
  if (parts.length === 1 && value.startsWith('/')) {
    addMount(body.HostConfig, { Type: 'volume', Target: value });
  } else if (parts.length === 2 || parts.length === 3) body.HostConfig.Binds.push(value);
  else throw wrong(option, value, 'SOURCE:PATH[:OPTIONS], or PATH');
};

const mountWords = 'type=bind|volume|tmpfs,source=…,target=… and readonly, bind-propagation, tmpfs-size';

const mount: Apply = ({ HostConfig: host }, value, option) => {
  const fields = new Map(value.split(',').map(each => pairOf(option, each)));
  const take = (...names: readonly string[]) => {
    const name = names.find(each => fields.has(each));
    const found = name === undefined ? undefined : fields.get(name);
    for (const each of names) fields.delete(each);
    return found;
  };
  const type = take('type') ?? 'volume';
  const [source, target] = [take('source', 'src'), take('target', 'dst', 'destination')];
  const [readOnly, propagation, size] = [take('readonly', 'ro'), take('bind-propagation'), take('tmpfs-size')];
  const known = type === 'bind' || type === 'volume' || type === 'tmpfs';
  if (!known || target === undefined || fields.size > 0) throw wrong(option, value, mountWords);
  const made: Mount = {
    ...{ Type: type, Target: target },
    ...(source !== undefined && { Source: source }),
    ...(readOnly !== undefined && { ReadOnly: boolOf(option, readOnly) }),
    ...(propagation !== undefined && { BindOptions: { Propagation: propagation } }),
    ...(size !== undefined && { TmpfsOptions: { SizeBytes: sizeOf(option, size) } }),
  };
  addMount(host, made);
};

/** The options that are done, by their names without dashes. */
const known: Readonly<Record<string, Apply>> = {
  'add-host': hostList('ExtraHosts'),
  'blkio-weight': hostNumber('BlkioWeight'),
  'cap-add': hostList('CapAdd'),
  'cap-drop': hostList('CapDrop'),
  'cgroup-parent': hostText('CgroupParent'),
  cgroupns: hostText('CgroupnsMode'),
  'cpu-period': hostNumber('CpuPeriod'),
  'cpu-quota': hostNumber('CpuQuota'),
  'cpu-rt-period': hostNumber('CpuRealtimePeriod'),
  'cpu-rt-runtime': hostNumber('CpuRealtimeRuntime'),
  'cpu-shares': hostNumber('CpuShares'),
  cpus,
  'cpuset-cpus': hostText('CpusetCpus'),
  'cpuset-mems': hostText('CpusetMems'),
  device,
  'device-cgroup-rule': hostList('DeviceCgroupRules'),
  dns: hostList('Dns'),
  'dns-option': hostList('DnsOptions'),
  'dns-search': hostList('DnsSearch'),
  domainname: bodyText('Domainname'),
  entrypoint: (body, value) => {
    body.Entrypoint = [value];
  },
  env: environment,
  expose,
  'group-add': hostList('GroupAdd'),
  hostname: bodyText('Hostname'),
  init: hostSwitch('Init'),
  ip: endpoint((settings, IPv4Address) => {
    settings.IPAMConfig = { ...settings.IPAMConfig, IPv4Address };
  }),
  ip6: endpoint((settings, IPv6Address) => {
    settings.IPAMConfig = { ...settings.IPAMConfig, IPv6Address };
  }),
  ipc: hostText('IpcMode'),
  isolation: hostText('Isolation'),
  'kernel-memory': hostNumber('KernelMemory', sizeOf),
  label,
  link: hostList('Links'),
  'log-driver': ({ HostConfig: host }, value) => {
    host.LogConfig = { Type: value, Config: host.LogConfig?.Config ?? namesToTexts() };
  },
  'log-opt': logOption,
  'mac-address': bodyText('MacAddress'),
  memory: hostNumber('Memory', sizeOf),
  'memory-reservation': hostNumber('MemoryReservation', sizeOf),
  'memory-swap': ({ HostConfig: host }, value, option) => {
    host.MemorySwap = value === '-1' ? -1 : sizeOf(option, value);
  },
  'memory-swappiness': hostNumber('MemorySwappiness'),
  mount,
  network: hostText('NetworkMode'),
  'network-alias': endpoint((settings, alias) => {
    settings.Aliases ??= [];
    settings.Aliases.push(alias);
  }),
  'no-healthcheck': (body, value, option) => {
    if (boolOf(option, value)) body.Healthcheck = { Test: ['NONE'] };
  },
  'oom-kill-disable': hostSwitch('OomKillDisable'),
  'oom-score-adj': hostNumber('OomScoreAdj'),
  pid: hostText('PidMode'),
  'pids-limit': hostNumber('PidsLimit'),
  privileged: hostSwitch('Privileged'),
  'publish-all': hostSwitch('PublishAllPorts'),
  'read-only': hostSwitch('ReadonlyRootfs'),
  runtime: hostText('Runtime'),
  'security-opt': hostList('SecurityOpt'),
  'shm-size': hostNumber('ShmSize', sizeOf),
  'stop-signal': bodyText('StopSignal'),
  'storage-opt': hostPairs('StorageOpt'),
  sysctl: hostPairs('Sysctls'),
  tmpfs,
  ulimit,
  user: bodyText('User'),
  userns: hostText('UsernsMode'),
  uts: hostText('UTSMode'),
  volume,
  'volume-driver': hostText('VolumeDriver'),
  'volumes-from': hostList('VolumesFrom'),
  workdir: bodyText('WorkingDir'),
};

/** Other names of options: short ones and old ones. */
const aliases: Readonly<Record<string, string>> = {
  c: 'cpu-shares',
  'dns-opt': 'dns-option',
  e: 'env',
  h: 'hostname',
  l: 'label',
  m: 'memory',
  net: 'network',
  'net-alias': 'network-alias',
  P: 'publish-all',
  u: 'user',
  v: 'volume',
  w: 'workdir',
};

/** Options of `docker run` that a task cannot have, and why. */
const refused: Readonly<Record<string, string>> = {
  name: 'the agent names containers, and finds them by their names',
  publish: "ports of the host are mapped with 'port_mappings' of the container",
  p: "ports of the host are mapped with 'port_mappings' of the container",
  restart: 'a task that has ended is not started again by the engine, only by its framework',
  rm: 'the agent removes containers (--docker_remove_delay)',
  detach: 'the agent watches the container',
  d: 'the agent watches the container',
  cidfile: 'there is no file to write: the inspected container is in the data of TASK_RUNNING',
  'env-file': "the file would be the agent's; use 'env', or 'environment' of the command",
  'label-file': "the file would be the agent's; use 'label'",
};

/**
 * Does the parameters of a container to its body, in their order. What the plan has set before gives way, except what they add to.
 *
 * @throws {LaunchError} naming a parameter that is unknown or whose value is wrong.
 */
export function applyParameters(body: ContainerBody, parameters: readonly Parameter[]): void {
  for (const { key, value = '' } of parameters) {
    const option = key.replace(/^-{1,2}/, '');
    const why = own(refused, option);
    if (why !== undefined) throw planError(`The parameter '${key}' is not possible: ${why}`);
    const name = own(aliases, option) ?? option;
    const apply = own(known, name);
    if (!apply) throw planError(`The parameter '${key}' is not known; allowed: ${Object.keys(known).join(', ')}`);
    if (value.includes('\0')) throw planError(`The parameter '${key}' has a NUL in its value`);
    apply(body, value, key);
  }
}
