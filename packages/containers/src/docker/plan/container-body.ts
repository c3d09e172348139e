/** The parts of the Engine API's body of `POST /containers/create` that plans set. @see Docker Engine API v1.41, ContainerCreate */

/** One port of the host for one of the container. */
export interface PortBinding {
  readonly HostIp: string;
  readonly HostPort: string;
}

/** A device of the host. */
export interface DeviceMapping {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  readonly CgroupPermissions: string;
}

/** A mount that `Binds` cannot say. */
export type Mount = {
  readonly Type: 'bind' | 'volume' | 'tmpfs';
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
  readonly BindOptions?: { readonly Propagation: string };
  readonly VolumeOptions?: {
    readonly DriverConfig?: { readonly Name: string; readonly Options?: Readonly<Record<string, string>> };
  };
  readonly TmpfsOptions?: { readonly SizeBytes?: number; readonly Mode?: number };
};

/** A limit of a process. */
export interface Ulimit {
  readonly Name: string;
  /** -1: none. */
  readonly Soft: number;
  readonly Hard: number;
}

/** Limits of resources, of `create` and `update`. */
export interface EngineResources {
  CpuShares?: number;
  /** Microseconds. */
  CpuPeriod?: number;
  /** Microseconds in each period; -1: no limit. */
  CpuQuota?: number;
  /** Bytes, as the next two. */
  Memory?: number;
  MemoryReservation?: number;
  MemorySwap?: number;
}

/** What the engine does with a container. */
export interface HostConfig extends EngineResources {
  Binds: string[];
  Mounts?: Mount[];
  NetworkMode: string;
  PortBindings: Record<string, PortBinding[]>;
  PublishAllPorts?: boolean;
  Privileged: boolean;
  VolumeDriver?: string;
  VolumesFrom?: string[];
  Dns?: string[];
  DnsOptions?: string[];
  DnsSearch?: string[];
  ExtraHosts?: string[];
  Links?: string[];
  GroupAdd?: string[];
  CapAdd?: string[];
  CapDrop?: string[];
  Devices?: DeviceMapping[];
  DeviceCgroupRules?: string[];
  Ulimits?: Ulimit[];
  SecurityOpt?: string[];
  StorageOpt?: Record<string, string>;
  Sysctls?: Record<string, string>;
  Tmpfs?: Record<string, string>;
  LogConfig?: { Type: string; Config: Record<string, string> };
  BlkioWeight?: number;
  CgroupParent?: string;
  CgroupnsMode?: string;
  CpuRealtimePeriod?: number;
  CpuRealtimeRuntime?: number;
  CpusetCpus?: string;
  CpusetMems?: string;
  NanoCpus?: number;
  KernelMemory?: number;
  MemorySwappiness?: number;
  OomKillDisable?: boolean;
  OomScoreAdj?: number;
  PidsLimit?: number;
  PidMode?: string;
  IpcMode?: string;
  UTSMode?: string;
  UsernsMode?: string;
  Isolation?: string;
  Init?: boolean;
  ReadonlyRootfs?: boolean;
  Runtime?: string;
  ShmSize?: number;
  /** Rows and columns of its terminal. Engines before version 23 ignore it. */
  ConsoleSize?: readonly [rows: number, columns: number];
}

/** A container's place in a network. */
export interface EndpointSettings {
  Aliases?: string[];
  IPAMConfig?: { IPv4Address?: string; IPv6Address?: string };
}

/** The body of a request to create a container. It is built up by the parts of a plan. */
export interface ContainerBody {
  Image: string;
  Hostname?: string;
  Domainname?: string;
  User?: string;
  AttachStdout: true;
  AttachStderr: true;
  /** It has a terminal; absent: none. */
  Tty?: true;
  /** Its standard input stays open when clients detach. */
  OpenStdin?: true;
  Env: string[];
  /** Absent: the image's own. */
  Entrypoint?: string[];
  /** Absent: the image's own. */
  Cmd?: string[];
  WorkingDir?: string;
  ExposedPorts?: Record<string, Record<string, never>>;
  Labels: Record<string, string>;
  StopSignal?: string;
  MacAddress?: string;
  Healthcheck?: { Test: string[] };
  HostConfig: HostConfig;
  NetworkingConfig?: { EndpointsConfig: Record<string, EndpointSettings> };
}
