/** What a container is created from, in the Engine API's own names. Only fields are here that a task can ask for. */

/** A port of the host: `{ HostIp: '', HostPort: '31000' }`. */
export interface PortBinding {
  readonly HostIp?: string;
  readonly HostPort: string;
}

/** A device of the host. */
export interface DeviceMapping {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  /** Of the letters r, w and m. */
  readonly CgroupPermissions: string;
}

/** Limits that can be changed while a container runs. */
export interface UpdateResources {
  readonly CpuShares?: number;
  /** Microseconds. */
  readonly CpuPeriod?: number;
  /** Microseconds in each period; -1: no limit. */
  readonly CpuQuota?: number;
  /** Bytes, as the next two. */
  readonly Memory?: number;
  readonly MemoryReservation?: number;
  /** Memory and swap together; -1: no limit of swap. */
  readonly MemorySwap?: number;
  readonly CpusetCpus?: string;
  readonly CpusetMems?: string;
  readonly BlkioWeight?: number;
  readonly PidsLimit?: number;
}

/** What concerns the host. */
export interface HostConfig extends UpdateResources {
  /** `host:container[:options]`. */
  readonly Binds?: readonly string[];
  readonly Mounts?: readonly Readonly<Record<string, unknown>>[];
  readonly Tmpfs?: Readonly<Record<string, string>>;
  readonly VolumesFrom?: readonly string[];
  readonly VolumeDriver?: string;
  /** `host`, `bridge`, `none`, `container:<id>` or the name of a network. */
  readonly NetworkMode?: string;
  /** By `8080/tcp`. */
  readonly PortBindings?: Readonly<Record<string, readonly PortBinding[]>>;
  readonly PublishAllPorts?: boolean;
  readonly Dns?: readonly string[];
  readonly DnsSearch?: readonly string[];
  readonly DnsOptions?: readonly string[];
  /** `name:address`. */
  readonly ExtraHosts?: readonly string[];
  readonly Links?: readonly string[];
  readonly Privileged?: boolean;
  readonly CapAdd?: readonly string[];
  readonly CapDrop?: readonly string[];
  readonly GroupAdd?: readonly string[];
  readonly SecurityOpt?: readonly string[];
  readonly Devices?: readonly DeviceMapping[];
  readonly DeviceCgroupRules?: readonly string[];
  readonly DeviceRequests?: readonly Readonly<Record<string, unknown>>[];
  readonly Ulimits?: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
  readonly Sysctls?: Readonly<Record<string, string>>;
  readonly PidMode?: string;
  readonly IpcMode?: string;
  readonly UTSMode?: string;
  readonly UsernsMode?: string;
  readonly CgroupnsMode?: string;
  readonly CgroupParent?: string;
  readonly ShmSize?: number;
  /** Rows and columns. */
  readonly ConsoleSize?: readonly [rows: number, columns: number];
  readonly ReadonlyRootfs?: boolean;
  readonly OomKillDisable?: boolean;
  readonly OomScoreAdj?: number;
  readonly MemorySwappiness?: number;
  readonly Init?: boolean;
  readonly Runtime?: string;
  readonly StorageOpt?: Readonly<Record<string, string>>;
  readonly Isolation?: string;
  readonly AutoRemove?: boolean;
  readonly RestartPolicy?: { readonly Name: string; readonly MaximumRetryCount?: number };
  readonly LogConfig?: { readonly Type: string; readonly Config?: Readonly<Record<string, string>> };
}

/** A container of a network. */
export interface EndpointSettings {
  readonly Aliases?: readonly string[];
  readonly MacAddress?: string;
  readonly IPAMConfig?: {
    readonly IPv4Address?: string;
    readonly IPv6Address?: string;
    readonly LinkLocalIPs?: readonly string[];
  };
}

/** What a container is created from. */
export interface CreateRequest {
  readonly Image: string;
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  /** `NAME=value`. */
  readonly Env?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>>;
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Hostname?: string;
  readonly Domainname?: string;
  readonly MacAddress?: string;
  /** The keys are `8080/tcp`. */
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  /** The keys are paths in the container. */
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly StopSignal?: string;
  /** Seconds. */
  readonly StopTimeout?: number;
  readonly Healthcheck?: Readonly<Record<string, unknown>>;
  readonly Tty?: boolean;
  readonly OpenStdin?: boolean;
  readonly StdinOnce?: boolean;
  readonly AttachStdin?: boolean;
  readonly AttachStdout?: boolean;
  readonly AttachStderr?: boolean;
  readonly HostConfig?: HostConfig;
  readonly NetworkingConfig?: { readonly EndpointsConfig: Readonly<Record<string, EndpointSettings>> };
}
