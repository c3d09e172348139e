/** Flags of isolators. For those that are not built yet, what only tunes one asks for nothing, and switches are refused. */
import { asksNothing, builtOnly, type FlagType, flagTypes, group } from '@meseta/flags';
import { CapabilityInfo, DeviceWhitelist } from '@meseta/protocol';

const { bool, bytes, duration, integer, list, message, path, string } = flagTypes;

/** A setting of something that cannot be switched on yet. */
const tuning = { status: 'later', lacks: asksNothing } as const;
const later = { status: 'later' } as const;
/** A switch that not every build of Mesos has: unset in views. */
const rareSwitch = { type: bool, status: 'later', lacks: builtOnly('false') } as const;

/** A control group below others. */
const controlGroup: FlagType<string> = {
  placeholder: 'GROUP',
  parse(text) {
    const names = text.split('/').filter(Boolean);
    if (names.length === 0 || names.includes('.') || names.includes('..')) {
      throw new Error("not a control group; allowed: names with '/' between them, such as mesos or containers/mesos");
    }
    return text;
  },
  format: value => value,
};

/** The flags of the isolators that use control groups. */
export const cgroupFlags = group('Control groups', {
  cgroups_hierarchy: { type: string, default: '/sys/fs/cgroup', help: 'Where control groups are mounted.' },
  cgroups_root: { type: controlGroup, default: 'mesos', help: 'The control group that containers are below.' },
  cgroups_enable_cfs: {
    type: bool,
    default: 'false',
    help: 'Give containers no more CPU time than they have, even on an idle machine, and count how often that slowed them down. For the isolator cgroups/cpu.',
  },
  cgroups_limit_swap: {
    type: bool,
    default: 'false',
    help: 'Limit memory and swap together, not memory alone. For the isolator cgroups/mem.',
  },
  cgroups_cpu_enable_pids_and_tids_count: {
    type: bool,
    default: 'false',
    help: 'Count processes and threads of containers, which takes time. For the isolator cgroups/cpu.',
  },
  cgroups_destroy_timeout: {
    type: duration,
    default: '1mins',
    help: 'How long removing a control group may take.',
  },
  cgroups_net_cls_primary_handle: {
    type: string,
    help: 'Upper 16 bits of the handles that the isolator cgroups/net_cls gives to containers, such as 0x0012. Unset: it gives none.',
  },
  cgroups_net_cls_secondary_handles: {
    type: string,
    help: 'First and last number of their lower 16 bits, such as 0x0001,0x00ff. Unset: all but zero.',
  },
  cgroups_subsystems: { type: string, status: 'ignored', help: 'Without effect in Mesos 0.21 already.' },
  agent_subsystems: {
    type: list,
    aliases: ['slave_subsystems'],
    help: 'Controllers of control groups in which the agent puts itself, with what it starts, into a group of its own: ROOT/slave, with version 2 ROOT/agent/leaf.',
  },
  allowed_devices: {
    type: message(DeviceWhitelist),
    help: 'Devices that containers may use with the isolator cgroups/devices, besides those that every program needs; linux/devices makes them in containers with an image.',
  },
  revocable_cpu_low_priority: {
    type: bool,
    default: 'true',
    help: 'Run containers with revocable CPUs at low priority. Matters only with the isolator cgroups/cpu.',
  },
  perf_events: {
    type: list,
    help: 'Events that the isolator cgroups/perf_event counts with the program perf, such as cycles,cache-misses.',
  },
  perf_interval: {
    type: duration,
    default: '1mins',
    help: 'Time from the begin of a sample to that of the next. Matters only with --perf_events.',
  },
  perf_duration: {
    type: duration,
    default: '10secs',
    help: 'Length of a sample, at most --perf_interval. Matters only with --perf_events.',
  },
});

/** The flags of all other isolators. */
export const isolatorFlags = group('Other isolators', {
  effective_capabilities: {
    type: message(CapabilityInfo),
    aliases: ['allowed_capabilities'],
    help: 'Linux capabilities that containers get where they do not ask for some. Unset: all.',
  },
  bounding_capabilities: {
    type: message(CapabilityInfo),
    help: 'Linux capabilities that containers may ask for. Unset: all.',
  },
  nvidia_gpu_devices: {
    type: list,
    help: 'Numbers of the GPUs to offer, as nvidia-smi shows them, such as 0,1; with as many gpus in --resources. Unset: all. For the isolator gpu/nvidia.',
  },
  nvidia_driver_root: {
    type: path,
    help: 'Directory below which the NVIDIA driver is installed, with dev, etc/ld.so.cache and usr/bin/nvidia-smi; for drivers in a container of their own, such as /run/nvidia/driver. Unset: /.',
  },
  seccomp_config_dir: {
    type: path,
    help: 'Directory of seccomp profiles in the format of Docker. The isolator linux/seccomp needs it.',
  },
  seccomp_profile_name: {
    type: string,
    help: 'The profile in --seccomp_config_dir of containers that name none. Unset: they have no filter.',
  },
});

