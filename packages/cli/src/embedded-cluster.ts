/** A master and agents in this process, on loopback, with state in a directory of their own. */
import { chmod, rm } from 'node:fs/promises';
import { agentFlags, agentRules, type RunningAgent, startAgent } from '@meseta/agent';
import type { Files } from '@meseta/daemon';
import { parseFlags } from '@meseta/flags';
import { masterFlags, masterRules, type RunningMaster, startMaster } from '@meseta/master';
import { makeTemporaryDirectory, takeDirectory } from '@meseta/system';
import { createLogger } from '@meseta/telemetry';
import { readPorts, startOnPort, writePorts } from './cluster-ports.ts';

/** What a cluster in this process is made of. */
export interface EmbeddedClusterOptions {
  /** How many; by default as many as the directory has, and one where it has none. */
  readonly agents?: number;
  /** The master's port; 0 takes a free one. */
  readonly port?: number;
  /** Taken when it is free, in place of `port`, unless the directory remembers another one. */
  readonly preferredPort?: number;
  /** Kept; without it a temporary one is made, and what runs ends with this process. */
  readonly directory?: string;
  /** Of each agent, in the form of `--resources`. */
  readonly resources?: string;
  /** Ends the wait for agents when it settles: one whose disk is full registers when there is room. */
  readonly interrupted?: Promise<unknown>;
}

/** A master and its agents that run in this process. */
export interface EmbeddedCluster {
  /** Origins, `http://127.0.0.1:5050`. */
  readonly master: string;
  readonly agents: string[];
  /** What each agent shows of its disk. */
  readonly files: Files[];
  readonly directory: string;
  /** How many agents the directory has that were not started: what they run is not seen. */
  readonly left: number;
  /** Ends the daemons; tasks of checkpointing frameworks run on. */
  stop(): Promise<void>;
  /** Ends the daemons and everything they run, and removes the directory. */
  remove(): Promise<void>;
}

/** The one user besides root that such a cluster serves. */
const owner = () => process.geteuid?.() ?? 0;

const loopback = ['--ip=127.0.0.1', '--hostname=127.0.0.1'];

/**
 * Starts the cluster and waits until its agents are registered, or `interrupted`. The log goes to a file in the directory.
 *
 * @throws {EmbeddedClusterError} when a daemon ends instead of registering.
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
    await rm(directory, { recursive: true, force: true });
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

/** The directory of the cluster, made when it is not there. Tasks of other users pass through it to their sandboxes. */
async function directoryOf({ directory }: EmbeddedClusterOptions): Promise<string> {
  const mode = 0o711;
  if (directory !== undefined) return takeDirectory({ flag: '--work-dir', path: directory, mode });
  const made = await makeTemporaryDirectory('meseta-');
  await chmod(made, mode);
  return made;
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
    return startMaster({ flags: parseFlags(masterFlags, argv, {}, masterRules), log, owner: owner() });
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
  // Tasks of other users pass through it to their sandboxes; an older version let them list it.
  takeDirectory({ flag: '--work-dir', path: directory, mode: 0o711, closes: true });
  const argv = [
    ...loopback,
    `--port=${port}`,
    `--master=${master}`,
    `--work_dir=${directory}/work`,
    `--runtime_dir=${directory}/run`,
    '--registration_backoff_factor=10ms',
    ...(options.resources === undefined ? [] : [`--resources=${options.resources}`]),
    ...(process.getuid?.() === 0 ? [] : ['--no-switch_user']),
  ];
  const { flags, view } = parseFlags(agentFlags, argv, {}, agentRules);
  const endsContainers = options.directory === undefined; // nobody ever comes back to a temporary one
  return startAgent({ flags, flagsView: view, log: log.child({ component: 'agent' }), endsContainers, owner: owner() });
}

/** Rejects when a daemon ends by itself. */
async function failure(master: RunningMaster, agents: RunningAgent[]): Promise<never> {
  const cause = await Promise.race([master.failed, ...agents.map(({ ended }) => ended)]);
  throw new EmbeddedClusterError('A daemon of the cluster ended while it started', { cause });
}

/** A daemon of the cluster ended instead of registering. */
export class EmbeddedClusterError extends Error {
  override readonly name = 'EmbeddedClusterError';
  readonly code = 'EMBEDDED_CLUSTER_FAILED';
}
