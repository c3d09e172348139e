/** Runs a master and agents in this process, on the loopback interface, with their state in one directory. */
import { chmod, readdir } from 'node:fs/promises';
import { agentFlags, agentRules, type RunningAgent, startAgent } from '@meseta/agent';
import { endAbandonedContainers } from '@meseta/containers';
import type { Files } from '@meseta/daemon';
import { parseFlags } from '@meseta/flags';
import { masterFlags, masterRules, type RunningMaster, startMaster } from '@meseta/master';
import type { ContainerInfo } from '@meseta/protocol';
import { makeTemporaryDirectory, removeDirectory, takeDirectory } from '@meseta/system';
import { createLogger } from '@meseta/telemetry';
import { webUiDirectory } from '@meseta/web';
import { readPorts, startOnPort, writePorts } from './cluster-ports.ts';
import { youngGeneration } from './heap.ts';

/** The options of a cluster in this process. */
export interface EmbeddedClusterOptions {
  /** The number of agents; by default as many as the directory has, and one in a new directory. */
  readonly agents?: number;
  /** The master's port; 0 means a free one. */
  readonly port?: number;
  /** The master's port if it is free, in place of `port`, unless another one is stored in the directory. */
  readonly preferredPort?: number;
  /**
   * The directory of the cluster, which is kept. Without it, a temporary one is used, and the tasks end with this
   * process.
   */
  readonly directory?: string;
  /** The resources of each agent, in the form of `--resources`. */
  readonly resources?: string;
  /** The isolators of each agent, in the form of `--isolation`. */
  readonly isolation?: string;
  /** The agents run containers in a Docker engine, too: that of this machine, or of `DOCKER_HOST`. */
  readonly docker?: boolean;
  /** Where CNI networks are found. */
  readonly networks?: { readonly configs: string; readonly plugins: string };
  /** The container of tasks that have none. */
  readonly container?: ContainerInfo;
  /**
   * When it settles, the wait for agents ends. It could be long: an agent whose disk is full registers when there is
   * space.
   */
  readonly interrupted?: Promise<unknown>;
}

/** A master and its agents that run in this process. */
export interface EmbeddedCluster {
  /** The origin of the master, `http://127.0.0.1:5050`. */
  readonly master: string;
  readonly agents: string[];
  /** The files of each agent. */
  readonly files: Files[];
  readonly directory: string;
  /** The number of agents in the directory that were not started, and whose tasks are therefore not visible. */
  readonly left: number;
  /** Stops the daemons. Tasks of checkpointing frameworks run on. */
  stop(): Promise<void>;
  /** Stops the daemons and all tasks, and removes the directory. */
  remove(): Promise<void>;
}

/** Returns the only user besides root whose requests the cluster accepts. */
const owner = () => process.geteuid?.() ?? 0;

const loopback = ['--ip=127.0.0.1', '--hostname=127.0.0.1'];

/**
 * Starts the cluster and waits until its agents are registered, or until `interrupted`. The log is a file in the
 * directory.
 *
 * @throws {EmbeddedClusterError} when a daemon ends before the agents are registered.
 */
export async function startEmbeddedCluster(options: EmbeddedClusterOptions): Promise<EmbeddedCluster> {
  const directory = await directoryOf(options);
  const log = createLogger({ program: 'meseta', quiet: true, directory }, 'local');
  const agents: RunningAgent[] = [];
  let master: RunningMaster | undefined;
  let left = 0;
  const stop = async (how: 'stop' | 'shutdown') => {
    await Promise.all(agents.map(agent => agent[how]()));
    await master?.stop();
    await log.flush();
  };
  const remove = async () => {
    await stop('shutdown');
    await removeDirectory(directory);
  };
  try {
    const ports = await readPorts(directory);
    master = await startMasterOn(options, ports.master, directory, log.child({ component: 'master' }));
    const count = options.agents ?? Math.max(1, ports.agents.length);
    for (let number = 1; number <= count; number++) {
      const { address } = master;
      const start = (port: number) => startAgentOn(address, port, `${directory}/agent-${number}`, options, log);
      agents.push(await startOnPort(ports.agents[number - 1] ?? 0, start));
    }
    if (options.directory !== undefined) {
      const known = agents.map(({ port }) => port);
      left = Math.max(0, ports.agents.length - known.length);
      await writePorts(directory, { master: portOf(master), agents: [...known, ...ports.agents.slice(known.length)] });
    }
    const registered = Promise.all(agents.map(agent => agent.registered));
    await Promise.race([registered, failure(master, agents), ...(options.interrupted ? [options.interrupted] : [])]);
  } catch (error) {
    if (options.directory === undefined) await remove();
    else await stop('stop');
    throw error;
  }
  return {
    master: `http://${master.address}`,
    agents: agents.map(({ port }) => `http://127.0.0.1:${port}`),
    files: agents.map(({ files }) => files),
    directory,
    left,
    stop: () => stop('stop'),
    remove,
  };
}

