/**
 * `network/cni`: a container that names networks has a network namespace of its own, which plugins of the Container
 * Network Interface attach to them. A nested one that names none has the namespace and host name of its parent.
 *
 * ```text
 * prepare   reads the networks' configurations; files for /etc            host name, namespaces, mounts in the launch plan
 * isolate   keeps the namespace, then for each network: record, ADD, result; writes the files for /etc
 * cleanup   for each network, in reverse: DEL, record removed; gives up the namespace
 * recover   the same for containers that are gone; CHECK for those that run
 * ```
 *
 * @see Mesos src/slave/containerizer/mesos/isolators/network/cni/cni.cpp
 */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  ContainerConfig,
  ContainerID,
  ContainerState,
  ContainerStatus,
  ResourceStatistics,
} from '@meseta/protocol';
import { RepeatedRemovals } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import { containerKey } from '../../../container-id.ts';
import type { ContainerizerFlags } from '../../../containerizer-flags.ts';
import { LaunchError } from '../../../errors.ts';
import { type LaunchPart, namespaceFlags } from '../../launch-plan.ts';
import type { Isolator } from '../isolator.ts';
import { type Attachment, attach, check, detach, type PluginSettings } from './cni/attachment.ts';
import { attachedNetwork, hostnameOf, namedNetworks, plannedAttachment } from './cni/container-networks.ts';
import { CniError } from './cni/errors.ts';
import { interfaceStatistics } from './cni/interface-statistics.ts';
import { isNamespace, keepNamespace, releaseNamespace } from './cni/namespace-handle.ts';
import { NetworkConfigs } from './cni/network-configs.ts';
import { DefaultDns, hostsFile, networkFileMounts, networkFiles, resolverFile } from './cni/network-files.ts';
import { killRuns } from './cni/plugin-process.ts';
import { CniRecords } from './cni/records.ts';

/** How long a plugin may take. */
const pluginTimeoutMs = 60_000;
/** The ids that the specification allows. */
const validContainerId = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

/** What the isolator needs. */
export interface CniParts {
  readonly flags: Pick<
    ContainerizerFlags,
    | 'runtime_dir'
    | 'work_dir'
    | 'network_cni_config_dir'
    | 'network_cni_plugins_dir'
    | 'network_cni_root_dir_persist'
    | 'network_cni_metrics'
    | 'default_container_dns'
  >;
  readonly log: Logger;
  /** Milliseconds after which a plugin is killed. */
  readonly pluginTimeoutMs?: number;
}

/** A container with networks of its own. */
interface Networked {
  readonly containerId: string;
  readonly hostname: string;
  /** In the order of interfaces. */
  attachments: Attachment[];
  /** A process in its network namespace. */
  pid?: number;
  /** An earlier agent launched it, and may have left plugins running. */
  readonly recovered: boolean;
  /** Aborted when plugins have no reason to go on attaching or checking. */
  readonly over: AbortController;
  /** What plugins are doing for the container: never two things at once. */
  busy: Promise<unknown>;
  cleaning?: Promise<void> | undefined;
}

/**
 * Creates the isolator. Without the flags for networks, containers cannot name any.
 *
 * @throws {CniError} the flags or the network configurations are wrong.
 */
export async function networkCni(parts: CniParts): Promise<Isolator> {
  const { flags } = parts;
  const { network_cni_config_dir: configs, network_cni_plugins_dir: plugins } = flags;
  const dns = new DefaultDns(flags.default_container_dns);
  if (!configs && !plugins) return hostNetworkOnly;
  if (!configs || !plugins) {
    const missing = configs ? '--network_cni_plugins_dir' : '--network_cni_config_dir';
    throw new CniError('CNI_CONFIG', `The isolator network/cni needs ${missing}, too`);
  }
  const directories = { configs, plugins: plugins.split(':').filter(Boolean) };
  const networks = new NetworkConfigs(directories);
  await networks.check();
  return new NetworkCni(parts, networks, directories.plugins, dns);
}

