/**
 * `network/ports`: containers listen only on TCP ports that are among their resources. Now and then, the agent looks which
 * ports the processes of each container listen on, and ends the container of one that is not its own. Containers in
 * networks of their own may listen on any. What is nested in a container listens on the ports of that.
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/network/ports.cpp
 */
import type { ContainerConfig, ContainerID, ContainerLimitation, ContainerState, Resource } from '@meseta/protocol';
import { agentResources } from '@meseta/resources';
import { type Clock, every } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import { containerKey, parseContainerKey } from '../../../container-id.ts';
import type { ContainerizerFlags } from '../../../containerizer-flags.ts';
import type { Cgroups } from '../../cgroups/cgroups.ts';
import { awaitLimitation } from '../await-limitation.ts';
import type { Isolator } from '../isolator.ts';
import { listeningSockets, portsOfProcess } from './ports/listeners.ts';
import { formatPorts, hasPort, type PortSet, parsePorts, portsOf, toPortSet } from './ports/port-set.ts';

/** How often containers are looked at, unless the flag says otherwise. */
const defaultIntervalMs = 30_000;

/** Its ports do not depend on the machine. */
const unknownMachine = { cpus: undefined, memoryBytes: undefined, diskBytes: undefined };

/** What the isolator needs. */
export interface PortsParts {
  readonly flags: Pick<
    ContainerizerFlags,
    | 'enforce_container_ports'
    | 'container_ports_watch_interval'
    | 'check_agent_port_range_only'
    | 'container_ports_isolated_range'
    | 'resources'
    | 'default_role'
  >;
  readonly cgroups?: Cgroups | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The flags of network/ports are wrong. The message says which, and what to do. */
export class PortsFlagError extends Error {
  override readonly name = 'PortsFlagError';
  readonly code = 'PORTS_FLAGS';
}

interface Watched {
  /** Undefined: an earlier agent launched it, and its resources are not known yet. */
  allocated: PortSet | undefined;
  /** Ports that were told in the log. */
  told: string;
  readonly limited: PromiseWithResolvers<ContainerLimitation>;
}

/**
 * Creates the isolator.
 *
 * @throws {PortsFlagError}
 */
export function networkPorts(parts: PortsParts): Isolator {
  if (parts.cgroups === undefined) throw new PortsFlagError('network/ports needs the linux launcher');
  return new NetworkPorts(parts, parts.cgroups, isolatedPorts(parts.flags));
}

/** Returns the ports that are looked at; undefined for all. */
function isolatedPorts(flags: PortsParts['flags']): PortSet | undefined {
  const { check_agent_port_range_only: agentOnly, container_ports_isolated_range: range } = flags;
  if (agentOnly && range !== undefined) {
    throw new PortsFlagError('Give either --check_agent_port_range_only or --container_ports_isolated_range, not both');
  }
  if (agentOnly)
    return portsOf(agentResources(flags.resources ?? '', flags.default_role ?? '*', unknownMachine).toArray());
  if (range === undefined) return undefined;
  const ports = parsePorts(range);
  if (ports) return ports;
  throw new PortsFlagError(`--container_ports_isolated_range='${range}' must be ranges of ports, such as [0-35000]`);
}

class NetworkPorts implements Isolator {
  readonly name = 'network/ports';
  readonly #containers = new Map<string, Watched>();
  readonly #enforces: boolean;
  readonly #cgroups: Cgroups;
  readonly #isolated: PortSet | undefined;
  readonly #log: Logger;
  readonly #stop: () => void;
  #looking = false;

  constructor({ flags, clock, log }: PortsParts, cgroups: Cgroups, isolated: PortSet | undefined) {
    this.#enforces = flags.enforce_container_ports ?? false;
    this.#cgroups = cgroups;
    this.#isolated = isolated;
    this.#log = log;
    this.#stop = every(clock, flags.container_ports_watch_interval ?? defaultIntervalMs, () => {
      this.#look().catch(error => log.warning('Cannot see on which ports containers listen', { error }));
    });
  }

  async recover(states: readonly ContainerState[]): Promise<void> {
    for (const { container_id } of states) this.#add(container_id, undefined);
  }

  async prepare(id: ContainerID, { resources }: ContainerConfig): Promise<undefined> {
    this.#add(id, portsOf(resources));
    return undefined;
  }

  #add(id: ContainerID, allocated: PortSet | undefined): void {
    this.#containers.set(containerKey(id), { allocated, told: '', limited: Promise.withResolvers() });
  }

  async update(id: ContainerID, resources: readonly Resource[]): Promise<void> {
    const container = this.#of(id);
    if (container) container.allocated = portsOf(resources);
  }

  async watch(id: ContainerID, signal: AbortSignal): Promise<ContainerLimitation | undefined> {
    return awaitLimitation(this.#of(id)?.limited.promise, signal);
  }

  async cleanup(id: ContainerID): Promise<void> {
    this.#containers.delete(containerKey(id));
  }

  async close(): Promise<void> {
    this.#stop();
  }

  #of(id: ContainerID): Watched | undefined {
    return this.#containers.get(containerKey(id));
  }

  /** Looks at all containers once. */
  async #look(): Promise<void> {
    if (this.#looking || this.#containers.size === 0) return;
    this.#looking = true;
    try {
      const sockets = await listeningSockets();
      if (sockets.size === 0) return;
      for (const [key, container] of [...this.#containers]) await this.#lookAt(key, container, sockets);
    } finally {
      this.#looking = false;
    }
  }

  async #lookAt(key: string, container: Watched, sockets: ReadonlyMap<string, number>): Promise<void> {
    const members = await this.#cgroups.members(this.#cgroups.tracking(), containerKey(parseContainerKey(key)), true);
    const ports: number[] = [];
    for (const { pid } of members) ports.push(...(await portsOfProcess(pid, sockets)));
    const { allocated } = container;
    if (allocated === undefined || !this.#containers.has(key)) return;
    const isolated = this.#isolated;
    const wrong = ports.filter(
      port => (isolated === undefined || hasPort(isolated, port)) && !hasPort(allocated, port),
    );
    const set = toPortSet(wrong);
    const text = formatPorts(set);
    if (text === container.told) return;
    container.told = text;
    if (set.length === 0) return;
    const message = `Container ${key} is listening on unallocated port(s): ${text}`;
    this.#log.info(message, { container_id: key, enforced: this.#enforces });
    if (!this.#enforces) return;
    const range = set.map(([begin, end]) => ({ begin, end }));
    container.limited.resolve({
      resources: [{ name: 'ports', type: 'RANGES', ranges: { range } }],
      message,
      reason: 'REASON_CONTAINER_LIMITATION',
    });
  }
}