/** The flags of container networks. */
export const networkIsolationFlags = group('Container networks', {
  network_cni_plugins_dir: { type: string, help: 'Directories of CNI plugins, separated by colons.' },
  network_cni_config_dir: {
    type: path,
    help: 'Directory of CNI network configurations (*.conf, *.conflist, *.json). With it, the isolator network/cni is there. It needs root and --network_cni_plugins_dir.',
  },
  network_cni_root_dir_persist: {
    type: bool,
    default: 'false',
    help: 'Keep what is known of CNI networks in --work_dir, so that containers are detached after a restart of the machine.',
  },
  network_cni_metrics: {
    type: bool,
    default: 'true',
    help: 'Include what interfaces of CNI networks received and sent in the statistics of containers.',
  },
  enforce_container_ports: {
    type: bool,
    help: 'The isolator network/ports ends containers that listen on ports they do not have; otherwise it only writes a line to the log.',
  },
  container_ports_watch_interval: {
    type: duration,
    help: 'Time between two looks of the isolator network/ports. Unset: 30secs.',
  },
  check_agent_port_range_only: {
    type: bool,
    help: "The isolator network/ports looks only at ports among the agent's resources.",
  },
  container_ports_isolated_range: {
    type: string,
    help: 'The isolator network/ports looks only at these ports, such as [0-35000].',
  },
});

/** Of the isolator network/port_mapping, which only special builds of Mesos have. */
export const portMappingFlags = group('Port mapping', {
  ephemeral_ports_per_container: { ...tuning, type: integer, help: 'Ephemeral ports of a container, a power of 2.' },
  eth0_name: { ...tuning, type: string, help: 'Name of the public network interface.' },
  lo_name: { ...tuning, type: string, help: 'Name of the loopback interface.' },
  egress_rate_limit_per_container: { ...later, type: bytes, help: 'Bytes a second a container may send.' },
  egress_rate_per_cpu: { ...later, type: string, help: 'The same for each of its CPUs, or auto.' },
  minimum_egress_rate_limit: { ...later, type: bytes, help: 'Least of what that gives.' },
  maximum_egress_rate_limit: { ...later, type: bytes, help: 'Most of what that gives.' },
  egress_ceil_limit: { ...later, type: bytes, help: 'What a container may send while others do not.' },
  egress_burst: { ...later, type: bytes, help: 'What a container may send at once.' },
  egress_unique_flow_per_container: { ...rareSwitch, help: 'Queue every container by itself.' },
  egress_flow_classifier_parent: { ...tuning, type: string, help: 'Parent of the flow classifier.' },
  ingress_rate_limit_per_container: { ...later, type: bytes, help: 'Bytes a second a container may receive.' },
  ingress_rate_per_cpu: { ...later, type: string, help: 'The same for each of its CPUs, or auto.' },
  minimum_ingress_rate_limit: { ...later, type: bytes, help: 'Least of what that gives.' },
  maximum_ingress_rate_limit: { ...later, type: bytes, help: 'Most of what that gives.' },
  ingress_ceil_limit: { ...later, type: bytes, help: 'What a container may receive while others do not.' },
  ingress_burst: { ...later, type: bytes, help: 'What a container may receive at once.' },
  ingress_isolate_existing_containers: { ...rareSwitch, help: 'Apply these limits to containers that run already.' },
  network_link_speed: { ...later, type: bytes, help: 'Speed of the link in bytes a second.' },
  network_enable_socket_statistics_summary: { ...rareSwitch, help: 'Sum up the sockets of containers.' },
  network_enable_socket_statistics_details: { ...rareSwitch, help: 'Measure every socket of containers.' },
  network_enable_snmp_statistics: { ...rareSwitch, help: 'Collect SNMP counters of containers.' },
  network_enable_rate_statistics: { ...rareSwitch, help: 'Collect rates of containers.' },
  network_rate_statistics_window: { ...tuning, type: duration, help: 'Time those rates are over.' },
  network_rate_statistics_interval: { ...tuning, type: duration, help: 'Time between their samples.' },
});
