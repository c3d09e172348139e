/** What chaos is made in: a ZooKeeper ensemble, three masters, three agents and two frameworks, each a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ZooKeeper } from '@meseta/storage/testing';
import { type CutNetwork, freePort, type Place, thisMachine } from '@meseta/system/testing';
import { BreakableConnection } from '../breakable-connection.ts';
import { Daemon, type Flags } from '../daemon.ts';
import { endProcesses } from '../processes.ts';

/** A process that ended by itself. */
export type Supervised = Daemon | FrameworkProcess;

/** How a cluster is started. */
export interface ChaosClusterOptions {
  readonly seed: number;
  /** Its directory stays. */
  readonly keep: boolean;
  /** Each process gets a machine of its own in it. Default: all are on this machine. */
  readonly network?: CutNetwork | undefined;
}

/** Something that can be cleaned up after: a test, or a run of its own. */
export interface Scope {
  after(cleanUp: () => void | Promise<void>): void;
}

const sessionTimeout = '3secs';
/** What docs/high-availability.md recommends for servers of ZooKeeper 3.8: without it, they lose what they have confirmed. */
const properties = ['zookeeper.forceSnapshotSync=true'];

export class ChaosCluster {
  readonly directory: string;
  readonly zookeeper: ZooKeeper;
  /** The first master's only way to ZooKeeper, on one machine. */
  readonly way: BreakableConnection | undefined;
  readonly network: CutNetwork | undefined;
  readonly masters: Daemon[] = [];
  readonly agents: Daemon[] = [];
  readonly frameworks: FrameworkProcess[] = [];

  static async start(scope: Scope, { seed, keep, network }: ChaosClusterOptions): Promise<ChaosCluster> {
    const places: Place[] = [];
    if (network) for (const id of [1, 2, 3]) places.push(await network.place(`zk-${id}`));
    const zookeeper = await ZooKeeper.start({ servers: 3, tickMs: 200, properties, places, keep });
    const directory = mkdtempSync(path.join(tmpdir(), 'chaos-'));
    scope.after(async () => {
      await endProcesses(directory);
      if (!keep) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
      await zookeeper.close();
    });
    const way = network ? undefined : await BreakableConnection.to(scope, zookeeper.server(0).host);
    const cluster = new ChaosCluster(directory, zookeeper, way, network);
    for (let index = 1; index <= 3; index++) await cluster.#addMaster(index);
    for (let index = 1; index <= 3; index++) await cluster.#addAgent(index);
    for (let index = 1; index <= 2; index++) {
      const place = await cluster.#place(`fw-${index}`);
      cluster.frameworks.push(new FrameworkProcess(cluster, `framework-${index}`, seed + index, place));
    }
    for (const each of cluster.all) each.spawn();
    return cluster;
  }

  private constructor(
    directory: string,
    zookeeper: ZooKeeper,
    way: BreakableConnection | undefined,
    network: CutNetwork | undefined,
  ) {
    this.directory = directory;
    this.zookeeper = zookeeper;
    this.way = way;
    this.network = network;
  }

  /** `zk://…/mesos`. */
  get address(): string {
    return `zk://${this.zookeeper.hosts}/mesos`;
  }

  get all(): readonly Supervised[] {
    return [...this.masters, ...this.agents, ...this.frameworks];
  }

  async #addMaster(index: number): Promise<void> {
    const name = `master-${index}`;
    const zk = index === 1 && this.way ? `zk://${this.way.host}/mesos` : this.address;
    const flags = {
      work_dir: path.join(this.directory, name),
      quorum: 2,
      allocation_interval: '50ms',
      agent_ping_timeout: '1secs',
    };
    this.masters.push(await this.#daemon('master', name, { ...flags, zk }));
  }

  async #addAgent(index: number): Promise<void> {
    const name = `agent-${index}`;
    const flags = {
      work_dir: path.join(this.directory, name),
      runtime_dir: path.join(this.directory, `${name}-run`),
      ...{ master: this.address, launcher: 'posix', resources: 'cpus:4;mem:4096;disk:4096;ports:[31000-31099]' },
      ...{ registration_backoff_factor: '50ms', executor_reregistration_timeout: '2secs' },
    };
    this.agents.push(await this.#daemon('agent', name, flags));
  }

  async #daemon(kind: 'master' | 'agent', name: string, flags: Flags): Promise<Daemon> {
    const { directory } = this;
    const place = await this.#place(name);
    const all = { zk_session_timeout: sessionTimeout, ...flags };
    return new Daemon({ kind, name, directory, place, flags: all }, await freePort());
  }

  async #place(name: string): Promise<Place> {
    return (await this.network?.place(name)) ?? thisMachine;
  }
}

const driver = path.join(import.meta.dirname, 'framework-driver.ts');

/** A framework whose process is started again in the phase that it is in. */
export class FrameworkProcess {
  readonly kind = 'framework';
  readonly name: string;
  /** Its journal. */
  readonly journal: string;
  /** What its tasks wrote. */
  readonly traces: string;
  readonly place: Place;
  phase: 'launch' | 'drain' | 'teardown' = 'launch';
  readonly #argv: readonly string[];
  readonly #log: string;
  #child: ChildProcess | undefined;
  #exit: Promise<string> | undefined;

  constructor({ address, directory }: ChaosCluster, name: string, seed: number, place: Place) {
    const own = path.join(directory, 'frameworks');
    mkdirSync(own, { recursive: true });
    this.name = name;
    this.place = place;
    this.journal = path.join(own, `${name}.journal`);
    this.traces = path.join(own, `${name}.traces`);
    this.#log = path.join(own, `${name}.log`);
    const program = [process.execPath, '--disable-warning=ExperimentalWarning', driver];
    this.#argv = [...place.enter, ...program, address, own, name, `${seed}`];
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get ended(): Promise<string> {
    return this.#exit ?? Promise.reject(new Error('Never started'));
  }

  get logPath(): string {
    return this.#log;
  }

  spawn(): void {
    const log = openSync(this.#log, 'a');
    const [program = '', ...words] = this.#argv;
    const child = spawn(program, [...words, this.phase], { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#child = child;
    this.#exit = once(child, 'exit').then(([code, signal]) => signal ?? `code ${code}`);
  }

  /** Sends a signal, and waits for the end when it is one that ends it. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.running) return;
    this.#child?.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await this.#exit;
  }
}
