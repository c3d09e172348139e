import type { CapabilityInfo, ContainerDNSInfo, DeviceWhitelist } from '@meseta/protocol';

/** The flags that say where the agent's cgroups are. */
export interface CgroupFlags {
  /** Where hierarchies are mounted. */
  readonly cgroups_hierarchy: string;
  /** The cgroup that those of all containers are in. */
  readonly cgroups_root: string;
  /** Milliseconds: how long the end of a cgroup is waited for. */
  readonly cgroups_destroy_timeout: number;
}

/** The agent's flags about images. */
export interface ProvisionerFlags {
  readonly work_dir: string;
  readonly isolation: readonly string[];
  readonly image_providers?: readonly string[] | undefined;
  readonly image_provisioner_backend?: string | undefined;
  readonly docker_registry: string;
  readonly hadoop_home?: string | undefined;
  readonly docker_store_dir: string;
  readonly docker_config?: Record<string, unknown> | undefined;
  /** Milliseconds. */
  readonly docker_stall_timeout?: number | undefined;
  readonly image_gc_config?: Record<string, unknown> | undefined;
}

/** The agent's flags that containerizers and isolators read, by their names on the command line. */
export interface ContainerizerFlags extends CgroupFlags, ProvisionerFlags {
  readonly isolation: readonly string[];
  readonly runtime_dir: string;
  readonly container_logger?: string | undefined;
  /** The isolator `docker/runtime` does nothing. */
  readonly docker_ignore_runtime?: boolean;
  /** `posix`, which isolators may turn into `linux`, or `linux`. */
  readonly launcher: string;
  /** Where a container with a root file system of its own sees its sandbox. */
  readonly sandbox_directory: string;
  /** Directories, separated by colons, below which missing host paths of volumes are made. */
  readonly host_path_volume_force_creation?: string | undefined;
  readonly disallow_sharing_agent_pid_namespace?: boolean;
  readonly disallow_sharing_agent_ipc_namespace?: boolean;
  /** Bytes. */
  readonly default_container_shm_size?: number | undefined;
  readonly effective_capabilities?: CapabilityInfo | undefined;
  readonly bounding_capabilities?: CapabilityInfo | undefined;
  /** Numbers of the GPUs to offer. */
  readonly nvidia_gpu_devices?: readonly string[] | undefined;
  readonly nvidia_driver_root?: string | undefined;
  readonly seccomp_config_dir?: string | undefined;
  readonly seccomp_profile_name?: string | undefined;
  /** Milliseconds. */
  readonly container_disk_watch_interval?: number;
  readonly enforce_container_disk_quota?: boolean;
  readonly network_cni_config_dir?: string | undefined;
  /** Directories, separated by colons. */
  readonly network_cni_plugins_dir?: string | undefined;
  readonly network_cni_root_dir_persist?: boolean;
  readonly network_cni_metrics?: boolean;
  readonly default_container_dns?: ContainerDNSInfo | undefined;
  readonly cgroups_enable_cfs?: boolean;
  readonly cgroups_limit_swap?: boolean;
  readonly cgroups_cpu_enable_pids_and_tids_count?: boolean;
  readonly revocable_cpu_low_priority?: boolean;
  readonly cgroups_net_cls_primary_handle?: string | undefined;
  readonly cgroups_net_cls_secondary_handles?: string | undefined;
  readonly allowed_devices?: DeviceWhitelist | undefined;
  /** Controllers that the agent puts itself into. */
  readonly agent_subsystems?: readonly string[] | undefined;
  readonly perf_events?: readonly string[] | undefined;
  /** Milliseconds, as the next one. */
  readonly perf_interval?: number;
  readonly perf_duration?: number;
  readonly enforce_container_ports?: boolean | undefined;
  /** Milliseconds. */
  readonly container_ports_watch_interval?: number | undefined;
  readonly check_agent_port_range_only?: boolean | undefined;
  /** Ranges, such as `[0-35000]`. */
  readonly container_ports_isolated_range?: string | undefined;
  /** `--resources` of the agent. */
  readonly resources?: string | undefined;
  readonly default_role?: string | undefined;
  /** The directory that relative URIs are resolved in. */
  readonly frameworks_home: string;
  readonly hadoop_home?: string | undefined;
  /** Milliseconds. */
  readonly fetcher_stall_timeout: number;
  /** A directory that is this agent's alone; without it, nothing is cached. */
  readonly fetcher_cache_dir?: string | undefined;
  /** Bytes. */
  readonly fetcher_cache_size?: number;
}
