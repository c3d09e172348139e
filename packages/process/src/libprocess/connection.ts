import { connect, type Socket } from 'node:net';
import type { SlicedQueue } from '@meseta/system';
import { isWithoutTls, type Tls } from '../tls/tls.ts';
import type { Pid } from './pid.ts';

/** Bounds of one outgoing connection. */
export interface ConnectionLimits {
  /** Bytes which may wait for the peer; beyond it everything waiting is dropped and the connection ended. */
  readonly queueBytes: number;
  readonly connectMs: number;
  /** How long an unlinked connection stays open without messages. */
  readonly idleMs: number;
  /** How long a peer may take nothing of what waits for it. */
  readonly stallMs: number;
}

/** The limits of a connection, and what it shares with the other connections of its transport. */
export interface ConnectionOptions {
  readonly limits: ConnectionLimits;
  /** Of a process that speaks TLS. */
  readonly tls: Tls | undefined;
  /** What is done in a later turn of the event loop: writing what was queued in this one, and telling the links. */
  readonly later: { readonly flush: SlicedQueue; readonly exit: SlicedQueue };
  /** Called after each end, with the number of messages which certainly did not leave. */
  readonly onEnd: (dropped: number) => void;
}

/**
 * The outgoing connection to one peer address. The first message or link opens it. Messages are sent in order, those of
 * one tick in one write; the peer's answers are discarded. When it fails, all waiting messages are dropped, the links
 * are notified, and the next message opens a new one.
 */
export class Connection {
  readonly #address: Pick<Pid, 'ip' | 'port'>;
  readonly #limits: ConnectionLimits;
  readonly #tls: Tls | undefined;
  readonly #later: ConnectionOptions['later'];
  readonly #onEnd: (dropped: number) => void;
  readonly #links = new Set<Link>();
  #socket: Socket | undefined;
  /** What the socket sends by: itself, or what TLS is spoken over. */
  #plain: Socket | undefined;
  #connected = false;
  #blocked = false;
  #flushing = false;
  #error: Error | undefined;
  #queue: Uint8Array[] = [];
  #queueBytes = 0;
  #onDrained: (() => void)[] = [];

  constructor(address: Pick<Pid, 'ip' | 'port'>, { limits, tls, later, onEnd }: ConnectionOptions) {
    this.#address = address;
    this.#limits = limits;
    this.#tls = tls;
    this.#later = later;
    this.#onEnd = onEnd;
  }

  /** Whether nothing is open, waiting or linked. */
  get unused(): boolean {
    return this.#socket === undefined && this.#links.size === 0;
  }

  /** Bytes which have not left the process yet. */
  get waitingBytes(): number {
    return this.#queueBytes + (this.#socket?.writableLength ?? 0);
  }

