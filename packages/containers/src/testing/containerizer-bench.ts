/** For the contract tests of containerizers: a temporary directory, which must be left without processes and files. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ContainerInfo, type ContainerValue, checkId } from '@meseta/protocol';
import { type Clock, systemClock } from '@meseta/system';
import { eventually } from '@meseta/system/testing';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import { ComposingContainerizer } from '../composing.ts';
import { type ContainerId, containerKey } from '../container-id.ts';
import type { Containerizer, ContainerLaunch } from '../containerizer.ts';
import { DockerContainerizer } from '../docker/containerizer.ts';
import type { DockerEngine } from '../docker/engine/docker-engine.ts';
import { createDockerEngine } from '../docker/engine/engine-client.ts';
import { DockerImages } from '../docker/images.ts';
import { DockerLogs } from '../docker/output/docker-logs.ts';
import { DockerStore } from '../docker/store.ts';
import { LaunchError } from '../errors.ts';
import { ExternalContainerizer } from '../external/containerizer.ts';
import { programEnvironment } from '../external/environment.ts';
import { ExternalProgram } from '../external/program.ts';
import { ExternalStore } from '../external/store.ts';
import { Fetcher } from '../fetcher/fetcher.ts';
import { testCgroups } from '../mesos/cgroups/testing/test-cgroups.ts';
import { MesosContainerizer } from '../mesos/containerizer.ts';
import { LinuxFilesystem } from '../mesos/isolators/filesystem/linux.ts';
import type { Isolator } from '../mesos/isolators/isolator.ts';
import { IsolatorChain } from '../mesos/isolators/isolator-chain.ts';
import { pidNamespace } from '../mesos/isolators/namespaces/pid.ts';
import type { Launcher } from '../mesos/launcher.ts';
import { LinuxLauncher } from '../mesos/launchers/linux.ts';
import { PosixLauncher } from '../mesos/launchers/posix.ts';
import { busybox, sharedEngine, type TestEngine } from './docker/index.ts';
import { FakeContainerizer } from './fake-containerizer.ts';
import { type FakeBehaviour, type FakeContainer, FakeMachine } from './fake-machine.ts';

/** A shell line that runs until it is killed. */
export const forever = 'while :; do sleep 1000; done';

/** Returns an id that is unique on this machine, because processes of a container are found by its id. */
export function id(name: string, parent?: ContainerId): ContainerId {
  const value: ContainerValue = checkId(`${name}-${process.pid}`);
  return parent ? { value, parent } : { value };
}

/** The containers of a test, and the containerizers that follow one another, as those of restarted agents do. */
export class ContainerizerBench {
  readonly directory: string;
  /** The machine of fake containerizers. */
  readonly machine = new FakeMachine();
  readonly #make: (bench: ContainerizerBench) => Containerizer;
  readonly #all: Containerizer[] = [];
  /** The isolators of the next containerizer. */
  isolators: readonly Isolator[] = [];
  /** What containers are, unless they say it themselves. */
  container: ContainerInfo | undefined;

