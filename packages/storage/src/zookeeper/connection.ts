/** One TCP connection to a server of ZooKeeper: handshake, framing, heartbeat. A session has one after another. */
import { connect, type Socket } from 'node:net';
import { formatServer, type ZooKeeperServer } from './address.ts';
import { answeredError, ZooKeeperError } from './errors.ts';
import { MalformedRecordError, RecordReader, RecordWriter } from './jute.ts';
import { opcodes } from './operations.ts';

/** What identifies a session to a server. */
export interface SessionTicket {
  /** 0 to begin a new session. */
  readonly id: bigint;
  readonly password: Uint8Array;
  /** How long the session lives without a sign of this client. The server may grant another time. */
  readonly timeoutMs: number;
  /** The last transaction that the session has seen: a server that is behind it refuses the session. */
  readonly lastSeen: bigint;
}

/** A change of a node that was watched. @see ZooKeeper Watcher.Event.EventType */
export interface WatchEvent {
  readonly type: 'created' | 'removed' | 'changed' | 'children' | 'other';
  readonly path: string;
}

const eventTypes: Readonly<Record<number, WatchEvent['type']>> = {
  1: 'created',
  2: 'removed',
  3: 'changed',
  4: 'children',
};

/** A request on its way. `settle` gets the reader of the answer's body, or the error. */
interface Pending {
  readonly xid: number;
  readonly sentAt: number;
  readonly what: string;
  readonly bytes: number;
  settle(answer: RecordReader | ZooKeeperError): void;
}

const xids = { notification: -1, ping: -2, auth: -4 } as const;

/** Answers are far smaller; what is not ZooKeeper's looks like a large one. */
const largestFrame = 64 * 1024 * 1024;

/** The longest request: ZooKeeper's default `jute.maxbuffer` is 0xfffff bytes, and it closes the connection beyond. */
const largestRequest = 0xfffff;

const noBytes = Buffer.alloc(0);

/** The server said that the session has expired. */
export const expired = Symbol('expired');

/** One connection. When it is closed, its session looks for another one. */
export class ZooKeeperConnection {
  readonly server: ZooKeeperServer;
  /** Called for each change of a watched node, in the order of the answers. */
  onEvent: (event: WatchEvent) => void = () => undefined;
  /** Resolves with the reason when the connection has ended. */
  readonly closed: Promise<Error>;
  readonly #socket: Socket;
  readonly #close: (reason: Error) => void;
  #reason: Error | undefined;
  #received: Buffer = noBytes;
  #ticket: SessionTicket;
  #handshake: PromiseWithResolvers<ZooKeeperConnection | typeof expired> | undefined;
  #handshakeSentAt = 0;
  #pending: Pending[] = [];
  #pings: number[] = [];
  #heartbeat: NodeJS.Timeout | undefined;
  #aliveAt = 0;
  #xid = 0;

  private constructor(server: ZooKeeperServer, ticket: SessionTicket) {
    this.server = server;
    this.#ticket = ticket;
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.closed = promise;
    this.#close = resolve;
    this.#socket = connect({ host: server.host, port: server.port, noDelay: true, keepAlive: true });
    this.#socket.on('connect', () => this.#greet());
    this.#socket.on('data', bytes => this.#onData(bytes as Buffer));
    this.#socket.on('error', error => this.destroy(error));
    this.#socket.on('close', () => this.destroy(new Error('the server closed the connection')));
  }

