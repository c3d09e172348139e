/** What each isolator does, for the reference. */
export interface IsolatorWords {
  /** What a container cannot do, or has, because of it. */
  readonly does: string;
  /** What it does not protect against, or what it needs besides the linux launcher. */
  readonly limits: string;
}

/** By the names of the table, of those that are built. */
export const isolatorWords: Readonly<Record<string, IsolatorWords>> = {
  'filesystem/posix': {
    does: 'Nothing: containers have the file system of the agent.',
    limits: 'No volumes but persistent ones, which are links in the sandbox and never read-only.',
  },
  'filesystem/linux': {
    does: 'A mount namespace for each container: its volumes, persistent ones included, and the root file system of its image.',
    limits: "Without an image, the container sees the machine's files. Root in the container can mount and unmount.",
  },
  'filesystem/shared': {
    does: 'Replaces directories of the machine for a container, such as a private `/tmp`.',
    limits: 'Only directories that exist. Not together with `filesystem/linux`, which has this in its volumes.',
  },
  'posix/cpu': { does: 'Nothing: CPU time is measured without it.', limits: 'No limit.' },
  'posix/mem': { does: 'Nothing: memory is measured without it.', limits: 'No limit.' },
  'posix/rlimits': {
    does: 'Resource limits of each process (`rlimit_info`): open files, size of files, core dumps, …',
    limits: 'A limit is one of each process, not of the container.',
  },
  'disk/du': {
    does: 'Measures the sandbox, and ends a container that uses more disk than it has (`--enforce_container_disk_quota`).',
    limits: 'Looks every 15 seconds: a container can use more meanwhile.',
  },
  'cgroups/cpu': {
    does: 'A share of the processors by `cpus` when all are busy, and never more with `--cgroups_enable_cfs` or a limit of the task. CPU time as the kernel counts it.',
    limits: 'Without either, a container uses what others leave.',
  },
  'cgroups/mem': {
    does: 'A hard limit of memory: a container that reaches it is ended, and its status says so with figures.',
    limits: 'Swap is limited with `--cgroups_limit_swap` only, which needs version 1. Needs Linux 4.13.',
  },
  'cgroups/pids': {
    does: 'A group in which processes are counted.',
    limits: 'Sets no limit: an operator does, for all containers together, see [the guide](../isolation.md#cgroups).',
  },
  'cgroups/blkio': { does: 'Measures what containers read from disks and write to them.', limits: 'Sets no limit.' },
  'cgroups/devices': {
    does: 'A container can open only the usual devices and those of `--allowed_devices`.',
    limits: 'Version 1 of cgroups only.',
  },
  'cgroups/cpuset': { does: 'A group with all processors of the parent group.', limits: 'Chooses no processors.' },
  'cgroups/hugetlb': { does: 'A group in which huge pages are counted.', limits: 'Sets no limit.' },
  'cgroups/net_cls': {
    does: 'Marks the packets of a container with a handle of its own, for firewalls and traffic control (`--cgroups_net_cls_primary_handle`).',
    limits: 'Version 1 of cgroups only. Limits nothing by itself.',
  },
  'cgroups/net_prio': { does: 'A group for priorities of packets.', limits: 'Version 1 of cgroups only. Sets none.' },
  'cgroups/perf_event': {
    does: 'Counts events of processors and of the kernel (`--perf_events`).',
    limits: 'Needs the program `perf`.',
  },
  'cgroups/all': {
    does: 'All of these whose controllers are mounted.',
    limits: 'With version 1 that includes `cgroups/devices`, which takes most devices away.',
  },
  'docker/runtime': {
    does: 'Entry point, command, environment and working directory of a Docker image.',
    limits:
      "The user is the task's, not that of the image, see [the guide](../images.md#run-a-task-in-an-image). Needs `filesystem/linux` and `--image_providers`.",
  },
  'linux/devices': {
    does: 'The devices of `--allowed_devices` are in the `/dev` of containers with an image, for every user.',
    limits:
      'Root in a container can make others, unless it lacks the capability `MKNOD` or there is `cgroups/devices`. Needs `filesystem/linux`.',
  },
  'linux/capabilities': {
    does: 'Which capabilities the processes of a container have, and can get: root in a container is less than root.',
    limits: 'Users other than root have none anyway.',
  },
  'linux/nnp': { does: 'No set-user-id program gives more privileges.', limits: 'Breaks `sudo` in containers.' },
  'linux/seccomp': {
    does: 'A container can make only the system calls that its profile permits (`--seccomp_config_dir`, `--seccomp_profile_name`).',
    limits:
      'Says nothing of paths: a filter sees numbers. A task may ask for no filter. Programs of 32 bits are killed. x86_64 and aarch64 only.',
  },
  'gpu/nvidia': {
    does: 'A container can use as many GPUs as it has `gpus`, and no others. Images that want it get the programs and libraries of the driver.',
    limits: 'Needs the NVIDIA driver, `cgroups/devices` of version 1 and `filesystem/linux`. GPUs are not divided.',
  },
  'namespaces/ipc': {
    does: 'System V IPC objects, message queues and `/dev/shm` of its own.',
    limits: 'Sockets and files are still shared.',
  },
  'namespaces/pid': {
    does: 'A container sees and signals its own processes only. All of them end together, whatever they do.',
    limits: 'Files and sockets of other processes are still seen.',
  },
  'volume/sandbox_path': {
    does: 'Volumes of directories in the sandbox, and in that of a pod: its containers share files.',
    limits:
      'There with `filesystem/linux`. Without it a volume is a link in the sandbox: never read-only, and never at an absolute path.',
  },
  'volume/host_path': {
    does: 'Volumes of files and directories of the machine, read-only where asked for.',
    limits: 'There with `filesystem/linux`. Frameworks choose the paths: a principal that may run tasks may read them.',
  },
  'volume/image': {
    does: 'Volumes that show the root file system of an image.',
    limits: 'There with `filesystem/linux` and `--image_providers`.',
  },
  'volume/secret': {
    does: 'Volumes that are files with a secret, in memory that only the container sees and that is never swapped.',
    limits: 'Secrets by value only, up to 1 MiB. All processes of the container may read them.',
  },
  environment_secret: {
    does: 'Variables with secrets by value, which views do not show.',
    limits: 'There on every agent. What may look into a process sees its environment.',
  },
  'network/cni': {
    does: 'A network namespace for each container that names networks, joined to them by CNI plugins.',
    limits: 'A container that names none has the network of the agent. Needs CNI plugins.',
  },
  'network/ports': {
    does: 'Ends containers that listen on TCP ports they do not have (`--enforce_container_ports`).',
    limits: 'Looks now and then. Only ports of the network of the machine.',
  },
};
