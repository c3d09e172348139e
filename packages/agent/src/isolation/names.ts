/** Names of isolators in `--isolation`. */

/** Those that are built in. What they do is part of every launch, so that nothing has to be made for them. */
export const builtInIsolators: readonly string[] = ['posix/cpu', 'posix/mem', 'filesystem/posix', 'process'];

/** Those of Mesos that are not built yet: no module can have been meant. */
const later: readonly string[] = [
  ...['appc/runtime', 'cgroups', 'cgroups/all', 'cgroups/blkio', 'cgroups/cpu', 'cgroups/cpuset', 'cgroups/devices'],
  ...['cgroups/hugetlb', 'cgroups/mem', 'cgroups/net_cls', 'cgroups/net_prio', 'cgroups/perf_event', 'cgroups/pids'],
  ...['disk/du', 'disk/xfs', 'docker/runtime', 'docker/volume', 'environment_secret', 'filesystem/linux'],
  ...['filesystem/shared', 'filesystem/windows', 'gpu/nvidia', 'linux/capabilities', 'linux/devices', 'linux/nnp'],
  ...['linux/seccomp', 'namespaces/ipc', 'namespaces/pid', 'network/cni', 'network/port_mapping', 'network/ports'],
  ...['posix/disk', 'posix/rlimits', 'volume/csi', 'volume/host_path', 'volume/image', 'volume/sandbox_path'],
  ...['volume/secret', 'windows/cpu', 'windows/mem', 'xfs/disk'],
];

/** The `lacks` of `--isolation`: names of modules are looked up when the agent starts. */
export function unbuiltIsolators(text: string): string | undefined {
  const missing = text.split(',').filter(name => later.includes(name));
  return missing.length > 0 ? missing.join(',') : undefined;
}