  /** Resolves when nothing is waiting any more, because it has left or because the connection has ended. */
  drained(): Promise<void> {
    if (this.waitingBytes === 0) return Promise.resolve();
    return new Promise(resolve => this.#onDrained.push(resolve));
  }

  /** Queues one encoded message; false when the queue overflows, which ends the connection. */
  send(message: Uint8Array): boolean {
    if (!this.#socket) this.#open();
    // Most often there is one: an array that grows reserves space for many.
    if (this.#queue.length === 0) this.#queue = [message];
    else this.#queue.push(message);
    this.#queueBytes += message.length;
    if (this.waitingBytes > this.#limits.queueBytes) {
      this.abandon();
      return false;
    }
    if (!this.#flushing && this.#connected && !this.#blocked) {
      this.#flushing = true;
      this.#later.flush.push(this.#flushLater);
    }
    return true;
  }

  /**
   * Keeps the connection open and reports its end once, with the socket's error if there was one. @returns a function
   * that unlinks.
   */
  link(onExited: (error: Error | undefined) => void): () => void {
    const link: Link = { onExited };
    this.#links.add(link);
    this.#open();
    if (this.#connected) this.#socket?.setTimeout(this.#timeoutMs()); // tries to connect are not prolonged
    return () => {
      delete link.onExited;
      if (this.#links.delete(link) && this.#connected) this.#socket?.setTimeout(this.#timeoutMs());
    };
  }

  /**
   * Replaces the socket by a new one. Links stay and are not notified. For peers that may be behind a broken socket: what
   * the old one has not delivered yet is dropped, because it would arrive after what is sent from now on.
   */
  renew(): void {
    const [old, plain] = [this.#socket, this.#plain];
    if (!old) return;
    this.#forget();
    reset(old, plain);
    this.#open();
  }

  /** Ends the connection as one that broke: what has not arrived yet is dropped, and the links hear of it. */
  abandon(): void {
    if (this.#socket) reset(this.#socket, this.#plain);
    this.#end();
  }

  /** Closes without telling the links. */
  close(): void {
    this.#links.clear();
    this.#end();
  }

  #open({ plainly = false } = {}): void {
    if (this.#socket) return;
    const tls = plainly ? undefined : this.#tls;
    const below = this.#connect();
    const socket = tls ? this.#connectSecurely(tls, below) : below;
    if (!tls) socket.once('connect', () => this.#opened(socket));
    this.#socket = socket;
    this.#plain = below;
    const current = (act: () => void) => () => {
      if (this.#socket === socket) act();
    };
    socket.resume(); // answers are discarded
    socket.on('error', error => {
      if (this.#socket === socket) this.#error = error; // 'close' follows
    });
    const end = current(() => {
      if (this.#connected || !tls?.settings.supportsDowngrade || !isWithoutTls(this.#error)) return this.#end();
      this.#forget(); // what waits, and the links, get a connection without TLS
      socket.destroy();
      this.#open({ plainly: true });
    });
    socket.on('close', end);
    socket.on('end', () => {
      if (this.#connected || tls === undefined) end(); // a handshake ends with an error, which says more
    });
    socket.on(
      'timeout',
      current(() => {
        const { ip, port } = this.#address;
        // Of those that are connected only links hear of it, whose peer has taken nothing for too long.
        const what = `${this.#connected ? 'write' : 'connect'} ETIMEDOUT ${ip}:${port}`;
        this.#error = Object.assign(new Error(what), { code: 'ETIMEDOUT', address: ip, port });
        if (this.#blocked) this.abandon();
        else this.#end();
      }),
    );
    socket.on(
      'drain',
      current(() => this.#unblock()),
    );
    socket.setTimeout(this.#limits.connectMs);
  }

  #connect(): Socket {
    return connect({
      ...{ host: this.#address.ip, port: this.#address.port },
      ...{ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 },
    });
  }

  #connectSecurely(tls: Tls, plain: Socket): Socket {
    const { ip: host, port } = this.#address;
    const socket = tls.connect({ host, port, socket: plain }, () => this.#opened(socket));
    return socket;
  }

  #opened(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#connected = true;
    socket.setTimeout(this.#timeoutMs());
    this.#flush();
  }

  #timeoutMs(): number {
    if (!this.#connected) return this.#limits.connectMs;
    if (this.#blocked) return this.#limits.stallMs;
    return this.#links.size > 0 ? 0 : this.#limits.idleMs;
  }

  readonly #flushLater = () => this.#flush();

  #flush(): void {
    this.#flushing = false;
    const socket = this.#socket;
    if (!socket || !this.#connected || this.#blocked || this.#queue.length === 0) return;
    const bytes =
      this.#queue.length === 1 ? (this.#queue[0] as Uint8Array) : Buffer.concat(this.#queue, this.#queueBytes);
    this.#clear();
    if (socket.write(bytes)) return this.#tellDrained();
    this.#blocked = true;
    socket.setTimeout(this.#timeoutMs());
  }

  #tellDrained(): void {
    for (const tell of this.#onDrained.splice(0)) tell();
  }

  #unblock(): void {
    this.#blocked = false;
    this.#socket?.setTimeout(this.#timeoutMs());
    if (this.#queue.length === 0) this.#tellDrained();
    else this.#flush();
  }

  #forget(): void {
    this.#socket = undefined;
    this.#plain = undefined;
    this.#connected = false;
    this.#blocked = false;
    this.#error = undefined;
  }

  #clear(): void {
    this.#queue = [];
    this.#queueBytes = 0;
  }

  #end(): void {
    const dropped = this.#queue.length;
    const links = [...this.#links];
    const error = this.#error;
    this.#links.clear();
    this.#clear();
    this.#socket?.destroy();
    this.#forget();
    this.#onEnd(dropped);
    this.#tellDrained();
    // Later, because the end may come from within a call of those linked.
    for (const link of links) this.#later.exit.push(() => link.onExited?.(error));
  }
}

/** Ends a socket without its last bytes, which the kernel would go on sending otherwise. */
function reset(socket: Socket, plain: Socket | undefined): void {
  socket.on('error', () => undefined); // it was given up
  plain?.resetAndDestroy();
  socket.destroy();
}

/** Its function goes away when unlinked. */
interface Link {
  onExited?: (error: Error | undefined) => void;
}
