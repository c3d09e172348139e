/** Flags of containers in general: containerizers, launcher, disk and garbage, the fetcher. */
import { isAbsolute } from 'node:path';
import { gidRangeProblem, unbuiltIsolators } from '@meseta/containers';
import { builtOnly, eachOf, flagTypes, group, notEmpty, oneOf } from '@meseta/flags';
import { ContainerDNSInfo, ContainerInfo } from '@meseta/protocol';

const { bool, bytes, duration, list, message, number, path, string } = flagTypes;

/** Containerizers, launchers and isolators. */
export const containerFlags = group('Containers', {
  containerizers: {
    type: list,
    default: 'mesos',
    help: 'Containerizers, tried in this order for every launch: mesos, docker (see docs/docker.md), and external (see docs/external-containerizer.md).',
    check: text => notEmpty(text) ?? eachOf('mesos', 'docker', 'external')(text),
  },
  launcher: {
    type: string,
    default: 'posix',
    help: 'How processes are started: posix, as plain processes, or linux, in cgroups and namespaces, which needs root. When an isolator of --isolation needs linux, it is linux in any case.',
    check: oneOf('posix', 'linux'),
  },
  isolation: {
    type: list,
    default: 'posix/cpu,posix/mem',
    help: 'Isolators, built in or modules, by their names; the guide to isolation lists them. The order does not matter.',
    lacks: unbuiltIsolators,
  },
  default_container_info: {
    type: message(ContainerInfo),
    help: 'ContainerInfo (JSON) of executors and tasks that have none, such as a private /tmp with the isolator filesystem/shared.',
  },
  default_container_dns: {
    type: message(ContainerDNSInfo),
    help: 'Name servers of containers in CNI networks whose plugins tell none, and of Docker containers ("docker", with network_mode BRIDGE or USER): {"mesos": [{"network_mode": "CNI", "network_name": "NAME", "dns": {"nameservers": ["ADDRESS"], "domain": "NAME", "search": ["NAME"], "options": ["OPTION"]}}]}. Without network_name, for all networks.',
  },
  sandbox_directory: {
    type: string,
    default: '/mnt/mesos/sandbox',
    aliases: ['docker_sandbox_directory'],
    help: 'Where a container with a root file system of its own sees its sandbox. Matters only with images.',
    check: text => (isAbsolute(text) ? undefined : 'not an absolute path'),
  },
  containerizer_path: {
    type: string,
    help: 'The program of the external containerizer, which --containerizers=external needs: a path, or a command line that the name of the command is added to.',
    check: notEmpty,
  },
  default_container_image: {
    type: string,
    help: 'Image for the external containerizer where a task names none: MESOS_DEFAULT_CONTAINER_IMAGE of its launch.',
  },
  systemd_enable_support: {
    type: bool,
    default: 'true',
    status: 'ignored',
    help: "In Mesos, it keeps tasks alive when systemd stops the agent's unit. Here, the unit says that: KillMode=process, see docs/agent.md.",
  },
  systemd_runtime_directory: {
    type: string,
    default: '/run/systemd/system',
    status: 'ignored',
    help: "In Mesos, where systemd's run-time units are. The agent makes none, see --systemd_enable_support.",
  },
  disallow_sharing_agent_pid_namespace: {
    type: bool,
    default: 'false',
    help: "Refuse containers that ask to share the agent's PID namespace. Matters only with the isolator namespaces/pid.",
  },
  disallow_sharing_agent_ipc_namespace: {
    type: bool,
    default: 'false',
    help: "Refuse containers that ask to share the agent's IPC namespace. Matters only with the isolator namespaces/ipc.",
  },
  default_container_shm_size: {
    type: bytes,
    help: 'Size of /dev/shm of containers with one of their own (isolator namespaces/ipc), when they do not say another.',
  },
  volume_gid_range: {
    type: string,
    help: 'Group ids for volumes that tasks of several users share, such as [10000-20000]: a persistent volume, or a directory of a parent container, belongs to a group of its own, which the tasks that use it are in. Needs root; no user or group of the machine may have these ids.',
    check: gidRangeProblem,
  },
  host_path_volume_force_creation: {
    type: string,
    help: 'Directories, separated by colons, in which missing host paths of volumes are made.',
  },
});

/** Room on the disk: removing old sandboxes. */
export const diskFlags = group('Disk', {
  gc_delay: {
    type: duration,
    default: '1weeks',
    help: 'How long sandboxes and checkpoints of what has ended are kept at most.',
  },
  gc_disk_headroom: {
    type: number,
    default: '0.1',
    help: 'Share of the disk to keep free: the fuller it is, the earlier finished sandboxes go.',
    check: text => (Number(text) <= 1 ? undefined : 'must be between 0.0 and 1.0'),
  },
  gc_non_executor_container_sandboxes: {
    type: bool,
    default: 'false',
    help: 'Remove sandboxes of nested containers, too, while their executors run.',
  },
  disk_watch_interval: {
    type: duration,
    default: '1mins',
    help: 'How often the disk is looked at for the sake of removing sandboxes.',
  },
  container_disk_watch_interval: {
    type: duration,
    default: '15secs',
    help: "How often containers' use of the disk is measured. Matters only with the isolator disk/du.",
  },
  enforce_container_disk_quota: {
    type: bool,
    default: 'false',
    help: 'End containers that use more disk than they have. Matters only with the isolator disk/du.',
  },
  xfs_project_range: {
    type: string,
    status: 'later',
    help: 'Project ids of the isolator disk/xfs, such as [5000-10000].',
  },
  xfs_kill_containers: {
    type: bool,
    status: 'later',
    lacks: builtOnly('false'),
    help: 'End containers over their quota.',
  },
  xfs_quota_headroom: {
    type: bytes,
    status: 'later',
    help: 'How far above the quota a container is stopped for good.',
  },
});

/** The fetcher and its cache. */
export const fetcherFlags = group('Fetcher', {
  fetcher_cache_dir: {
    type: path,
    help: 'Directory of the cache of fetched files, of this agent alone. Emptied at the start. Unset: fetch in --work_dir.',
  },
  fetcher_cache_size: {
    type: bytes,
    default: '2GB',
    help: 'Size of that cache. Files that were not used the longest make room for others. 0: nothing is cached.',
  },
  fetcher_stall_timeout: {
    type: duration,
    default: '1mins',
    help: 'How long a download may stand still before it is given up.',
  },
  fetcher_modules: {
    type: list,
    help: 'Names of fetcher modules, for URIs of schemes that the agent does not fetch by itself. Those of other schemes go to the client of Hadoop.',
  },
});
