import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { SlicedQueue } from '@meseta/system';
import { readBody } from '../http/body.ts';
import { HttpError } from '../http/error.ts';
import { ERROR_HEADER, FAILURES, type FailureCode } from '../http/failures.ts';
import type { FrontReader } from '../http/front-reader.ts';
import { type PeerAddress, peerOf } from '../http/request.ts';
import type { HttpServer } from '../http/server.ts';
import { type Owners, SocketOwners } from '../owners/socket-owners.ts';
import type { Report } from '../report.ts';
import { Answers } from './answers.ts';
import { Connection, type ConnectionLimits } from './connection.ts';
import { Inbox, messageCutter } from './inbox.ts';
import { encodeMessage, receiverOf, senderOf } from './message.ts';
import { addressOf, formatPid, type Pid } from './pid.ts';
import { isOwnAddress, SenderCheck, Senders } from './senders.ts';

/**
 * Receives one message.
 *
 * @param from the sender as the message names it. It is not proven: any program that reaches the port can send any
 * name.
 * @param peer the other end of the message's connection.
 */
export type MessageHandler = (from: Pid, body: Buffer, peer: PeerAddress) => void | Promise<void>;

/** The address that a process announces, and the senders that it accepts. */
export interface LibprocessOptions {
  /**
   * The address that is announced to peers, when it is not the one listened on (`--advertise_ip`, `--advertise_port`).
   */
  readonly advertise?: { readonly ip?: string; readonly port?: number };
  readonly limits?: Partial<ConnectionLimits>;
  /** Tells whose connections of this machine are. Default: the kernel's tables. */
  readonly owners?: Owners;
  readonly report?: Report;
  /** Milliseconds of a clock that never goes back. Default: `performance.now`. */
  readonly now?: () => number;
}

/** What went through, since the start. */
export interface LibprocessCounters {
  sent: number;
  received: number;
  /** Outgoing messages which did not leave: their peer's connection failed or overflowed. */
  dropped: number;
  /** The number of incoming messages with a malformed sender, or for an unknown actor. */
  refused: number;
}

const LIMITS: ConnectionLimits = { queueBytes: 128 * 1024 * 1024, connectMs: 10_000, idleMs: 60_000, stallMs: 60_000 };

/**
 * Sends and receives Mesos's actor messages over HTTP. A message is bytes with the pid of its sender; the receiver
 * answers over its own connection to that pid. Messages are delivered at most once, and in order for each pair of
 * addresses; a link reports the end of a connection.
 *
 * @see Mesos 3rdparty/libprocess/src/process.cpp, SocketManager
 */
export class Libprocess {
  readonly counters: LibprocessCounters = { sent: 0, received: 0, dropped: 0, refused: 0 };
  readonly #server: HttpServer;
  readonly #advertise: { readonly ip?: string; readonly port?: number };
  readonly #limits: ConnectionLimits;
  readonly #report: Report;
  readonly #handlers = new Map<string, Map<string, MessageHandler>>();
  readonly #connections = new Map<string, Connection>();
  readonly #orders = new WeakMap<Socket, Order>();
  readonly #senders = new WeakMap<Socket, Senders>();
  readonly #senderCheck: SenderCheck;
  readonly #fromPassing = new WeakSet<MessageHandler>();
  readonly #reported = new Set<string>();
  readonly #incoming = new WeakMap<PeerAddress, Socket>();
  readonly #answers = new Answers();
  readonly #later = { flush: new SlicedQueue(), exit: new SlicedQueue() };
  /** Of actors of this process. */
  readonly #pids = new Map<string, Pid>();
  #closed = false;

