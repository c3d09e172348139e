import { type AccessControl, type Asking, asker, type Open } from '@meseta/daemon';
import { formatPid, type Libprocess, type PeerAddress, type Pid, parsePid } from '@meseta/process';
import { decode, encode, excerpt, type MessageType } from '@meseta/protocol';
import type { Logger, Metrics } from '@meseta/telemetry';
import type { InstallOptions, MessageHandler, Messages } from './context.ts';
import { MessageQueue } from './message-queue.ts';

/** The master's actor: `master@ip:port`. */
const MASTER = 'master';

/** Typed messages over the libprocess transport. */
export class LibprocessMessages implements Messages {
  readonly #libprocess: Libprocess;
  readonly #access: AccessControl;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #queue: MessageQueue;
  /** Parsed pids: a pid is sent to again and again. */
  readonly #pids = new Map<string, Pid | undefined>();
  readonly #actors = new Set<string>();
  #closed = false;

  constructor(libprocess: Libprocess, access: AccessControl, log: Logger, metrics: Metrics) {
    this.#libprocess = libprocess;
    this.#access = access;
    this.#log = log;
    this.#metrics = metrics;
    this.#queue = new MessageQueue(error => log.error('Handling a message failed', failure(error)));
    metrics.gauge('master/event_queue_messages', () => this.#queue.length);
  }

  send<T>(to: string, type: MessageType<T>, message: T, actor = MASTER): void {
    if (this.#closed) return;
    const pid = this.#pid(to);
    if (!pid) this.#metrics.counter('master/dropped_messages').increment();
    else this.#libprocess.send(pid, actor, type.fullName, encode(type, message));
  }

  link(to: string, onExited: () => void, renew = false): () => void {
    const pid = this.#closed ? undefined : this.#pid(to);
    return pid ? this.#libprocess.link(pid, () => onExited(), { renew }) : () => undefined;
  }

  abandon(to: string): void {
    const pid = this.#pid(to);
    if (pid) this.#libprocess.abandon(pid);
  }

  install<T, Args extends readonly unknown[]>(
    actor: string,
    type: MessageType<T>,
    access: Open | Asking<Args>,
    handler: MessageHandler<T, Args>,
    options: InstallOptions<T> = {},
  ): void {
    const name = type.fullName;
    if (this.#closed) return;
    const ask = asker(this.#access, access);
    this.#actors.add(actor);
    const handle = (from: Pid, message: T, { address }: PeerAddress) => {
      handler(formatPid(from), message, address, ask)?.catch(error =>
        this.#log.error(`Handling ${name} failed`, failure(error)),
      );
    };
    const { binds, speaksFor } = options;
    this.#libprocess.install(actor, name, (from, body, peer) => {
      this.#queue.push(() => {
        if (this.#closed) return;
        const message = this.#decode(type, name, from, body);
        if (message === undefined) return;
        if (binds) this.#libprocess.bind(from, peer);
        if (speaksFor === undefined) return handle(from, message, peer);
        this.#whenMaySpeakFor(speaksFor(message), from, peer, name, () => handle(from, message, peer));
      });
    });
  }

  remove(actor: string): void {
    this.#actors.delete(actor);
    this.#libprocess.remove(actor);
  }

  isBound(text: string): boolean {
    const pid = this.#pid(text);
    return pid !== undefined && this.#libprocess.isBound(pid);
  }

  /** Neither takes nor sends messages any more: the term is over. Connections are for others to close. */
  close(): void {
    this.#closed = true;
    for (const actor of this.#actors) this.#libprocess.remove(actor);
  }

  #whenMaySpeakFor(text: string, from: Pid, peer: PeerAddress, name: string, take: () => void): void {
    const drop = (why: string) => {
      this.#metrics.counter('master/dropped_messages').increment();
      this.#log.warning(`Dropped a ${name}: ${why}`, { from: formatPid(from), pid: excerpt(text, 200) });
    };
    const pid = parsePid(text);
    if (pid === undefined) return drop('it names no process; allowed: id@ip:port');
    this.#libprocess.maySpeakFor(pid, peer, may => {
      if (this.#closed) return;
      if (may) take();
      else drop("it speaks for a process of another user's, or for one that is connected");
    });
  }

  #decode<T>(type: MessageType<T>, name: string, from: Pid, body: Buffer): T | undefined {
    try {
      return decode(type, body);
    } catch (error) {
      this.#metrics.counter('master/dropped_messages').increment();
      this.#log.warning(`Dropped a malformed ${name}`, { pid: formatPid(from), error });
      return undefined;
    }
  }

  #pid(text: string): Pid | undefined {
    if (this.#pids.has(text)) return this.#pids.get(text);
    const pid = parsePid(text);
    // Ports of schedulers come and go; a map that only grows is no map of pids.
    if (this.#pids.size > 50_000) this.#pids.clear();
    this.#pids.set(text, pid);
    return pid;
  }
}

function failure(error: unknown): { error: unknown; stack: string | undefined } {
  return { error, stack: error instanceof Error ? error.stack : undefined };
}
