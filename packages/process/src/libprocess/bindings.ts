import type { Socket } from 'node:net';
import { addressOf, type Pid } from './pid.ts';

/** How long a bound connection may take to end after another one claims its address, in milliseconds. */
const END_MS = 200;

/**
 * Which connection may speak for an address: the one over which that peer registered, while it is open. A libprocess peer
 * sends everything over one connection, so a message in its name that comes over another connection is forged.
 */
export class Bindings {
  readonly #bound = new Map<string, Socket>();

  /** Binds the sender's address to a connection, unless one that is open is bound to it. */
  bind(from: Pid, socket: Socket): void {
    const address = addressOf(from);
    const bound = this.#bound.get(address);
    if (bound === socket || (bound !== undefined && isOpen(bound)) || !isOpen(socket)) return;
    this.#bound.set(address, socket);
    socket.once('close', () => {
      if (this.#bound.get(address) === socket) this.#bound.delete(address);
    });
  }

  /** Any connection may speak for the sender's address again. */
  unbind(from: Pid): void {
    this.#bound.delete(addressOf(from));
  }

  /** The open connection that alone may speak for an address. */
  boundTo(from: Pid): Socket | undefined {
    const bound = this.#bound.get(addressOf(from));
    return bound !== undefined && isOpen(bound) ? bound : undefined;
  }

  /** Whether a connection must not speak for the sender's address, because another one does. */
  excludes(from: Pid, socket: Socket): boolean {
    if (this.#bound.size === 0) return false;
    const bound = this.#bound.get(addressOf(from));
    return bound !== undefined && bound !== socket && isOpen(bound);
  }

  /**
   * Resolves with `excludes`, but not before the bound connection had time to end: a peer that connects anew has closed
   * it already, and that may be read after what comes by the new one.
   */
  async excludesForGood(from: Pid, socket: Socket): Promise<boolean> {
    const bound = this.boundTo(from);
    if (bound === undefined || !this.excludes(from, socket)) return false;
    await endedWithin(bound, END_MS);
    return this.excludes(from, socket);
  }
}

/** Resolves when no more can come by a connection, or after `ms`. */
async function endedWithin(socket: Socket, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const events = ['end', 'close'] as const;
  const timer = setTimeout(resolve, ms);
  for (const event of events) socket.once(event, resolve);
  await promise;
  clearTimeout(timer);
  for (const event of events) socket.off(event, resolve);
}

/** Tells whether more can come by a connection. */
function isOpen(socket: Socket): boolean {
  return !socket.destroyed && !socket.readableEnded;
}
