import type { ContainerConfig, NetworkInfo } from '@meseta/protocol';
import { LaunchError } from '../../../../errors.ts';
import type { Attachment } from './attachment.ts';
import { isObject, type JsonObject } from './json.ts';
import { mapPlugins, mesosArguments, type NetworkConfig } from './network-config.ts';
import type { CniResult } from './result.ts';

/** Mesos's own plugin for ports, which reads them from Mesos's arguments. */
const mesosPortMapper = 'mesos-cni-port-mapper';
/** As the kernel limits it, and without what would be another line of a file. */
const validHostname = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/;

/** Returns the networks that a container asks for, with those that name none left out: they are the machine's. */
export function namedNetworks({ container_info }: ContainerConfig): (NetworkInfo & { readonly name: string })[] {
  return (container_info?.network_infos ?? []).filter((info): info is NetworkInfo & { name: string } => {
    return info.name !== undefined;
  });
}

/**
 * Returns the host name of a container with networks.
 *
 * @throws {LaunchError} `INVALID` when what the task asks for cannot be one.
 */
export function hostnameOf({ container_info }: ContainerConfig, containerId: string): string {
  const { hostname = containerId } = container_info ?? {};
  if (validHostname.test(hostname) || container_info?.hostname === undefined) return hostname;
  const rule = "it may have 64 letters, digits, '.' and '-', and neither begins nor ends with a sign";
  throw new LaunchError('INVALID', `'${hostname}' cannot be the host name of a container: ${rule}`);
}

/**
 * Describes the attachment of a container: the network's configuration, with what the task asks for.
 *
 * @throws {LaunchError} `INVALID` when no plugin of the network does what is asked for.
 */
export function plannedAttachment(
  containerId: string,
  ifName: string,
  { name, file, document }: NetworkConfig,
  info: NetworkInfo,
): Attachment {
  checkPortMappings(document, name, file, info);
  const planned = mapPlugins(document, plugin => ({ ...plugin, ...argumentsOf(plugin, info) }));
  return { containerId, network: name, ifName, document: planned, file };
}

function checkPortMappings(document: JsonObject, name: string, file: string, { port_mappings }: NetworkInfo): void {
  if (!port_mappings?.length) return;
  let mapped = false;
  mapPlugins(document, plugin => {
    mapped ||= hasCapability(plugin, 'portMappings') || plugin.type === mesosPortMapper;
    return plugin;
  });
  if (mapped) return;
  throw new LaunchError(
    'INVALID',
    `Network '${name}' cannot map ports: no plugin in ${file} has "capabilities": {"portMappings": true}. Add the plugin portmap to its list`,
  );
}

const hasCapability = ({ capabilities }: JsonObject, name: string): boolean =>
  isObject(capabilities) && capabilities[name] === true;

/** Returns what is added to a plugin's configuration: Mesos's arguments, and what its capabilities ask for. */
function argumentsOf(plugin: JsonObject, info: NetworkInfo): JsonObject {
  const { args = {}, runtimeConfig = {} } = plugin;
  const given = {
    portMappings: hasCapability(plugin, 'portMappings') ? portMappings(info) : [],
    ips: hasCapability(plugin, 'ips') ? requestedAddresses(info) : [],
  };
  const asked = Object.entries(given).filter(([, list]) => list.length > 0);
  const runtime = { ...(isObject(runtimeConfig) ? runtimeConfig : {}), ...Object.fromEntries(asked) };
  return {
    args: { ...(isObject(args) ? args : {}), [mesosArguments]: { network_info: info } },
    ...(Object.keys(runtime).length > 0 && { runtimeConfig: runtime }),
  };
}

function portMappings({ port_mappings = [] }: NetworkInfo): JsonObject[] {
  return port_mappings.map(({ host_port, container_port, protocol = 'tcp' }) => {
    return { hostPort: host_port, containerPort: container_port, protocol: protocol.toLowerCase() };
  });
}

const requestedAddresses = ({ ip_addresses = [] }: NetworkInfo): string[] =>
  ip_addresses.flatMap(({ ip_address }) => ip_address ?? []);

/** Returns what frameworks learn of an attachment: what the task asked for, with the addresses that it got. */
export function attachedNetwork({ network, document }: Attachment, { addresses }: CniResult): NetworkInfo {
  let asked: NetworkInfo = {};
  mapPlugins(document, plugin => {
    const { args } = plugin;
    const own = isObject(args) ? args[mesosArguments] : undefined;
    if (isObject(own) && isObject(own.network_info)) asked = own.network_info;
    return plugin;
  });
  const ip_addresses = addresses.map(ip_address => ({
    protocol: ip_address.includes(':') ? ('IPv6' as const) : ('IPv4' as const),
    ip_address,
  }));
  return { ...asked, name: network, ip_addresses };
}