/** Returns the directory of the cluster, and creates it when it is missing. */
async function directoryOf({ directory }: EmbeddedClusterOptions): Promise<string> {
  const mode = 0o711;
  if (directory !== undefined) return takeDirectory({ flag: '--work-dir', path: directory, mode });
  const made = await makeTemporaryDirectory('meseta-', endAbandoned);
  await chmod(made, mode);
  return made;
}

/** Ends what the agents of a cluster left that was killed together with the process that would have ended its containers. */
async function endAbandoned(directory: string): Promise<void> {
  const names = await readdir(directory);
  for (const name of names.filter(each => each.startsWith('agent-'))) {
    await endAbandonedContainers(`${directory}/${name}/run`);
  }
}

type Log = ReturnType<typeof createLogger>;

function portOf({ address }: RunningMaster): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

async function startMasterOn(
  options: EmbeddedClusterOptions,
  lastPort: number | undefined,
  directory: string,
  log: Log,
): Promise<RunningMaster> {
  const start = (port: number) => {
    const argv = [...loopback, `--port=${port}`, `--work_dir=${directory}/master`, '--allocation_interval=200ms'];
    const flags = parseFlags(masterFlags, argv, {}, masterRules);
    const onLarge = () => youngGeneration.release();
    return startMaster({ flags, log, owner: owner(), webUiDirectory, onLarge });
  };
  if (options.preferredPort === undefined) return start(options.port ?? 0);
  return startOnPort(lastPort ?? options.preferredPort, start);
}

async function startAgentOn(
  master: string,
  port: number,
  directory: string,
  options: EmbeddedClusterOptions,
  log: Log,
): Promise<RunningAgent> {
  // Tasks of other users need to reach their sandboxes through it, but not to list it, as they could in an older
  // version.
  takeDirectory({ flag: '--work-dir', path: directory, mode: 0o711, closes: true });
  const argv = [
    ...loopback,
    `--port=${port}`,
    `--master=${master}`,
    `--work_dir=${directory}/work`,
    `--runtime_dir=${directory}/run`,
    '--registration_backoff_factor=10ms',
    ...(options.resources === undefined ? [] : [`--resources=${options.resources}`]),
    ...(options.isolation === undefined ? [] : [`--isolation=${options.isolation}`]),
    ...(/docker\/runtime|volume\/image/.test(options.isolation ?? '')
      ? ['--image_providers=DOCKER', `--docker_store_dir=${directory}/images`]
      : []),
    // What ends with the cluster is not kept.
    ...(options.docker ? ['--containerizers=docker,mesos', '--docker_remove_delay=0'] : []),
    ...(options.networks
      ? [
          `--network_cni_config_dir=${options.networks.configs}`,
          `--network_cni_plugins_dir=${options.networks.plugins}`,
        ]
      : []),
    // Small enough a cluster that it may look at every process, for `task stats`.
    ...(options.isolation?.includes('cgroups') ? ['--cgroups_cpu_enable_pids_and_tids_count'] : []),
    ...(options.container === undefined ? [] : [`--default_container_info=${JSON.stringify(options.container)}`]),
    ...(process.getuid?.() === 0 ? [] : ['--no-switch_user']),
  ];
  const { flags, view } = parseFlags(agentFlags, argv, {}, agentRules);
  const endsContainers = options.directory === undefined; // a temporary directory is used only once
  return startAgent({ flags, flagsView: view, log: log.child({ component: 'agent' }), endsContainers, owner: owner() });
}

/** Rejects when a daemon ends unexpectedly. */
async function failure(master: RunningMaster, agents: RunningAgent[]): Promise<never> {
  const cause = await Promise.race([master.failed, ...agents.map(({ ended }) => ended)]);
  throw new EmbeddedClusterError('A daemon of the cluster ended while it started', { cause });
}

/** A daemon of the cluster ended before the agents were registered. */
export class EmbeddedClusterError extends Error {
  override readonly name = 'EmbeddedClusterError';
  readonly code = 'EMBEDDED_CLUSTER_FAILED';
}
