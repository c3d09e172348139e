/** Real ZooKeeper servers for tests: processes of the Debian package, which tests kill, stop and start again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort, type Need, needs, type Place, thisMachine } from '@meseta/system/testing';

const jar = '/usr/share/java/zookeeper.jar';
/** Without it, ZooKeeper logs nothing. */
const logger = '/usr/share/java/slf4j-simple.jar';
const configuration = '/etc/zookeeper/conf';

/** The need of a test that starts ZooKeeper servers. */
export const needsZooKeeper: Need = needs.package('zookeeper', jar, configuration);

/** How many servers, and how they keep time. */
export interface ZooKeeperOptions {
  /** One server, or an ensemble of three. Default: 1. */
  readonly servers?: 1 | 3;
  /** ZooKeeper's tick, milliseconds. Sessions time out after 2 to 20 ticks, as the client asks. Default: 200. */
  readonly tickMs?: number;
  /** The largest heap of a server, MiB. Default: 64. */
  readonly heapMb?: number;
  /** System properties of Java, such as `jute.maxbuffer=65536`. */
  readonly properties?: readonly string[];
  /** Where each server runs. Default: on this machine, all on 127.0.0.1. */
  readonly places?: readonly Place[];
  /** Whether its directory, with data and logs, stays; the logs say more then. Default: no. */
  readonly keep?: boolean;
  /** More lines of the configuration file, such as `maxSessionTimeout=1000`. */
  readonly settings?: readonly string[];
}

/** What a server says of itself: `standalone`, `leader`, `follower`; undefined while it serves nobody. */
type Mode = 'standalone' | 'leader' | 'follower';

/**
 * ZooKeeper on free ports, with a directory of its own. The servers end with this process even when it is
 * killed. Close it after the test: `t.after(() => zookeeper.close())`.
 */
export class ZooKeeper {
  readonly directory: string;
  /** In the order in which `hosts` lists them. */
  readonly servers: readonly ZooKeeperServer[];

  /** Starts servers, and resolves when all serve. */
  static async start({
    servers: count = 1,
    places = [],
    keep = false,
    ...options
  }: ZooKeeperOptions = {}): Promise<ZooKeeper> {
    const directory = mkdtempSync(join(tmpdir(), 'zookeeper-'));
    const servers: ZooKeeperServer[] = [];
    for (let id = 1; id <= count; id++) {
      const ports = { client: await freePort(), quorum: await freePort(), election: await freePort() };
      servers.push(new ZooKeeperServer(id, join(directory, `${id}`), ports, places[id - 1]));
    }
    const zookeeper = new ZooKeeper(directory, servers, keep);
    try {
      for (const server of servers) server.configure(servers, { ...options, keep });
      for (const server of servers) server.spawn();
      await zookeeper.serves();
      return zookeeper;
    } catch (error) {
      await zookeeper.close();
      throw error;
    }
  }

  readonly #isKept: boolean;

  private constructor(directory: string, servers: readonly ZooKeeperServer[], isKept: boolean) {
    this.directory = directory;
    this.servers = servers;
    this.#isKept = isKept;
  }

  /** All servers, as in a `zk://` address: `127.0.0.1:1,127.0.0.1:2`. */
  get hosts(): string {
    return this.servers.map(({ host }) => host).join(',');
  }

  /** One server, by its place in `hosts`. */
  server(index: number): ZooKeeperServer {
    const server = this.servers[index];
    if (!server) throw new Error(`There is no server ${index}`);
    return server;
  }

  /** Resolves when all running servers serve. */
  async serves(): Promise<void> {
    for (const server of this.servers) if (server.running) await server.serves();
  }

  /** The server that leads the ensemble, or the only one; waits until there is one. */
  leader(): Promise<ZooKeeperServer> {
    return eventually('a leader of the ensemble', async () => {
      for (const server of this.servers) {
        if (server.running && ['leader', 'standalone'].includes((await server.mode()) ?? '')) return server;
      }
      return undefined;
    });
  }

