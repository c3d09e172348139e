/** Chooses and checks what a temporary cluster needs for containers. */
import { isAbsolute } from 'node:path';
import type { ContainerInfo, Volume } from '@meseta/protocol';
import { UsageError } from '../usage-error.ts';
import { type CniDirectories, cniDirectories, directoryProblem, networkProblem } from './networks.ts';

/** What the agents of a temporary cluster are given for containers. */
export interface Isolation {
  /** Isolators, in the form of `--isolation`; absent: the agent's default. */
  readonly isolation?: string;
  /** They have the containerizer docker as well. */
  readonly docker?: true;
  /** Where CNI networks are found. */
  readonly networks?: CniDirectories;
}

const isRoot = process.geteuid?.() === 0;

/** What a container may ask for, and the isolators of which one is needed for it. */
const needs: readonly {
  readonly words: string;
  readonly isolators: readonly string[];
  readonly asked: (container: ContainerInfo) => unknown;
}[] = [
  {
    words: 'A volume',
    isolators: ['filesystem/linux', 'filesystem/shared'],
    asked: volume(({ host_path, source }) => host_path !== undefined || source?.type === 'HOST_PATH'),
  },
  {
    words: 'A volume of the sandbox',
    // Without root it is a link, so it has to be in the sandbox.
    isolators: isRoot ? ['filesystem/linux', 'volume/sandbox_path'] : ['volume/sandbox_path', 'filesystem/linux'],
    asked: volume(({ source, container_path }) => source?.type === 'SANDBOX_PATH' && !isAbsolute(container_path)),
  },
  {
    words: 'A volume of the sandbox',
    isolators: ['filesystem/linux'],
    asked: volume(({ source, container_path }) => source?.type === 'SANDBOX_PATH' && isAbsolute(container_path)),
  },
  { words: 'A volume of an image', isolators: ['filesystem/linux'], asked: volume(({ image }) => image) },
  { words: 'A volume of an image', isolators: ['volume/image'], asked: volume(({ image }) => image) },
  {
    words: 'A volume with a secret',
    isolators: ['volume/secret'],
    asked: volume(({ source }) => source?.type === 'SECRET'),
  },
  { words: 'An image', isolators: ['filesystem/linux'], asked: ({ mesos }) => mesos?.image },
  { words: 'An image', isolators: ['docker/runtime'], asked: ({ mesos }) => mesos?.image },
  { words: 'A network', isolators: ['network/cni'], asked: container => networksOf(container).length },
  { words: 'A host name', isolators: ['network/cni'], asked: ({ hostname }) => hostname },
  { words: 'A resource limit', isolators: ['posix/rlimits'], asked: ({ rlimit_info }) => rlimit_info?.rlimits?.length },
  {
    words: 'A set of capabilities',
    isolators: ['linux/capabilities'],
    asked: ({ linux_info: l }) => l?.capability_info ?? l?.bounding_capabilities ?? l?.effective_capabilities,
  },
  {
    words: 'An IPC mode or a size of /dev/shm',
    isolators: ['namespaces/ipc'],
    asked: ({ linux_info: l }) => l?.ipc_mode ?? l?.shm_size,
  },
];

function volume(ask: (volume: Volume) => unknown): (container: ContainerInfo) => unknown {
  return ({ volumes }) => volumes?.some(ask);
}

/**
 * Returns what the agents of a temporary cluster need: the isolators of `--isolation`, otherwise those that the container
 * needs.
 *
 * @param isolation the value of `--isolation`.
 * @param container of the task, or of all tasks that name none.
 * @throws {UsageError} a name is unknown, an isolator is missing, there is no such network, or this user may not make
 * containers.
 */
export async function isolationFor(
  isolation: string | undefined,
  container: ContainerInfo | undefined,
): Promise<Isolation> {
  const docker = container?.type === 'DOCKER' ? ({ docker: true } as const) : {};
  const asked = container?.type === 'MESOS' ? container : undefined;
  const names = isolation?.split(',') ?? (asked && isolatorsFor(asked));
  if (names === undefined) return docker;
  const { isolationProblem } = await import('@meseta/agent');
  const problem = isolationProblem(names);
  if (problem !== undefined) throw new UsageError(isolation === undefined ? cannotContain(asked, problem) : problem);
  const [lacking] = asked ? missing(asked, names) : [];
  if (lacking) {
    const { words, isolators } = lacking;
    throw new UsageError(`${words} needs the isolator ${isolators.join(' or ')}, which --isolation does not name`);
  }
  if (!names.includes('network/cni')) return { ...docker, isolation: names.join() };
  const networks = asked ? networksOf(asked) : [];
  const directories = cniDirectories(process.env);
  const wrong = networks.length > 0 ? await networkProblem(networks, directories) : undefined;
  if (wrong !== undefined) throw new UsageError(wrong);
  const usable = directoryProblem(directories) === undefined;
  return { ...docker, isolation: names.join(), ...(usable && { networks: directories }) };
}

/** Says why this user cannot make the container. The isolators are not this user's words, but what needs them is. */
function cannotContain(container: ContainerInfo | undefined, problem: string): string {
  const [first] = container ? missing(container, []) : [];
  const what = first?.words ?? 'This';
  if (process.geteuid?.() === 0) return `${what} needs a container of its own, which cannot be made: ${problem}`;
  return `${what} needs a container of its own, which only root can make: run this as root, or use 'meseta run --master' with a cluster whose agents run as root`;
}

/** Returns undefined when any agent can run the container. */
function isolatorsFor(container: ContainerInfo): string[] | undefined {
  const found = missing(container, []).map(({ isolators: [first = ''] }) => first);
  const base = found.some(name => ownView.includes(name)) ? ['filesystem/linux', 'namespaces/pid'] : [];
  return found.length === 0 ? undefined : [...new Set([...base, ...found])];
}

/** Isolators for which the container has its own view of the machine. Then it gets one of processes as well. */
const ownView = ['filesystem/linux', 'network/cni'];

function missing(container: ContainerInfo, names: readonly string[]) {
  return needs.filter(({ isolators, asked }) => asked(container) && !isolators.some(each => names.includes(each)));
}

/** Returns the names of networks; one without a name is the machine's, which needs nothing. */
function networksOf({ network_infos = [] }: ContainerInfo): string[] {
  return network_infos.flatMap(({ name }) => (name === undefined ? [] : [name]));
}
