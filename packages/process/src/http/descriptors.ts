import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Report } from '../report.ts';

const PERIOD_MS = 60_000;

/**
 * Keeps connections from using the last file descriptors of the process: without any, the kernel and Node.js close
 * connections silently, and no file can be opened. Logs this from time to time.
 */
export class Descriptors {
  readonly #limit: number;
  readonly #report: Report;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #closed = 0;

  /** @param limit the number of descriptors that the process may have. */
  constructor(report: Report, limit: number) {
    this.#report = report;
    this.#limit = limit;
  }

  /** Tells whether a new connection can be accepted; otherwise the caller closes it. */
  admits(socket: Socket): boolean {
    // The kernel assigns the lowest free number, so the number shows how many are in use.
    const { fd = 0 } = (socket as { _handle?: { fd?: number } })._handle ?? {};
    if (fd < this.#limit - reserve(this.#limit)) return true;
    this.tell(
      `${fd + 1} of ${this.#limit} file descriptors are in use. Raise the limit (ulimit -n, or LimitNOFILE= of systemd)`,
    );
    return false;
  }

  /** Reports why a connection was closed, unless that was reported a short time ago. */
  tell(why: string): void {
    this.#closed++;
    if (performance.now() - this.#reportedAt < PERIOD_MS) return;
    this.#reportedAt = performance.now();
    const which = this.#closed === 1 ? 'a new connection' : `${this.#closed} new connections`;
    this.#report('warn', `Closed ${which}: ${why}`);
    this.#closed = 0;
  }
}

/**
 * The number of descriptors that a daemon needs before it serves requests, for its children's pipes and some
 * connections.
 */
const needed = 128;

/** The process may open too few files to run a daemon. The message says what to do. */
export class DescriptorLimitError extends Error {
  override readonly name = 'DescriptorLimitError';
  readonly code = 'DESCRIPTOR_LIMIT';
}

/**
 * Checks the limit of file descriptors at the start, so that a daemon does not fail later with an unrelated message.
 *
 * @throws {DescriptorLimitError}
 */
export function assertDescriptorLimit(): void {
  const limit = descriptorLimit();
  if (limit >= needed) return;
  throw new DescriptorLimitError(
    `The limit of open files is ${limit}, and a daemon needs ${needed} or more. Raise it (ulimit -n, or LimitNOFILE= of systemd)`,
  );
}

/** The number of descriptors that are kept for files and outgoing connections. */
const reserve = (limit: number): number => Math.min(256, Math.ceil(limit / 8));

/**
 * Returns the number of descriptors that this process may have. Node.js raises the soft limit to the hard one when it
 * starts.
 */
export function descriptorLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY; // not Linux
  }
}