/** The isolator of an agent without networks: it only shows containers with an image the machine's files. */
const hostNetworkOnly: Isolator = {
  name: 'network/cni',
  provides: ['networks', 'host name'],
  supportsNesting: true,
  supportsStandalone: true,
  async prepare(_id, config) {
    const [network] = namedNetworks(config);
    if (network === undefined) return onHostNetwork(config);
    const problem = `Unknown CNI network '${network.name}': the agent has no networks`;
    throw new LaunchError('INVALID', `${problem} (--network_cni_config_dir, --network_cni_plugins_dir)`);
  },
};

/** Prepares a container that shares the machine's network. */
function onHostNetwork(config: ContainerConfig): LaunchPart | undefined {
  const { hostname } = config.container_info ?? {};
  if (hostname !== undefined) {
    throw new LaunchError(
      'INVALID',
      `The container asks for the host name '${hostname}' and shares the network of the machine, which has one. Name a network (network_infos), or leave the host name out`,
    );
  }
  if (!hasImage(config)) return undefined;
  const mounts = networkFileMounts(name => `/etc/${name}`, { hasImage: true, readOnly: true });
  return { clone_namespaces: [namespaceFlags.mnt], planned_mounts: mounts };
}

const hasImage = ({ rootfs, container_info }: ContainerConfig): boolean =>
  rootfs !== undefined || container_info?.mesos?.image !== undefined;

/** The isolator. See the top of this file. */
class NetworkCni implements Isolator {
  readonly name = 'network/cni';
  readonly provides = ['networks', 'host name'] as const;
  readonly supportsNesting = true;
  readonly supportsStandalone = true;
  readonly #log: Logger;
  readonly #metrics: boolean;
  readonly #networks: NetworkConfigs;
  readonly #settings: PluginSettings;
  readonly #dns: DefaultDns;
  readonly #records: CniRecords;
  readonly #containers = new Map<string, Networked>();
  readonly #closed = new AbortController();
  readonly #background = new Set<Promise<void>>();
  /** Of what is kept of containers that are detached. */
  readonly #removals: RepeatedRemovals<string>;

