/**
 * An agent as a master sees it, without any containers: for tests, and by the thousand for benchmarks. Its sockets are
 * real, its wire handling is the least that does.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import {
  type AgentInfo,
  decode,
  type ExecutorInfo,
  encode,
  type FrameworkInfo,
  type MessageType,
  PongSlaveMessage,
  RegisterSlaveMessage,
  ReregisterSlaveMessage,
  type Resource,
  SlaveRegisteredMessage,
  SlaveReregisteredMessage,
  type Task,
} from '@meseta/protocol';

/** A message the master sent. */
export interface Received {
  /** Actor it is for. */
  readonly to: string;
  /** Without `mesos.internal.`. */
  readonly name: string;
  readonly from: string;
  readonly body: Buffer;
}

/** The address and the description of a simulated agent. */
export interface SimulatedAgentOptions {
  /** `127.0.0.1:5050`, of the master. */
  readonly master: string;
  readonly hostname?: string;
  readonly resources?: Resource[];
  readonly version?: string;
  /** More of its description, such as attributes and a domain. */
  readonly describes?: Partial<AgentInfo>;
  /** It has no capabilities: an agent of before Mesos 1.3. */
  readonly isOld?: boolean;
  /** It shares its ports (`--shared_ports`). */
  readonly sharesPorts?: boolean;
  /** Where it listens and connects from; default: an address of its own. */
  readonly address?: SimulatedAddress;
  /** Answers pings; default true. */
  readonly pongs?: boolean;
}

/** What a simulated agent says it runs. */
export interface Runs {
  readonly tasks?: Task[];
  readonly executors?: ExecutorInfo[];
  readonly frameworks?: FrameworkInfo[];
}

const capabilities = [
  'MULTI_ROLE',
  'HIERARCHICAL_ROLE',
  'RESERVATION_REFINEMENT',
  'RESOURCE_PROVIDER',
  'RESIZE_VOLUME',
  'AGENT_OPERATION_FEEDBACK',
  'AGENT_DRAINING',
  'TASK_RESOURCE_LIMITS',
] as const;

/** A listening address with one connection to the master, of one agent or shared by several: `slave(1)`, `slave(2)`, … */
export class SimulatedAddress {
  readonly #server: Server;
  #master: string;
  readonly #incoming = new Set<Socket>();
  readonly #receivers = new Map<string, (message: Received) => void>();
  #outgoing: Socket | undefined;
  port = 0;

  private constructor(master: string) {
    this.#master = master;
    this.#server = createServer(socket => {
      this.#incoming.add(socket);
      socket.on('close', () => this.#incoming.delete(socket));
      socket.on('error', () => undefined);
      socket.on(
        'data',
        messageParser(message => this.#receivers.get(message.to)?.(message)),
      );
    });
  }

  /** @param master `127.0.0.1:5050`. */
  static async listen(master: string): Promise<SimulatedAddress> {
    const address = new SimulatedAddress(master);
    await new Promise<void>(resolve => address.#server.listen(0, '127.0.0.1', resolve));
    address.port = (address.#server.address() as { port: number }).port;
    return address;
  }

  /** Adds an agent's actor. @returns its name. */
  add(receive: (message: Received) => void): string {
    const actor = `slave(${this.#receivers.size + 1})`;
    this.#receivers.set(actor, receive);
    return actor;
  }

  /** Whether the master has a connection to it. */
  get isConnected(): boolean {
    return this.#incoming.size > 0;
  }

  /** Sends a message as it is on the wire. */
  write(message: Buffer): void {
    this.#connect().write(message);
  }

  /** Sends what follows to another master. @param master `127.0.0.1:5050`. */
  follow(master: string): void {
    this.#outgoing?.destroy();
    this.#outgoing = undefined;
    this.#master = master;
  }

  /** Closes all connections, but continues to listen. */
  breakConnections(): void {
    for (const socket of this.#incoming) socket.destroy();
    this.#outgoing?.destroy();
    this.#outgoing = undefined;
  }

  /** Also stops listening. */
  async stop(): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve));
    this.breakConnections();
    await closed;
  }

  #connect(): Socket {
    if (this.#outgoing && !this.#outgoing.destroyed) return this.#outgoing;
    const [host = '', port] = this.#master.split(':');
    const socket = connect({ host, port: Number(port), noDelay: true });
    socket.on('error', () => undefined);
    socket.resume();
    this.#outgoing = socket;
    return socket;
  }
}

/** An agent without containers: it registers, answers pings, and reports statuses as the test decides. */
export class SimulatedAgent {
  readonly #options: SimulatedAgentOptions;
  readonly #address: SimulatedAddress;
  readonly #actor: string;
  readonly #waiting = new Set<{ matches: (message: Received) => boolean; resolve: (message: Received) => void }>();
  /** Everything received and not taken by `next`, oldest first. */
  readonly received: Received[] = [];
  /** Called for each message before it is delivered to a waiting test; true means that it is handled. */
  onMessage: (message: Received) => unknown = () => undefined;
  /** Given by the master. */
  id: string | undefined;
  pongs: boolean;
  sharesPorts: boolean;

  private constructor(options: SimulatedAgentOptions, address: SimulatedAddress) {
    this.#options = options;
    this.pongs = options.pongs ?? true;
    this.sharesPorts = options.sharesPorts ?? false;
    this.#address = address;
    this.#actor = address.add(message => this.#receive(message));
  }

  /** An agent that listens and has not registered. */
  static async start(options: SimulatedAgentOptions): Promise<SimulatedAgent> {
    return new SimulatedAgent(options, options.address ?? (await SimulatedAddress.listen(options.master)));
  }

