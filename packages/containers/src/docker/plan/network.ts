/** Networks, ports and name servers of containers. */
import type {
  ContainerDNSInfo,
  ContainerDNSInfoDockerInfo,
  ContainerInfo,
  ContainerInfoDockerInfoNetwork,
  ContainerInfoDockerInfoPortMapping,
  Resource,
} from '@meseta/protocol';
import type { ContainerBody, HostConfig, PortBinding } from './container-body.ts';
import { planError } from './plan-error.ts';

const protocols = ['tcp', 'udp', 'sctp'];

/** The parts of a body that are about networks. */
export interface NetworkPlan {
  readonly host: Pick<HostConfig, 'NetworkMode' | 'PortBindings' | 'Dns' | 'DnsOptions' | 'DnsSearch'>;
  readonly more: Pick<ContainerBody, 'Hostname' | 'ExposedPorts'>;
}

/**
 * Plans the network of a container: the host's unless it says another.
 *
 * @param resources of the task: ports of the host must be among them.
 * @param defaultDns `--default_container_dns`.
 * @throws {LaunchError} it names no network, or asks for what its kind of network cannot do.
 * @see Mesos src/docker/docker.cpp, Docker::RunOptions::create
 */
export function networkPlan(
  { docker, network_infos = [], hostname }: ContainerInfo,
  resources: readonly Resource[],
  defaultDns: ContainerDNSInfo | undefined,
): NetworkPlan {
  const network = docker?.network ?? 'HOST';
  const mode = modeOf(network, network_infos[0]?.name, network_infos.length);
  if (hostname !== undefined && network === 'HOST')
    throw planError(
      `The host name '${hostname}' needs a network of the container's own; with network HOST it has the host's`,
    );
  const { port_mappings = [] } = docker ?? {};
  const bindings = bindingsOf(port_mappings, network, resources);
  const names = Object.keys(bindings);
  const dns = defaultDnsOf(network, mode, defaultDns);
  return {
    host: { NetworkMode: mode, PortBindings: bindings, ...dns },
    more: {
      ...(hostname !== undefined && { Hostname: hostname }),
      ...(names.length > 0 && { ExposedPorts: Object.fromEntries(names.map(name => [name, {}])) }),
    },
  };
}

function modeOf(network: ContainerInfoDockerInfoNetwork, name: string | undefined, count: number): string {
  if (network !== 'USER') return network.toLowerCase();
  if (count !== 1 || name === undefined)
    throw planError(
      `A container of network USER names one network in 'network_infos'; this one has ${count} with a name`,
    );
  return name;
}

function bindingsOf(
  mappings: readonly ContainerInfoDockerInfoPortMapping[],
  network: ContainerInfoDockerInfoNetwork,
  resources: readonly Resource[],
): Record<string, PortBinding[]> {
  const [first] = mappings;
  if (first === undefined) return {};
  if (network !== 'BRIDGE' && network !== 'USER')
    throw planError(
      `Port ${first.host_port} of the host cannot be mapped in network ${network}: only BRIDGE and USER have port mappings`,
    );
  const bindings: Record<string, PortBinding[]> = {};
  const ranges = rangesOf(resources);
  for (const { host_port, container_port, protocol } of mappings) {
    const kind = (protocol ?? 'tcp').toLowerCase();
    if (!protocols.includes(kind))
      throw planError(`Port ${container_port} has the protocol '${protocol}'; allowed: ${protocols.join(', ')}`);
    if (container_port < 1 || container_port > 65_535)
      throw planError(`Port ${container_port} of the container is no port; allowed: 1 to 65535`);
    if (!hasPort(ranges, host_port))
      throw planError(`Port ${host_port} of the host is not among the ports of the task: ${textOf(ranges)}`);
    const name = `${container_port}/${kind}`;
    const bound = bindings[name] ?? [];
    bound.push({ HostIp: '', HostPort: String(host_port) });
    bindings[name] = bound;
  }
  return bindings;
}

interface PortRange {
  readonly begin: number;
  readonly end: number;
}

function rangesOf(resources: readonly Resource[]): PortRange[] {
  const ranges = resources.filter(({ name }) => name === 'ports').flatMap(({ ranges }) => ranges?.range ?? []);
  return ranges.map(({ begin, end }) => ({ begin: Number(begin), end: Number(end) }));
}

function hasPort(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some(({ begin, end }) => begin <= port && port <= end);
}

function textOf(ranges: readonly PortRange[]): string {
  const texts = ranges.map(({ begin, end }) => (begin === end ? String(begin) : `${begin}-${end}`));
  return texts.length === 0 ? 'it has none' : texts.join(', ');
}

/** Returns the name servers of a container that says none: those for its network, or for all networks of its kind. */
function defaultDnsOf(
  network: ContainerInfoDockerInfoNetwork,
  name: string,
  all: ContainerDNSInfo | undefined,
): Pick<HostConfig, 'Dns' | 'DnsOptions' | 'DnsSearch'> {
  const ofKind = (all?.docker ?? []).filter(({ network_mode }) => network_mode === network);
  const found: ContainerDNSInfoDockerInfo | undefined =
    ofKind.find(({ network_name }) => network_name === name) ??
    ofKind.find(({ network_name }) => network_name === undefined);
  if (found === undefined) return {};
  const { nameservers = [], search = [], options = [] } = found.dns;
  return { Dns: nameservers, DnsSearch: search, DnsOptions: options };
}
