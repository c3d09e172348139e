/** What the engine answers with: only the fields that are used, checked when they arrive. */
import { Fields } from './fields.ts';

/** What the engine is. */
export interface EngineVersion {
  /** Of the engine, such as 20.10.24. */
  readonly version: string;
  readonly apiVersion: string;
  /** Empty when the engine does not say, as before 1.25. */
  readonly minApiVersion: string;
  readonly os: string;
  readonly arch: string;
  readonly kernelVersion: string;
}

/** What the engine says of itself and its machine. */
export interface EngineInfo {
  /** Identifies the engine. */
  readonly id: string;
  /** Its machine's host name. */
  readonly name: string;
  readonly serverVersion: string;
  readonly storageDriver: string;
  readonly loggingDriver: string;
  /** `cgroupfs`, `systemd` or `none`. */
  readonly cgroupDriver: string;
  /** `1` or `2`. */
  readonly cgroupVersion: string;
  readonly dockerRootDir: string;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  readonly containers: number;
  /** Limits that the engine's machine can enforce. */
  readonly memoryLimit: boolean;
  readonly swapLimit: boolean;
  readonly cpuCfsQuota: boolean;
  readonly liveRestore: boolean;
  readonly warnings: readonly string[];
}

/** An image of the engine. */
export interface ImageInspect {
  /** `sha256:…`. */
  readonly id: string;
  readonly tags: readonly string[];
  /** `repository@sha256:…`. */
  readonly digests: readonly string[];
  readonly os: string;
  readonly architecture: string;
  /** Bytes. */
  readonly size: number;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What a container is doing. */
export interface ContainerState {
  /** `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`. */
  readonly status: string;
  readonly running: boolean;
  readonly paused: boolean;
  readonly oomKilled: boolean;
  readonly dead: boolean;
  /** On the engine's machine, in the engine's namespace; 0 when it does not run. */
  readonly pid: number;
  /** 128 and the number of the signal when one ended it; 0 while it runs. */
  readonly exitCode: number;
  /** Why it could not be started. */
  readonly error: string;
  /** `0001-01-01T00:00:00Z`: never. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** `starting`, `healthy` or `unhealthy`; undefined without a health check of the image. */
  readonly health: string | undefined;
}

/** A network that a container is connected to. */
export interface ContainerNetwork {
  /** IPv4; empty while it does not run, and in the host's network. */
  readonly ipAddress: string;
  readonly ipv6Address: string;
  readonly gateway: string;
  readonly macAddress: string;
}

/** A published port. */
export interface PublishedPort {
  /** `8080/tcp`. */
  readonly port: string;
  readonly hostIp: string;
  readonly hostPort: number;
}

/** A container of the engine. */
export interface ContainerInspect {
  readonly id: string;
  /** Without the slash that the engine puts in front. */
  readonly name: string;
  readonly created: string;
  readonly state: ContainerState;
  /** The id of its image. */
  readonly imageId: string;
  /** As it was asked for. */
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly env: readonly string[];
  readonly tty: boolean;
  readonly networkMode: string;
  readonly networks: Readonly<Record<string, ContainerNetwork>>;
  readonly ports: readonly PublishedPort[];
  /** As `docker inspect` prints it; `TaskStatus.data` has it in a list. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** A container in a list. */
export interface ContainerSummary {
  readonly id: string;
  /** Without the slash in front, and without those of links. */
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `created`, `running`, `exited` … */
  readonly state: string;
  /** Seconds since 1970. */
  readonly created: number;
}

/** How a container ended. */
export interface WaitResult {
  readonly exitCode: number;
  /** Why it could not be waited for or removed; empty: nothing. */
  readonly error: string;
}

/** What a container uses. Times are nanoseconds, the rest bytes, since its start. */
export interface ContainerStats {
  /** ISO 8601. */
  readonly read: string;
  readonly cpuTotalNs: number;
  readonly cpuUserNs: number;
  readonly cpuSystemNs: number;
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledNs: number;
  readonly memoryUsage: number;
  /** The machine's memory without a limit. */
  readonly memoryLimit: number;
  /** `memory.stat` of its cgroup, whose names differ between versions of cgroups. */
  readonly memoryStats: Readonly<Record<string, number>>;
  readonly pids: number;
  /** Over all its networks; zero in the host's. */
  readonly network: {
    readonly rxBytes: number;
    readonly rxPackets: number;
    readonly rxErrors: number;
    readonly rxDropped: number;
    readonly txBytes: number;
    readonly txPackets: number;
    readonly txErrors: number;
    readonly txDropped: number;
  };
}

/** A command that was run in a container. */
export interface ExecInspect {
  readonly running: boolean;
  /** Undefined while it runs. */
  readonly exitCode: number | undefined;
  /** On the engine's machine. */
  readonly pid: number;
}

/** Reads `/version`. */
export function readVersion(json: unknown): EngineVersion {
  const fields = new Fields(json);
  return {
    version: fields.required('Version'),
    apiVersion: fields.required('ApiVersion'),
    minApiVersion: fields.text('MinAPIVersion'),
    os: fields.text('Os'),
    arch: fields.text('Arch'),
    kernelVersion: fields.text('KernelVersion'),
  };
}

/** Reads `/info`. */
export function readInfo(json: unknown): EngineInfo {
  const fields = new Fields(json);
  return {
    id: fields.text('ID'),
    name: fields.text('Name'),
    serverVersion: fields.text('ServerVersion'),
    storageDriver: fields.text('Driver'),
    loggingDriver: fields.text('LoggingDriver'),
    cgroupDriver: fields.text('CgroupDriver'),
    cgroupVersion: fields.text('CgroupVersion') || '1',
    dockerRootDir: fields.text('DockerRootDir'),
    cpus: fields.number('NCPU'),
    memory: fields.number('MemTotal'),
    containers: fields.number('Containers'),
    memoryLimit: fields.flag('MemoryLimit'),
    swapLimit: fields.flag('SwapLimit'),
    cpuCfsQuota: fields.flag('CpuCfsQuota') || fields.flag('CPUCfsQuota'),
    liveRestore: fields.flag('LiveRestoreEnabled'),
    warnings: fields.texts('Warnings'),
  };
}

/** Reads `/images/NAME/json`. */
export function readImage(json: unknown): ImageInspect {
  const fields = new Fields(json);
  const config = fields.object('Config');
  return {
    id: fields.required('Id'),
    tags: fields.texts('RepoTags'),
    digests: fields.texts('RepoDigests'),
    os: fields.text('Os'),
    architecture: fields.text('Architecture'),
    size: fields.number('Size'),
    entrypoint: config.texts('Entrypoint'),
    cmd: config.texts('Cmd'),
    env: config.texts('Env'),
    user: config.text('User'),
    workingDir: config.text('WorkingDir'),
    labels: config.textMap('Labels'),
  };
}

/** Reads `/containers/ID/json`. */
export function readContainer(json: unknown): ContainerInspect {
  const fields = new Fields(json);
  const config = fields.object('Config');
  const settings = fields.object('NetworkSettings');
  return {
    id: fields.required('Id'),
    name: withoutSlash(fields.text('Name')),
    created: fields.text('Created'),
    state: readState(fields.object('State')),
    imageId: fields.text('Image'),
    image: config.text('Image'),
    labels: config.textMap('Labels'),
    env: config.texts('Env'),
    tty: config.flag('Tty'),
    networkMode: fields.object('HostConfig').text('NetworkMode'),
    networks: Object.fromEntries(settings.entries('Networks').map(([name, each]) => [name, readNetwork(each)])),
    ports: readPorts(settings.object('Ports')),
    json: fields.json,
  };
}

function readState(state: Fields): ContainerState {
  const health = state.object('Health').text('Status');
  return {
    status: state.text('Status'),
    running: state.flag('Running'),
    paused: state.flag('Paused'),
    oomKilled: state.flag('OOMKilled'),
    dead: state.flag('Dead'),
    pid: state.number('Pid'),
    exitCode: state.number('ExitCode'),
    error: state.text('Error'),
    startedAt: state.text('StartedAt'),
    finishedAt: state.text('FinishedAt'),
    health: health === '' || health === 'none' ? undefined : health,
  };
}

function readNetwork(network: Fields): ContainerNetwork {
  return {
    ipAddress: network.text('IPAddress'),
    ipv6Address: network.text('GlobalIPv6Address'),
    gateway: network.text('Gateway'),
    macAddress: network.text('MacAddress'),
  };
}

function readPorts(ports: Fields): PublishedPort[] {
  return Object.keys(ports.json).flatMap(port =>
    ports.objects(port).map(binding => ({
      port,
      hostIp: binding.text('HostIp'),
      hostPort: Number(binding.text('HostPort')),
    })),
  );
}

/** Reads `/containers/json`. */
export function readContainers(json: unknown): ContainerSummary[] {
  return new Fields({ list: json }, 'the list').objects('list').map(fields => {
    const own = fields.texts('Names').find(name => !name.slice(1).includes('/'));
    return {
      id: fields.required('Id'),
      name: withoutSlash(own ?? ''),
      image: fields.text('Image'),
      labels: fields.textMap('Labels'),
      state: fields.text('State'),
      created: fields.number('Created'),
    };
  });
}

/** Reads the answer of wait. */
export function readWait(json: unknown): WaitResult {
  const fields = new Fields(json);
  return { exitCode: fields.number('StatusCode'), error: fields.object('Error').text('Message') };
}

/** Reads one object of the stream of stats. */
export function readStats(json: unknown): ContainerStats {
  const fields = new Fields(json);
  const cpu = fields.object('cpu_stats');
  const usage = cpu.object('cpu_usage');
  const throttling = cpu.object('throttling_data');
  const memory = fields.object('memory_stats');
  const interfaces = fields.entries('networks').map(([, each]) => each);
  const sum = (name: string) => interfaces.reduce((total, each) => total + each.number(name), 0);
  const stats = memory.object('stats');
  return {
    read: fields.text('read'),
    cpuTotalNs: usage.number('total_usage'),
    cpuUserNs: usage.number('usage_in_usermode'),
    cpuSystemNs: usage.number('usage_in_kernelmode'),
    periods: throttling.number('periods'),
    throttledPeriods: throttling.number('throttled_periods'),
    throttledNs: throttling.number('throttled_time'),
    memoryUsage: memory.number('usage'),
    memoryLimit: memory.number('limit'),
    memoryStats: Object.fromEntries(Object.keys(stats.json).map(name => [name, stats.number(name)])),
    pids: fields.object('pids_stats').number('current'),
    network: {
      rxBytes: sum('rx_bytes'),
      rxPackets: sum('rx_packets'),
      rxErrors: sum('rx_errors'),
      rxDropped: sum('rx_dropped'),
      txBytes: sum('tx_bytes'),
      txPackets: sum('tx_packets'),
      txErrors: sum('tx_errors'),
      txDropped: sum('tx_dropped'),
    },
  };
}

/** Reads `/exec/ID/json`. */
export function readExec(json: unknown): ExecInspect {
  const fields = new Fields(json);
  const running = fields.flag('Running');
  return { running, exitCode: running ? undefined : fields.number('ExitCode'), pid: fields.number('Pid') };
}

/** Reads the id of what was created. */
export function readCreated(json: unknown): { id: string; warnings: readonly string[] } {
  const fields = new Fields(json);
  return { id: fields.required('Id'), warnings: fields.texts('Warnings') };
}

function withoutSlash(name: string): string {
  return name.replace(/^\//, '');
}