  /** Whether the master has a connection to its address. */
  get isConnected(): boolean {
    return this.#address.isConnected;
  }

  get pid(): string {
    return `${this.#actor}@127.0.0.1:${this.#address.port}`;
  }

  get info(): AgentInfo {
    const resources = this.#options.resources ?? [scalar('cpus', 4), scalar('mem', 4096), scalar('disk', 4096)];
    const hostname = this.#options.hostname ?? '127.0.0.1';
    return {
      hostname,
      port: this.#address.port,
      resources,
      checkpoint: true,
      ...this.#options.describes,
      ...(this.id && { id: { value: this.id } }),
    };
  }

  get registration(): RegisterSlaveMessage {
    return {
      agent: this.info,
      version: this.#options.version ?? '1.12.0',
      agent_capabilities: [
        ...(this.#options.isOld ? [] : capabilities),
        ...(this.sharesPorts ? ['SHARED_PORTS' as const] : []),
      ].map(type => ({
        type,
      })),
      resource_version_uuid: { value: 'kP2kJcMSQsmDffhgA7AGpQ==' },
    };
  }

  /** Registers and waits for the answer. @returns the id. */
  async register(): Promise<string> {
    this.send(RegisterSlaveMessage, this.registration);
    const { body } = await this.next('SlaveRegisteredMessage');
    this.id = decode(SlaveRegisteredMessage, body).agent_id.value;
    return this.id;
  }

  /** Re-registers with what it runs and waits for the answer. */
  async reregister(runs: Runs = {}): Promise<SlaveReregisteredMessage> {
    this.sendReregister(runs);
    return decode(SlaveReregisteredMessage, (await this.next('SlaveReregisteredMessage')).body);
  }

  sendReregister(runs: Runs = {}): void {
    this.write(this.reregistration(runs));
  }

  /** What `sendReregister` writes: of thousands of agents it is better made before the clock runs. */
  reregistration({ tasks = [], executors = [], frameworks = [] }: Runs): Buffer {
    const message = { ...this.registration, tasks, executor_infos: executors, frameworks };
    return encodeMessage('master', this.pid, ReregisterSlaveMessage.fullName, encode(ReregisterSlaveMessage, message));
  }

  send<T>(type: MessageType<T>, message: T, options: { to?: string; from?: string } = {}): void {
    this.write(encodeMessage(options.to ?? 'master', options.from ?? this.pid, type.fullName, encode(type, message)));
  }

  /** Sends a message as it is on the wire. */
  write(message: Buffer): void {
    this.#address.write(message);
  }

  /** The next message of a name, or one that came already. The caller's test has the deadline. */
  next(name: string): Promise<Received> {
    const matches = (message: Received) => message.name === name;
    const index = this.received.findIndex(matches);
    const [found] = index < 0 ? [] : this.received.splice(index, 1);
    return found ? Promise.resolve(found) : new Promise(resolve => this.#waiting.add({ matches, resolve }));
  }

  /** Sends what follows to another master, as do all agents of its address. */
  follow(master: string): void {
    this.#address.follow(master);
  }

  /** Closes all connections of its address, as a dying agent does, but continues to listen. */
  breakConnections(): void {
    this.#address.breakConnections();
  }

  /** Also stops listening. */
  async stop(): Promise<void> {
    await this.#address.stop();
  }

  #receive(message: Received): void {
    if (message.name === 'PingSlaveMessage') {
      const actor = message.from.slice(0, message.from.indexOf('@'));
      if (this.pongs) this.send(PongSlaveMessage, {}, { to: actor });
    }
    if (this.onMessage(message) === true) return;
    for (const waiting of this.#waiting) {
      if (!waiting.matches(message)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve(message);
      return;
    }
    this.received.push(message);
  }
}

/** A scalar resource. */
export function scalar(name: string, value: number): Resource {
  return { name, type: 'SCALAR', scalar: { value } };
}

function encodeMessage(to: string, from: string, name: string, body: Uint8Array): Buffer {
  const head = `POST /${to}/${name} HTTP/1.1\r\nUser-Agent: libprocess/${from}\r\nLibprocess-From: ${from}\r\nConnection: Keep-Alive\r\nHost: \r\n`;
  if (body.length === 0) return Buffer.from(`${head}\r\n`);
  return Buffer.concat([
    Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`),
    body,
    Buffer.from('\r\n0\r\n\r\n'),
  ]);
}

/** Reads messages as our master writes them: a head, and a body of one chunk or none. */
function messageParser(receive: (message: Received) => void): (data: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return data => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data]);
    for (;;) {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = rest.toString('latin1', 0, end);
      const [, to = '', name = ''] = /^POST \/([^/]+)\/(?:mesos\.internal\.)?(\S+)/.exec(head) ?? [];
      const from = /Libprocess-From: (\S+)/.exec(head)?.[1] ?? '';
      let position = end + 4;
      let body: Buffer = Buffer.alloc(0);
      if (/Transfer-Encoding: chunked/.test(head)) {
        const line = rest.indexOf('\r\n', position);
        if (line < 0) return;
        const size = Number.parseInt(rest.toString('latin1', position, line), 16);
        if (rest.length < line + 2 + size + 7) return;
        body = Buffer.from(rest.subarray(line + 2, line + 2 + size));
        position = line + 2 + size + 7;
      }
      rest = rest.subarray(position);
      receive({ to: decodeURIComponent(to), name, from, body });
    }
  };
}