  /** @param server receives the messages; its address is announced to peers. */
  constructor(server: HttpServer, options: LibprocessOptions = {}) {
    this.#server = server;
    this.#advertise = options.advertise ?? {};
    this.#limits = { ...LIMITS, ...options.limits };
    this.#report = options.report ?? ((level, message, error) => console[level](message, error ?? ''));
    this.#senderCheck = new SenderCheck(
      options.owners ?? new SocketOwners(),
      error => this.#report('error', 'Dropped a message: its sender cannot be found out', error),
      options.now ?? (() => performance.now()),
    );
    server.intercept((request, response) => this.#receive(request, response));
    server.readInFront((socket, first, handOver) => this.#readMessages(socket, first, handOver));
  }

  /**
   * Returns the pid of an actor of this process.
   *
   * @throws {Error} when the server does not listen.
   */
  pid(id: string): Pid {
    const known = this.#pids.get(id);
    if (known) return known;
    const { address, port } = this.#server.address;
    const pid = { id, ip: this.#advertise.ip ?? address, port: this.#advertise.port ?? port };
    if (this.#pids.size >= 100) this.#pids.clear(); // actors may come and go
    this.#pids.set(id, pid);
    return pid;
  }

  /**
   * Handles messages of one name for one actor, replacing an earlier handler.
   *
   * @param options.mayHaveLeft takes messages of peers on this machine that closed the connection before it was known
   *   whose it is, as Mesos does where it has no link.
   */
  install(id: string, name: string, handler: MessageHandler, options: { mayHaveLeft?: boolean } = {}): void {
    if (options.mayHaveLeft) this.#fromPassing.add(handler);
    const actor = this.#handlers.get(id) ?? new Map<string, MessageHandler>();
    this.#handlers.set(id, actor.set(name, handler));
  }

  /** Removes an actor with all its handlers: its messages get 404 from now on. */
  remove(id: string): void {
    this.#handlers.delete(id);
  }

  /**
   * Sends without waiting. True says only that the message is queued; false that it is dropped, because the peer's
   * queue is full or this transport closed.
   */
  send(to: Pid, from: string, name: string, body?: Uint8Array): boolean {
    if (this.#closed) return false;
    this.counters.sent++;
    return this.#connection(to).send(encodeMessage(to, this.pid(from), name, body));
  }

  /** Bytes for a peer that have not left this process yet. */
  waitingBytes(to: Pid): number {
    return this.#connections.get(addressOf(to))?.waitingBytes ?? 0;
  }

  /** Resolves when nothing waits for a peer any more: it has left, or the connection has ended. */
  async drained(to: Pid): Promise<void> {
    await this.#connections.get(addressOf(to))?.drained();
  }

  /**
   * Connects to a peer, or uses the present connection, and reports once when it ends or cannot be made. To get the
   * next end, link again.
   *
   * @param options.renew closes a present connection and makes a new one, without a report: the connection of a peer
   * that was restarted may be broken although this end did not notice it.
   * @param onExited gets the socket's error; undefined when the peer closed the connection in order, or it was closed
   * here (too much waited for the peer).
   * @returns a function that unlinks: the end is not reported any more.
   */
  link(to: Pid, onExited: (pid: Pid, error: Error | undefined) => void, options: { renew?: boolean } = {}): () => void {
    if (this.#closed) return () => undefined;
    const connection = this.#connection(to);
    if (options.renew) connection.renew();
    return connection.link(problem => {
      try {
        onExited(to, problem);
      } catch (error) {
        this.#report('error', `Handling the exit of ${formatPid(to)} failed`, error);
      }
    });
  }

  /**
   * Drops all that was sent to a peer and has not arrived yet, and ends the connection to it as one that broke. Nothing
   * of it arrives later, when a network that was cut works again.
   */
  abandon(to: Pid): void {
    this.#connections.get(addressOf(to))?.abandon();
  }

  /**
   * Closes the incoming connection of a peer, which a link of that peer notices at once.
   *
   * @param peer as a handler got it, with a message of that connection.
   */
  disconnect(peer: PeerAddress): void {
    this.#incoming.get(peer)?.destroy();
  }

  /**
   * Accepts messages in the name of a sender only over the connection of this message, as long as it is open: the peer
   * registered over it, and sends all its messages to this process over it. Other connections from this machine are
   * refused. Without effect while another connection is bound and open.
   *
   * @param peer as a handler got it, with that message.
   */
  bind(from: Pid, peer: PeerAddress): void {
    const socket = this.#incoming.get(peer);
    if (socket) this.#senderCheck.bindings.bind(from, socket);
  }

  /**
   * Tells whether the connection of a message may speak for another address than that of its sender, too: now, or when
   * it is known. Over the network every connection may.
   *
   * @param peer as a handler got it, with that message.
   */
  maySpeakFor(pid: Pid, peer: PeerAddress, answer: (may: boolean) => void): void {
    const socket = this.#incoming.get(peer);
    if (!socket) return answer(false);
    const [take, refuse] = [() => answer(true), () => answer(false)];
    this.#sendersOf(socket).deliver({ from: pid, mayHaveLeft: false, take, refuse });
  }

  /** Whether a peer of this machine registered from that address over a connection that is still open. */
  isBound(from: Pid): boolean {
    const address = this.#senderCheck.bindings.boundTo(from)?.remoteAddress;
    return address !== undefined && isOwnAddress(address);
  }

  /** Removes a binding: the peer is expected to connect again. */
  unbind(from: Pid): void {
    this.#senderCheck.bindings.unbind(from);
  }

  /** Closes all outgoing connections. Links are not notified. */
  close(): void {
    this.#closed = true;
    this.reset();
  }

  /** Closes all present outgoing connections. Links are not notified; the next message opens a new one. */
  reset(): void {
    for (const connection of [...this.#connections.values()]) connection.close();
  }

  #connection(to: Pid): Connection {
    const address = addressOf(to);
    const existing = this.#connections.get(address);
    if (existing) return existing;
    const connection = new Connection(to, {
      ...{ limits: this.#limits, tls: this.#server.tls, later: this.#later },
      onEnd: dropped => {
        this.counters.dropped += dropped;
        if (connection.unused) this.#connections.delete(address);
      },
    });
    this.#connections.set(address, connection);
    return connection;
  }

  #readMessages(socket: Socket, first: Buffer, handOver: () => void): FrontReader | undefined {
    const { admission, limits } = this.#server;
    const cutter = messageCutter(admission, limits);
    if (!cutter.takes(first)) return undefined;
    const peer = this.#peerOf(socket);
    this.#server.keepOpen(socket);
    return new Inbox(socket, cutter, {
      answers: this.#answers,
      idleMs: limits.bodyIdleMs,
      handOver,
      deliver: ({ from, receiver }, body) => {
        const handler = this.#handlers.get(receiver.id)?.get(receiver.name);
        if (handler === undefined) return false;
        this.#check(socket, handler, from, body, peer);
        return true;
      },
    });
  }

  #receive(request: IncomingMessage, response: ServerResponse): boolean {
    const from = senderOf(request);
    if (from === undefined) return false;
    const receiver = receiverOf(request.url ?? '');
    const handler = receiver && this.#handlers.get(receiver.id)?.get(receiver.name);
    if (from !== null) this.#server.keepOpen(request.socket);
    if (from === null || handler === undefined) {
      this.counters.refused++;
      request.resume();
      refuse(response, from === null ? 'SENDER_MALFORMED' : 'MESSAGE_UNKNOWN');
      return true;
    }
    const order = this.#order(request.socket);
    const { peer } = order;
    const place: Place = {};
    order.places.push(place);
    readBody(request, this.#server.bodyLimits).then(
      body => {
        answer(response, 202, []);
        place.deliver = () => this.#check(request.socket, handler, from, body, peer);
        deliverReady(order);
      },
      (error: Error) => {
        this.counters.refused++;
        place.deliver = () => undefined;
        deliverReady(order);
        this.#report('warn', `Dropped a message from ${formatPid(from)}`, error);
        response.shouldKeepAlive = false;
        refuse(response, error instanceof HttpError ? error.code : 'BODY_INCOMPLETE');
      },
    );
    return true;
  }

  /** Delivers a message when its connection may send in the name of its sender. */
  #check(socket: Socket, handler: MessageHandler, from: Pid, body: Buffer, peer: PeerAddress): void {
    const senders = this.#sendersOf(socket);
    if (senders.trust(from)) return this.#deliver(handler, from, body, peer);
    senders.deliver({
      from,
      mayHaveLeft: this.#fromPassing.has(handler),
      take: () => this.#deliver(handler, from, body, peer),
      refuse: () => {
        this.counters.refused++;
        this.#reportRefused(from, peer);
      },
    });
  }

  #sendersOf(socket: Socket): Senders {
    const senders = this.#senders.get(socket) ?? new Senders(this.#senderCheck, socket);
    this.#senders.set(socket, senders);
    return senders;
  }

  /** Logs a refusal once for each sender, which may repeat its messages. */
  #reportRefused(from: Pid, { address }: PeerAddress): void {
    const sender = formatPid(from);
    if (this.#reported.has(sender) || this.#reported.size >= 100) return;
    this.#reported.add(sender);
    this.#report(
      'warn',
      `Dropped a message in the name of ${sender}: it came from ${address}, over a connection that is not the sender's`,
    );
  }

  #deliver(handler: MessageHandler, from: Pid, body: Buffer, peer: PeerAddress): void {
    const failed = (error: unknown) =>
      this.#report('error', `Handling a message from ${formatPid(from)} failed`, error);
    this.counters.received++;
    try {
      handler(from, body, peer)?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #order(socket: Socket): Order {
    const existing = this.#orders.get(socket);
    if (existing) return existing;
    const order = { peer: this.#peerOf(socket), places: [] };
    this.#orders.set(socket, order);
    return order;
  }

  #peerOf(socket: Socket): PeerAddress {
    const peer = peerOf(socket);
    this.#incoming.set(peer, socket);
    return peer;
  }
}

/** Messages of one connection in the order they began; their bodies may be complete in another. */
interface Order {
  readonly peer: PeerAddress;
  readonly places: Place[];
}

interface Place {
  deliver?: () => void;
}

function deliverReady({ places }: Order): void {
  while (places[0]?.deliver) places.shift()?.deliver?.();
}

function refuse(response: ServerResponse, code: FailureCode): void {
  answer(response, FAILURES[code].status, [ERROR_HEADER, code]);
}

function answer(response: ServerResponse, status: number, headers: readonly string[]): void {
  if (response.shouldKeepAlive) response.removeHeader('connection');
  response.writeHead(status, ['Content-Length', '0', ...headers]);
  response.end();
}
