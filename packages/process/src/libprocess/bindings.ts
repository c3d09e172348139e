import type { Socket } from 'node:net';
import { formatAddress } from '../address.ts';
import type { Pid } from './pid.ts';

/** How often, and how many times, it is looked whether a bound connection has ended. */
const LOOK_MS = 10;
const LOOKS = 20;

/**
 * Which connection may speak for an address: the one over which that peer registered, while it is open. A libprocess peer
 * sends everything over one connection, so a message in its name that comes over another connection is forged.
 */
export class Bindings {
  readonly #bound = new Map<string, Socket>();

  /** Binds the sender's address to a connection, unless one that is open is bound to it. */
  bind(from: Pid, socket: Socket): void {
    const address = formatAddress(from);
    const bound = this.#bound.get(address);
    if (bound === socket || (bound !== undefined && isOpen(bound)) || !isOpen(socket)) return;
    this.#bound.set(address, socket);
    socket.once('close', () => {
      if (this.#bound.get(address) === socket) this.#bound.delete(address);
    });
  }

  /** Any connection may speak for the sender's address again. */
  unbind(from: Pid): void {
    this.#bound.delete(formatAddress(from));
  }

  /** The open connection that alone may speak for an address. */
  boundTo(from: Pid): Socket | undefined {
    const bound = this.#bound.get(formatAddress(from));
    return bound !== undefined && isOpen(bound) ? bound : undefined;
  }

  /** Whether a connection must not speak for the sender's address, because another one does. */
  excludes(from: Pid, socket: Socket): boolean {
    if (this.#bound.size === 0) return false;
    const bound = this.#bound.get(formatAddress(from));
    return bound !== undefined && bound !== socket && isOpen(bound);
  }

  /**
   * Resolves with `excludes`, but not before the bound connection had time to end: a peer that connects anew has closed
   * it already, and that may be read after what comes by the new one.
   */
  async excludesForGood(from: Pid, socket: Socket): Promise<boolean> {
    for (let look = 0; look < LOOKS && this.excludes(from, socket); look++) {
      await new Promise(resolve => setTimeout(resolve, LOOK_MS));
    }
    return this.excludes(from, socket);
  }
}

/** Whether more can come by a connection. */
function isOpen(socket: Socket): boolean {
  return !socket.destroyed && !socket.readableEnded;
}