  constructor(parts: CniParts, networks: NetworkConfigs, directories: readonly string[], dns: DefaultDns) {
    const { flags, log } = parts;
    const persist = flags.network_cni_root_dir_persist ?? false;
    const root = join(persist ? flags.work_dir : flags.runtime_dir, 'isolators/network/cni');
    this.#log = log;
    this.#metrics = flags.network_cni_metrics ?? true;
    this.#networks = networks;
    this.#dns = dns;
    this.#records = new CniRecords(root, persist);
    this.#removals = new RepeatedRemovals({
      remove: async containerId => {
        await releaseNamespace(this.#records.path(containerId, 'ns'));
        await this.#records.remove(containerId);
      },
      onRefused: (container_id, error) =>
        log.warning('Failed to remove what is kept of the networks of a container; trying again', {
          ...{ error, container_id },
        }),
    });
    this.#settings = {
      find: type => networks.plugin(type),
      directories,
      timeoutMs: parts.pluginTimeoutMs ?? pluginTimeoutMs,
    };
  }

  async recover(states: readonly ContainerState[], orphans: readonly ContainerID[]): Promise<void> {
    const running = new Map(states.map(({ container_id, pid }) => [containerKey(container_id), pid]));
    const others = new Set(orphans.map(id => containerKey(id)));
    for (const containerId of await this.#records.containers()) {
      const container = await this.#recovered(containerId, running.get(containerId));
      this.#containers.set(containerId, container);
      if (running.has(containerId)) container.busy = this.#inBackground(container, this.#check(container));
      else if (!others.has(containerId)) void this.#inBackground(container, this.#cleanup(container));
    }
  }

  async #recovered(containerId: string, pid: number | undefined): Promise<Networked> {
    const attachments = await this.#records.attachments(containerId);
    const hostname = (await readFile(this.#records.path(containerId, 'hostname'), 'utf8').catch(unlessMissing)).trim();
    return {
      ...{ containerId, hostname, attachments, recovered: true },
      ...(pid !== undefined && { pid }),
      ...{ over: new AbortController(), busy: Promise.resolve() },
    };
  }

  /** Lets plugins check a running container of an earlier agent. What they find is logged, for nothing can be done. */
  async #check({ containerId, attachments, over }: Networked): Promise<void> {
    const namespace = this.#records.path(containerId, 'ns');
    if (!(await isNamespace(namespace))) return;
    for (const each of attachments) await check(each, namespace, this.#settings, this.#until(over.signal));
  }

  #inBackground({ containerId }: Networked, work: Promise<void>): Promise<void> {
    const done = work
      .catch(error => {
        if (this.#closed.signal.aborted) return;
        this.#log.warning('The networks of a container are not in order', { error, container_id: containerId });
      })
      .finally(() => this.#background.delete(done));
    this.#background.add(done);
    return done;
  }

  async prepare(id: ContainerID, config: ContainerConfig): Promise<LaunchPart | undefined> {
    const networks = namedNetworks(config);
    if (networks.length === 0) return this.#prepareShared(id, config);
    const containerId = containerKey(id);
    if (!validContainerId.test(containerId)) {
      throw new LaunchError('INVALID', `CNI plugins cannot name the container '${containerId}': choose another id`);
    }
    const hostname = hostnameOf(config, id.value);
    const attachments: Attachment[] = [];
    for (const [index, info] of networks.entries()) {
      if (networks.findIndex(({ name }) => name === info.name) < index) {
        throw new LaunchError('INVALID', `Attempted to join CNI network '${info.name}' multiple times`);
      }
      const network = await this.#networks.find(info.name);
      attachments.push(plannedAttachment(containerId, `eth${index}`, network, info));
    }
    this.#containers.set(containerId, {
      ...{ containerId, hostname, attachments, recovered: false },
      ...{ over: new AbortController(), busy: Promise.resolve() },
    });
    await this.#removals.reuse(containerId);
    await this.#records.create(containerId);
    for (const name of networkFiles) await this.#writeFile(containerId, name, '');
    return {
      clone_namespaces: [namespaceFlags.net, namespaceFlags.uts, namespaceFlags.mnt],
      hostname,
      ...this.#attachedPart(containerId, config),
    };
  }

  /** A container that names no networks shares that of its parent, or else of the machine. */
  #prepareShared(id: ContainerID, config: ContainerConfig): LaunchPart | undefined {
    const container = id.parent && this.#nearest(id.parent);
    if (container === undefined) return onHostNetwork(config);
    const { hostname } = config.container_info ?? {};
    if (hostname !== undefined && hostname !== container.hostname) {
      throw new LaunchError(
        'INVALID',
        `The nested container asks for the host name '${hostname}' and shares the network of its parent, whose name is another. Name a network (network_infos), or leave the host name out`,
      );
    }
    return {
      enter_namespaces: [namespaceFlags.net, namespaceFlags.uts],
      clone_namespaces: [namespaceFlags.mnt],
      ...this.#attachedPart(container.containerId, config),
    };
  }

  /** What a container needs to find out about its networks, which are those of the container with this id. */
  #attachedPart(containerId: string, config: ContainerConfig): LaunchPart {
    const source = (name: (typeof networkFiles)[number]) => this.#records.path(containerId, name);
    return {
      planned_mounts: networkFileMounts(source, { hasImage: hasImage(config), readOnly: false }),
      // The agent's address does not exist in the container.
      environment: { variables: [{ name: 'LIBPROCESS_IP', value: '0.0.0.0' }] },
    };
  }

  /** Returns the container whose networks a container has: its own, or those of the nearest one around it. */
  #nearest(id: ContainerID): Networked | undefined {
    return this.#containers.get(containerKey(id)) ?? (id.parent && this.#nearest(id.parent));
  }

  async isolate(id: ContainerID, pid: number): Promise<void> {
    const container = this.#containers.get(containerKey(id));
    if (container === undefined) return;
    container.pid = pid;
    const attaching = this.#attach(container, pid);
    container.busy = attaching.catch(() => {}); // the caller gets the error; the cleanup only waits
    await attaching;
  }

  async #attach(container: Networked, pid: number): Promise<void> {
    const { containerId, hostname, over } = container;
    const namespace = this.#records.path(containerId, 'ns');
    await keepNamespace(pid, namespace);
    const attached = [];
    for (const [index, attachment] of container.attachments.entries()) {
      await this.#records.writeAttachment(attachment);
      const result = await attach(attachment, namespace, this.#settings, this.#until(over.signal));
      container.attachments[index] = { ...attachment, result };
      await this.#records.writeResult(attachment, result);
      attached.push({ network: attachment.network, result });
      const about = { container_id: containerId, network: attachment.network, addresses: result.addresses.join(', ') };
      this.#log.info('Container attached to a network', about);
    }
    const results = attached.map(({ result }) => result);
    await this.#writeFile(containerId, 'hosts', hostsFile(hostname, results));
    await this.#writeFile(containerId, 'hostname', `${hostname}\n`);
    await this.#writeFile(containerId, 'resolv.conf', await resolverFile(attached, this.#dns));
  }

  /** Writes a file in place, for it is mounted in the container, where every user may read it. */
  async #writeFile(containerId: string, name: (typeof networkFiles)[number], text: string): Promise<void> {
    const path = this.#records.path(containerId, name);
    await writeFile(path, text);
    await chmod(path, 0o644);
  }

  /** A container that is being destroyed does not wait for plugins that attach it. */
  async watch(id: ContainerID, signal: AbortSignal): Promise<undefined> {
    const over = this.#containers.get(containerKey(id))?.over;
    await new Promise<void>(resolve => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    over?.abort();
    return undefined;
  }

  async usage(id: ContainerID): Promise<ResourceStatistics> {
    const { pid, attachments } = this.#nearest(id) ?? {};
    const none = {} as ResourceStatistics; // it is merged with those of others
    if (!this.#metrics || pid === undefined || attachments === undefined) return none;
    const found = await interfaceStatistics(
      pid,
      attachments.map(({ ifName }) => ifName),
    );
    return { ...none, ...found };
  }

  async status(id: ContainerID): Promise<ContainerStatus> {
    const { attachments = [] } = this.#nearest(id) ?? {};
    const attached = attachments.flatMap(each => (each.result ? [attachedNetwork(each, each.result)] : []));
    return attached.length > 0 ? { network_infos: attached } : {};
  }

  async cleanup(id: ContainerID): Promise<void> {
    const container = this.#containers.get(containerKey(id));
    if (container) await this.#cleanup(container);
  }

  async #cleanup(container: Networked): Promise<void> {
    container.cleaning ??= this.#detach(container).finally(() => {
      container.cleaning = undefined; // what failed is tried again with the next call
    });
    await container.cleaning;
  }

  /** @throws {CniError} some plugin failed: its record is left, and the next agent tries again. */
  async #detach(container: Networked): Promise<void> {
    const { containerId, recovered, over } = container;
    over.abort();
    await container.busy;
    if (recovered) await killRuns(containerId);
    const handle = this.#records.path(containerId, 'ns');
    const namespace = (await isNamespace(handle)) ? handle : undefined;
    const recorded = await this.#records.attachments(containerId);
    const problems: string[] = [];
    for (const attachment of recorded.toReversed()) {
      try {
        await detach(attachment, namespace, this.#settings, this.#closed.signal);
        await this.#records.removeAttachment(attachment).catch(() => undefined); // it goes with the others
      } catch (error) {
        problems.push((error as Error).message);
      }
    }
    if (problems.length > 0) {
      throw new CniError('CNI_PLUGIN', `${problems.join('\n')}. The agent tries again when it starts the next time`);
    }
    await this.#removals.remove(containerId);
    this.#containers.delete(containerId);
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closed.signal]);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#removals.close();
    await Promise.all(this.#background);
  }
}

function unlessMissing(error: NodeJS.ErrnoException): string {
  if (error.code !== 'ENOENT') throw error;
  return '';
}