  /** @param make one of {@link kinds}. */
  static async open(t: TestContext, make: (bench: ContainerizerBench) => Containerizer): Promise<ContainerizerBench> {
    const bench = new ContainerizerBench(await mkdtemp(join(tmpdir(), 'meseta-containerizer-')), make);
    t.after(() => bench.#close());
    return bench;
  }

  private constructor(directory: string, make: (bench: ContainerizerBench) => Containerizer) {
    this.directory = directory;
    this.#make = make;
  }

  get runtimeDirectory(): string {
    return join(this.directory, 'runtime');
  }

  /** Makes a containerizer that has not recovered yet. */
  containerizer(): Containerizer {
    const made = this.#make(this);
    this.#all.push(made);
    return made;
  }

  /** Makes a containerizer that has recovered no containers. */
  async started(): Promise<Containerizer> {
    const containerizer = this.containerizer();
    await containerizer.recover([]);
    return containerizer;
  }

  /** Returns the launch of an executor's container that runs a shell line in its own sandbox. */
  shell(container: ContainerId, value: string, more: Partial<ContainerLaunch['config']> = {}): ContainerLaunch {
    const directory = this.sandbox(container.parent ?? container);
    mkdirSync(directory, { recursive: true });
    for (const name of ['stdout', 'stderr']) appendFileSync(join(directory, name), ''); // as the agent does
    const config = {
      directory,
      command_info: { value },
      executor_info: { executor_id: { value: 'e' } },
      ...(this.container && { container_info: this.container }),
      ...more,
    };
    return { config, environment: { PATH: '/usr/bin:/bin' } };
  }

  sandbox(container: ContainerId): string {
    return join(this.directory, containerKey(container));
  }

  /** Returns a container's standard output. */
  output(container: ContainerId): string {
    return readFileSync(join(this.sandbox(container), 'stdout'), 'utf8');
  }

  async #close(): Promise<void> {
    await Promise.all(this.#all.map(containerizer => containerizer.close()));
    this.isolators = [];
    const last = this.#make(this);
    const { orphans } = await last.recover([]);
    await Promise.all(orphans.map(each => last.remove(each)));
    await last.close();
    await rm(this.directory, { recursive: true });
  }
}

const isRoot = process.geteuid?.() === 0;

function mesos(bench: ContainerizerBench): Containerizer {
  return mesosWith(bench, new PosixLauncher({ runtimeDirectory: bench.runtimeDirectory }));
}

const flags = {
  sandbox_directory: '/mnt/mesos/sandbox',
  work_dir: '/nonexistent',
  disallow_sharing_agent_pid_namespace: false,
};

/** Every container has a mount namespace and a pid namespace. */
function isolating(bench: ContainerizerBench): Containerizer {
  const launcher = new LinuxLauncher({ runtimeDirectory: bench.runtimeDirectory, cgroups: testCgroups });
  return mesosWith(bench, launcher, [new LinuxFilesystem({ flags }), pidNamespace({ flags })]);
}

function mesosWith(
  { runtimeDirectory, isolators }: ContainerizerBench,
  launcher: Launcher,
  own: readonly Isolator[] = [],
): Containerizer {
  const log = silentLogger();
  return new MesosContainerizer({
    launcher,
    fetcher: new Fetcher({ stallTimeoutMs: 60_000 }),
    isolators: new IsolatorChain([...own, ...isolators], log),
    ...{ runtimeDirectory, log, clock: systemClock, metrics: new Metrics() },
  });
}

/** Makes an external containerizer with one of the examples as its program. */
function external(name: string): (bench: ContainerizerBench) => Containerizer {
  return ({ directory, runtimeDirectory }) => {
    const parts = { clock: systemClock, log: silentLogger() };
    const path = fileURLToPath(new URL(`../../../../examples/external-containerizer/${name}`, import.meta.url));
    const own = { libexecDirectory: directory, workDirectory: directory };
    return new ExternalContainerizer({
      ...parts,
      program: new ExternalProgram({ path, environment: programEnvironment(process.env, own), ...parts }),
      store: new ExternalStore(runtimeDirectory, parts.log),
      launchTimeoutMs: 30_000,
      commandExecutor: join(directory, 'mesos-executor'),
      toOldFormat: (_, message) => message,
    });
  };
}

const engine = sharedEngine();
let startedEngine: TestEngine | undefined;

/** Starts the engine of {@link dockerKinds}, for the tests of a file. */
export async function startEngine(): Promise<void> {
  startedEngine = await engine();
}

/** Containers have the sandbox as their working directory, as those of other containerizers. */
function docker(bench: ContainerizerBench): Containerizer {
  if (startedEngine === undefined) throw new Error('The Docker engine was not started');
  return dockerContainerizer(
    bench,
    createDockerEngine({ kind: 'unix', socketPath: startedEngine.socket }),
    systemClock,
  );
}

/** Returns a containerizer with an engine, whose client it closes. */
export function dockerContainerizer(
  bench: ContainerizerBench,
  client: DockerEngine,
  clock: Clock,
): DockerContainerizer {
  const { directory, runtimeDirectory } = bench;
  const sandbox_directory = '/mnt/mesos/sandbox';
  const workdir = { key: 'workdir', value: sandbox_directory };
  bench.container = { type: 'DOCKER', docker: { image: busybox, network: 'NONE', parameters: [workdir] } };
  const log = silentLogger();
  return new DockerContainerizer({
    ...{ engine: client, clock, log, metrics: new Metrics(), identity: directory, nameCase: 'preserve' },
    store: new DockerStore(runtimeDirectory, log),
    logs: new DockerLogs({ runtimeDirectory, settings: undefined, log }),
    fetcher: new Fetcher({ stallTimeoutMs: 60_000 }),
    images: new DockerImages({ engine: client, log, accounts: () => undefined }),
    flags: {
      ...{ work_dir: directory, runtime_dir: runtimeDirectory, sandbox_directory },
      ...{ docker_remove_delay: 0, docker_stop_timeout: 0, docker_kill_orphans: true },
      docker_container_name_case: 'preserve',
    },
  });
}

/** Makes a containerizer that refuses every launch. */
function refusing(): Containerizer {
  const refuser: Partial<Containerizer> = {
    name: 'refusing',
    isolates: false,
    recover: async () => ({ containers: new Map(), orphans: [] }),
    launch: async () => ({ unsupported: 'Everything is' }),
    destroy: async () => undefined,
    remove: async () => undefined,
    containers: () => [],
    close: async () => undefined,
  };
  return refuser as Containerizer;
}

/** Maps the shell lines of the contract tests to the behaviour of a fake container. */
function shellLine({ config: { command_info, container_info, directory } }: ContainerLaunch): FakeBehaviour {
  const { value = '', shell } = command_info;
  if (container_info?.type === 'DOCKER')
    return { unsupported: 'A container of type DOCKER needs the containerizer docker' };
  if (shell === false) return { exec: () => Promise.reject(new LaunchError('EXEC', `No such program: ${value}`)) };
  return value === forever ? {} : { run: container => void perform(value, directory, container) };
}

async function perform(line: string, directory: string, container: FakeContainer): Promise<void> {
  const [, file] = /touch (\w+)/.exec(line) ?? [];
  if (file !== undefined) writeFileSync(join(directory, file), '');
  const [, awaited] = /until \[ -e (\w+) \]/.exec(line) ?? [];
  if (awaited !== undefined)
    await eventually(awaited, () => existsSync(join(directory, awaited))).catch(() => undefined);
  const [, code = '0'] = /exit (\d+)/.exec(line) ?? [];
  container.end({ kind: 'exited', code: Number(code) });
}

type Kinds = Readonly<Record<string, (bench: ContainerizerBench) => Containerizer>>;

/** The containerizers that run processes. */
export const processKinds: Kinds = {
  'mesos, posix launcher': mesos,
  ...(isRoot && { 'mesos, linux launcher': isolating }),
  composing: bench => new ComposingContainerizer([refusing(), mesos(bench)]),
};

/** The containerizers of external programs: they know no processes, and pass on what they do not understand. */
export const externalKinds: Kinds = {
  'external, TypeScript': external('process-groups'),
  'external, Python': external('processes.py'),
};

/** The containerizers of a Docker engine. */
export const dockerKinds: Kinds = { docker };

/** The containerizers that pass the contract. A new containerizer is one more entry. */
export const kinds: Kinds = {
  ...processKinds,
  ...externalKinds,
  ...dockerKinds,
  fake: bench => new FakeContainerizer(bench.machine, shellLine),
};