  /**
   * Connects and presents the session.
   *
   * @param limitMs how long both may take together.
   * @param signal gives up.
   * @returns `expired` when the server knows that the session has ended.
   * @throws {Error} when there is no connection: `net`'s, or one with words.
   */
  static async open(
    server: ZooKeeperServer,
    ticket: SessionTicket,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<ZooKeeperConnection | typeof expired> {
    const connection = new ZooKeeperConnection(server, ticket);
    connection.#handshake = Promise.withResolvers();
    const giveUp = () => connection.destroy(new Error('the session has ended'));
    signal.addEventListener('abort', giveUp, { once: true });
    const limit = setTimeout(() => {
      const words =
        connection.#handshakeSentAt > 0 ? 'accepts the connection, but opens no session' : 'does not answer';
      connection.destroy(new Error(`it ${words} within ${Math.round(limitMs)} ms`));
    }, limitMs);
    try {
      return await connection.#handshake.promise;
    } finally {
      clearTimeout(limit);
      signal.removeEventListener('abort', giveUp);
      connection.#handshake = undefined;
    }
  }

  /** The session as the server has granted it, with the last transaction seen. */
  get ticket(): SessionTicket {
    return this.#ticket;
  }

  /**
   * When the server has surely heard of this client last, by `performance.now()`: the time at which the latest answered
   * request was sent.
   */
  get aliveAt(): number {
    return this.#aliveAt;
  }

  /** How many requests wait for their answer. */
  get waiting(): number {
    return this.#pending.length;
  }

  /**
   * Sends a request. Answers come in the order of the requests.
   *
   * @param what for errors: `create /mesos`.
   * @param settle called once, with the answer's body or the error, before the next answer or event is read.
   */
  send(
    opcode: number,
    what: string,
    write: (writer: RecordWriter) => void,
    settle: (answer: RecordReader | ZooKeeperError) => void,
  ): void {
    this.#xid = this.#xid >= 0x7fffffff ? 1 : this.#xid + 1;
    const writer = new RecordWriter().int(this.#xid).int(opcode);
    write(writer);
    const frame = writer.frame();
    if (frame.length > largestRequest) {
      return settle(
        new ZooKeeperError(
          'ZK_TOO_LARGE',
          `Could not ${what} in ZooKeeper: ${frame.length} bytes, and it accepts at most ${largestRequest}`,
        ),
      );
    }
    if (this.#reason) return settle(lost({ what, bytes: 0 }, this.#reason));
    this.#pending.push({ xid: this.#xid, sentAt: performance.now(), what, bytes: frame.length, settle });
    this.#socket.write(frame);
  }

  /** Sends credentials. A server that refuses them says so, then closes the connection. @param refused called then. */
  authenticate(scheme: string, credentials: string, refused: () => void): void {
    this.#refused = refused;
    const writer = new RecordWriter().int(xids.auth).int(opcodes.auth);
    this.#socket.write(writer.int(0).text(scheme).text(credentials).frame());
  }

  #refused: () => void = () => undefined;

  /** Ends the connection, and with an error the requests that wait. Idempotent. The session lives on. */
  destroy(reason: Error): void {
    if (this.#reason) return;
    this.#reason = reason;
    clearInterval(this.#heartbeat);
    this.#socket.destroy();
    this.#received = noBytes;
    const pending = this.#pending;
    this.#pending = [];
    for (const each of pending) each.settle(lost(each, reason));
    this.#handshake?.reject(reason);
    this.#close(reason);
  }

  #greet(): void {
    const { id, password, timeoutMs, lastSeen } = this.#ticket;
    this.#handshakeSentAt = performance.now();
    const writer = new RecordWriter().int(0).long(lastSeen).int(timeoutMs).long(id).bytes(password).bool(false);
    this.#socket.write(writer.frame());
  }

  #onData(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    try {
      while (this.#received.length >= 4 && this.#reason === undefined) {
        const length = this.#received.readInt32BE(0);
        if (length < 0 || length > largestFrame) throw new MalformedRecordError('It is no server of ZooKeeper');
        if (this.#received.length < 4 + length) return;
        const frame = this.#received.subarray(4, 4 + length);
        this.#received = this.#received.subarray(4 + length);
        if (this.#handshake) this.#onGreeting(new RecordReader(frame), this.#handshake);
        else this.#onAnswer(new RecordReader(frame));
      }
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  #onGreeting(reader: RecordReader, { resolve }: PromiseWithResolvers<ZooKeeperConnection | typeof expired>): void {
    reader.int();
    const timeoutMs = reader.int();
    const id = reader.long();
    const password = reader.bytes();
    this.#handshake = undefined;
    if (timeoutMs <= 0) {
      resolve(expired);
      return this.destroy(new Error('the session has expired'));
    }
    this.#ticket = { ...this.#ticket, id, password, timeoutMs };
    this.#aliveAt = this.#handshakeSentAt;
    this.#heartbeat = setInterval(() => this.#beat(), timeoutMs / 3);
    resolve(this);
  }

  /** A third of the time-out after the last ping: it was answered, or the server is not there any more. */
  #beat(): void {
    if (this.#pings.length > 0) return this.destroy(new Error('the server does not answer any more'));
    this.#pings.push(performance.now());
    this.#socket.write(new RecordWriter().int(xids.ping).int(opcodes.ping).frame());
  }

  #onAnswer(reader: RecordReader): void {
    const xid = reader.int();
    const transaction = reader.long();
    const error = reader.int();
    switch (xid) {
      case xids.notification: {
        const type = eventTypes[reader.int()] ?? 'other';
        reader.int(); // state of the session
        return this.onEvent({ type, path: reader.text() });
      }
      case xids.ping:
        this.#aliveAt = Math.max(this.#aliveAt, this.#pings.shift() ?? 0);
        return;
      case xids.auth:
        if (error !== 0) this.#refused();
        return;
      default:
        return this.#onReply(xid, transaction, error, reader);
    }
  }

  #onReply(xid: number, transaction: bigint, error: number, reader: RecordReader): void {
    const pending = this.#pending[0];
    if (pending?.xid !== xid) throw new MalformedRecordError(`It answers request ${xid}, which does not wait`);
    this.#pending.shift();
    this.#aliveAt = Math.max(this.#aliveAt, pending.sentAt);
    if (transaction > this.#ticket.lastSeen) this.#ticket = { ...this.#ticket, lastSeen: transaction };
    if (error === 0) return pending.settle(reader);
    pending.settle(answeredError(error, pending.what));
    // The session is on another server, or this server has lost the ensemble.
    if (error === -118 || error === -4) this.destroy(new Error('the server gave the session up'));
  }
}

function lost({ what, bytes }: Pick<Pending, 'what' | 'bytes'>, cause: Error): ZooKeeperError {
  return new ZooKeeperError(
    'ZK_CONNECTION_LOSS',
    `The connection to ZooKeeper broke before the answer to ${what}: ${cause.message}; whether it was done is unknown`,
    { cause, requestBytes: bytes },
  );
}

/** Returns words for a connection that could not be opened: which server, and why. */
export function connectionProblem(server: ZooKeeperServer, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  // Several addresses of a host fail with one error that has no message of its own.
  return `${formatServer(server)}: ${message || code || 'unknown error'}`;
}
