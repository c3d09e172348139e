/** Connections to one address of Logstash, by TCP, TLS or UDP. */
import type { Socket as UdpSocket } from 'node:dgram';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { type Clock, endsWithin } from '@meseta/system';
import type { HostPort } from '../config/types.ts';

/** The protocol of a target, its time limit, and its events. */
export interface TargetOptions {
  readonly protocol: 'tcp' | 'udp' | 'tls';
  /** The time limit, in milliseconds, to connect and to send what was written. */
  readonly timeoutMs: number;
  readonly keepAliveMs: number;
  readonly tls: ConnectionOptions;
  readonly clock: Clock;
  /** The target has become ready to take entries. */
  onReady(): void;
  /**
   * The connection failed, and `lost` entries that were written may not have arrived. The target reconnects by itself.
   */
  onFailure(lost: number, error: Error): void;
  onSent(count: number): void;
}

/** Sends entries to one address. */
export interface Target {
  readonly ready: boolean;
  /** Sends one entry. To be called only while `ready` is true. */
  send(line: string): void;
  /** Resolves when everything was sent, or after the timeout. */
  flush(): Promise<void>;
  close(): void;
}

const firstRetryMs = 100;
const longestRetryMs = 5000;

/** Resolves waiters at the moment when a target has sent all that it was given. */
class Idle {
  readonly #waiting = new Set<() => void>();

  /** Resolves all that wait. */
  reached(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /** Resolves at that moment, at the latest after `ms`. */
  async within(clock: Clock, ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    await endsWithin(clock, ms, promise);
    this.#waiting.delete(resolve);
  }
}

/** Sends entries by TCP or TLS, and reconnects after a failure. */
export class StreamTarget implements Target {
  readonly #address: HostPort;
  readonly #options: TargetOptions;
  #socket: Socket | undefined;
  #connected = false;
  #blocked = false;
  #unsent = 0;
  #failures = 0;
  #closed = false;
  #cancelTimer: (() => void) | undefined;
  readonly #idle = new Idle();

  constructor(address: HostPort, options: TargetOptions) {
    this.#address = address;
    this.#options = options;
    void this.#connect();
  }

  get ready(): boolean {
    return this.#connected && !this.#blocked;
  }

  send(line: string): void {
    this.#unsent++;
    const socket = this.#socket;
    const flushed = socket?.write(line, error => {
      if (error || socket !== this.#socket) return; // #fail counts these entries
      this.#unsent--;
      this.#options.onSent(1);
      if (this.#unsent === 0) this.#idle.reached();
    });
    if (flushed) return;
    this.#blocked = true;
    this.#setTimer(this.#options.timeoutMs, () =>
      socket?.destroy(new Error(`it has taken no data for ${this.#options.timeoutMs / 1000} s`)),
    );
  }

  async flush(): Promise<void> {
    if (this.#unsent > 0) await this.#idle.within(this.#options.clock, this.#options.timeoutMs);
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    const socket = this.#socket;
    if (this.#unsent === 0) socket?.end();
    socket?.destroySoon();
    if (this.#unsent > 0) socket?.destroy();
    if (this.#unsent > 0) this.#fail(new Error('the connection was closed before all entries were sent'));
  }

  async #connect(): Promise<void> {
    const { protocol, tls, timeoutMs, keepAliveMs } = this.#options;
    const tlsModule = protocol === 'tls' ? process.getBuiltinModule('node:tls') : undefined;
    const net = process.getBuiltinModule('node:net');
    if (this.#closed) return;
    const { host, port } = this.#address;
    const common = { host, port, keepAlive: true, keepAliveInitialDelay: keepAliveMs };
    const socket: Socket = tlsModule ? tlsModule.connect({ ...tls, ...common }) : net.connect(common);
    this.#socket = socket;
    this.#setTimer(timeoutMs, () => socket.destroy(new Error(`no connection after ${timeoutMs / 1000} s`)));
    let problem = new Error('the other side closed the connection');
    socket.once(protocol === 'tls' ? 'secureConnect' : 'connect', () => {
      this.#cancelTimer?.();
      this.#connected = true;
      this.#failures = 0;
      this.#options.onReady();
    });
    socket.on('drain', () => {
      this.#cancelTimer?.();
      this.#blocked = false;
      this.#options.onReady();
    });
    socket.on('end', () => socket.destroy());
    socket.on('error', error => {
      problem = error;
    });
    socket.on('close', () => this.#fail(problem));
    socket.resume(); // answers are ignored, but the end of the stream must be seen
    socket.unref();
  }

  #fail(error: Error): void {
    this.#cancelTimer?.();
    const lost = this.#unsent;
    if (this.#closed && lost === 0) return;
    this.#socket = undefined;
    this.#connected = false;
    this.#blocked = false;
    this.#unsent = 0;
    this.#idle.reached();
    this.#options.onFailure(lost, error);
    if (this.#closed) return;
    const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** this.#failures++);
    this.#setTimer(waitMs * (0.5 + this.#options.clock.random() / 2), () => void this.#connect());
  }

  #setTimer(ms: number, f: () => void): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.clock.after(ms, f);
  }
}

/** Sends entries as UDP datagrams. Whether they arrive is unknown. */
export class UdpTarget implements Target {
  readonly #address: HostPort;
  readonly #options: TargetOptions;
  #socket: UdpSocket | undefined;
  #unsent = 0;
  readonly #idle = new Idle();

  constructor(address: HostPort, options: TargetOptions) {
    this.#address = address;
    this.#options = options;
    void this.#open();
  }

  /** False while too many datagrams wait in memory. */
  get ready(): boolean {
    return this.#socket !== undefined && this.#unsent < 100;
  }

  send(line: string): void {
    const { host, port } = this.#address;
    this.#unsent++;
    this.#socket?.send(line, port, host, error => {
      this.#unsent--;
      if (this.#unsent === 0) this.#idle.reached();
      if (error) this.#options.onFailure(1, error);
      else this.#options.onSent(1);
      this.#options.onReady();
    });
  }

  async flush(): Promise<void> {
    if (this.#unsent > 0) await this.#idle.within(this.#options.clock, this.#options.timeoutMs);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  async #open(): Promise<void> {
    const { createSocket } = process.getBuiltinModule('node:dgram');
    const socket = createSocket(this.#address.host.includes(':') ? 'udp6' : 'udp4').unref();
    socket.on('error', error => this.#options.onFailure(0, error));
    this.#socket = socket;
    this.#options.onReady();
  }
}
