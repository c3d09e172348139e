import type { ContainerConfig, ContainerInfo, Volume } from '@meseta/protocol';

/** What a task may ask of its container, where an isolator does it. */
export type ContainerFeature =
  | 'image'
  | 'host volumes'
  | 'sandbox volumes'
  | 'image volumes'
  | 'secret volumes'
  | 'networks'
  | 'host name'
  | 'terminal'
  | 'rlimits'
  | 'capabilities'
  | 'seccomp'
  | 'shared pid namespace'
  | 'ipc namespace';

/** How a launch asks for a feature, and what does it. */
export interface FeatureEntry {
  readonly feature: ContainerFeature;
  readonly asked: (config: ContainerConfig) => boolean;
  /** Subject of a sentence: `Container images need …`. */
  readonly words: string;
  /** Isolators that provide it; none: the Mesos containerizer does it itself. */
  readonly isolators: readonly string[];
  /** What the agent needs besides the isolators. */
  readonly flags?: string;
}

type Ask = (container: ContainerInfo) => unknown;
const container =
  (ask: Ask) =>
  ({ container_info }: ContainerConfig): boolean =>
    container_info !== undefined && Boolean(ask(container_info));

const volume = (ask: (volume: Volume) => unknown) => container(({ volumes }) => volumes?.some(ask));
const isAbsolute = (path: string | undefined) => path?.startsWith('/') ?? false;
const hostPath = ({ host_path, source }: Volume) => isAbsolute(host_path) || source?.type === 'HOST_PATH';
/** A relative host path is one in the sandbox. */
const sandboxPath = ({ host_path, source }: Volume) => {
  return source?.type === 'SANDBOX_PATH' || (host_path !== undefined && !isAbsolute(host_path));
};

/** All features of `ContainerInfo`. What no row names is refused by name, see `unsupported.ts`. */
export const containerFeatures: readonly FeatureEntry[] = [
  {
    feature: 'image',
    asked: container(({ mesos }) => mesos?.image),
    words: 'Container images need',
    isolators: ['filesystem/linux'],
    flags: '--image_providers=DOCKER',
  },
  {
    feature: 'host volumes',
    asked: volume(hostPath),
    words: 'Volumes of paths of the machine need',
    isolators: ['filesystem/linux', 'filesystem/shared'],
  },
  {
    feature: 'sandbox volumes',
    asked: volume(sandboxPath),
    words: 'Volumes of sandboxes need',
    isolators: ['filesystem/linux', 'volume/sandbox_path'],
  },
  {
    feature: 'image volumes',
    asked: volume(({ image }) => image),
    words: 'Volumes of images need',
    isolators: ['filesystem/linux'],
    flags: '--image_providers=DOCKER',
  },
  {
    feature: 'secret volumes',
    asked: volume(({ source }) => source?.type === 'SECRET'),
    words: 'Volumes of secrets need',
    isolators: ['volume/secret'],
  },
  {
    feature: 'networks',
    asked: container(({ network_infos }) => network_infos?.some(({ name }) => name !== undefined)),
    words: 'Container networks need',
    isolators: ['network/cni'],
  },
  {
    feature: 'host name',
    asked: container(({ hostname }) => hostname),
    words: 'Host names of containers need',
    isolators: ['network/cni'],
  },
  {
    feature: 'terminal',
    asked: container(({ tty_info }) => tty_info),
    words: 'Terminals of containers need',
    isolators: [],
  },
  {
    feature: 'rlimits',
    asked: container(({ rlimit_info }) => rlimit_info?.rlimits?.length),
    words: 'Resource limits of processes need',
    isolators: ['posix/rlimits'],
  },
  {
    feature: 'capabilities',
    asked: container(
      ({ linux_info: l }) => l?.capability_info ?? l?.bounding_capabilities ?? l?.effective_capabilities,
    ),
    words: 'Capabilities need',
    isolators: ['linux/capabilities'],
  },
  {
    feature: 'seccomp',
    asked: container(({ linux_info }) => linux_info?.seccomp),
    words: 'Seccomp profiles need',
    isolators: ['linux/seccomp'],
  },
  {
    feature: 'shared pid namespace',
    asked: container(({ linux_info }) => linux_info?.share_pid_namespace),
    words: "A container that shares the agent's pid namespace needs",
    isolators: ['namespaces/pid'],
  },
  {
    feature: 'ipc namespace',
    asked: container(({ linux_info: l }) => l?.ipc_mode !== undefined || l?.shm_size !== undefined),
    words: 'IPC modes and sizes of /dev/shm need',
    isolators: ['namespaces/ipc'],
  },
];