  /** Ends all servers and removes their data, unless it is kept. Idempotent. */
  async close(): Promise<void> {
    await Promise.all(this.servers.map(server => server.kill()));
    if (!this.#isKept) rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Ports {
  readonly client: number;
  readonly quorum: number;
  readonly election: number;
}

/** One server. It keeps its ports and its data when it is started again. */
export class ZooKeeperServer {
  readonly id: number;
  readonly ports: Ports;
  readonly place: Place;
  readonly #directory: string;
  #child: ChildProcess | undefined;
  #arguments: readonly string[] = [];

  constructor(id: number, directory: string, ports: Ports, place: Place = thisMachine) {
    this.id = id;
    this.ports = ports;
    this.place = place;
    this.#directory = directory;
  }

  /** `IP:PORT`. */
  get host(): string {
    return `${this.place.ip}:${this.ports.client}`;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it has logged. */
  get log(): string {
    return readFileSync(join(this.#directory, 'log'), 'utf8');
  }

  /** Writes the configuration of one server of an ensemble. */
  configure(
    servers: readonly ZooKeeperServer[],
    { tickMs = 200, heapMb = 64, settings = [], properties = [], keep = false }: ZooKeeperOptions,
  ): void {
    const directory = this.#directory;
    mkdirSync(join(directory, 'data'), { recursive: true });
    writeFileSync(join(directory, 'data', 'myid'), `${this.id}\n`);
    const members = servers.map(
      ({ id, place: { ip }, ports: { quorum, election } }) => `server.${id}=${ip}:${quorum}:${election}`,
    );
    const lines = [
      `dataDir=${directory}/data`,
      `clientPort=${this.ports.client}`,
      `clientPortAddress=${this.place.ip}`,
      `tickTime=${tickMs}`,
      'initLimit=50',
      'syncLimit=10',
      'maxClientCnxns=0',
      'admin.enableServer=false',
      '4lw.commands.whitelist=srvr,mntr,cons,wchp',
      ...(members.length > 1 ? members : []),
      ...settings,
    ];
    writeFileSync(join(directory, 'zoo.cfg'), `${lines.join('\n')}\n`);
    this.#arguments = [
      ...['-cp', `${configuration}:${jar}:${logger}`, `-Xmx${heapMb}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
      ...['-XX:-UsePerfData', '-Xss512k', '-Djava.net.preferIPv4Stack=true'],
      ...properties.map(property => `-D${property}`),
      ...[`-Dorg.slf4j.simpleLogger.defaultLogLevel=${keep ? 'info' : 'warn'}`, '-Dzookeeper.preAllocSize=1024'],
      ...['-Dorg.slf4j.simpleLogger.showDateTime=true', '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS'],
      // Servers that were stopped lose messages of an election, which goes on after up to a minute by default: as long as
      // tests wait.
      '-Dzookeeper.fastleader.maxNotificationInterval=1000',
      // What was written outlives a server that is killed: nothing has to wait for a disk, which may be slow.
      '-Dzookeeper.forceSync=no',
      ...['org.apache.zookeeper.server.quorum.QuorumPeerMain', join(directory, 'zoo.cfg')],
    ];
  }

  /** Starts it only. It ends with this process, however that ends. */
  spawn(): void {
    const log = openSync(join(this.#directory, 'log'), 'a');
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', ...this.place.enter, 'java', ...this.#arguments], {
      stdio: ['ignore', log, log],
      cwd: this.#directory,
    });
    closeSync(log);
  }

  /** Starts it again with its data, and resolves when it serves, which in an ensemble needs a majority. */
  async restart(): Promise<void> {
    this.spawn();
    await this.serves();
  }

  /** Ends it as a crash does, stopped or not. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || !this.running) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Stops it: its connections stay open, and it answers no more. */
  stop(): void {
    this.#child?.kill('SIGSTOP');
  }

  /** Lets it go on after `stop`. */
  continue(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Resolves when it serves clients. */
  async serves(): Promise<void> {
    await eventually(`ZooKeeper server ${this.id}`, async () => {
      if (!this.running) throw new Error(`ZooKeeper server ${this.id} ended:\n${this.log}`);
      return this.mode();
    });
  }

  /** What it is in its ensemble; undefined while it serves nobody. */
  async mode(): Promise<Mode | undefined> {
    const answer = await this.ask('srvr').catch(() => '');
    return /^Mode: (standalone|leader|follower)$/m.exec(answer)?.[1] as Mode | undefined;
  }

  /** Returns the answer to one of ZooKeeper's four-letter words: `srvr`, `mntr`, `cons`, `wchp`. */
  async ask(word: string): Promise<string> {
    const socket = connect(this.ports.client, this.place.ip);
    socket.setTimeout(2000, () => socket.destroy(new Error('no answer')));
    socket.end(word);
    socket.setEncoding('utf8');
    let answer = '';
    for await (const piece of socket) answer += piece;
    return answer;
  }
}
