/** What tables do not show of tasks: their whole messages, with the statuses that came later. */
import { Fields } from '../stream/fields.ts';
import { Blobs } from './blobs.ts';

/** The field of a `mesos.v1.Task` that has its statuses: whatever else stands before one more, it is its last. */
const STATUSES = 8;
const STATUS_TAG = STATUSES * 8 + 2;

/** Statuses of one task that are kept beside those in the snapshot: one that goes back and forth all day has many. */
const MAX_STATUSES = 50;

/** The messages of tasks, by their rows. */
export class TaskRecords {
  readonly #blobs = new Blobs();
  /** By row: how long the message was that the master sent. Statuses that came later follow it. */
  #sent = new Uint32Array(64);
  #joined = new Uint8Array(4096);

  /** Keeps a `mesos.v1.Task` in the place of what there is. */
  set(row: number, bytes: Uint8Array): void {
    this.#blobs.set(row, bytes);
    if (row >= this.#sent.length) {
      const larger = new Uint32Array(Math.max(row + 1, this.#sent.length * 2));
      larger.set(this.#sent);
      this.#sent = larger;
    }
    this.#sent[row] = bytes.length;
  }

  /** Whether the message is the same, and no status has come since. */
  isSame(row: number, bytes: Uint8Array): boolean {
    const known = this.#blobs.of(row);
    if (known.length !== bytes.length) return false;
    for (let at = 0; at < bytes.length; at++) if (known[at] !== bytes[at]) return false;
    return this.#sent[row] === bytes.length;
  }

  /** Returns the message of a task with all its statuses, which changes when they do; empty: there is none. */
  of(row: number): Uint8Array {
    return this.#blobs.of(row);
  }

  /**
   * Adds a `mesos.v1.TaskStatus`.
   *
   * @param replaces whether it stands for the last of those that came later, which it is given.
   */
  addStatus(row: number, status: Uint8Array, replaces: (last: Uint8Array) => boolean): void {
    const known = this.#blobs.of(row);
    const sent = this.#sent[row] as number;
    const [count, first, last] = this.#later(known, sent);
    const end = last && replaces(last.bytes) ? last.start : known.length;
    const isFull = count >= MAX_STATUSES && end === known.length && first !== undefined;
    const kept = isFull ? first.end : sent;
    const length = sent + (end - kept) + 1 + varintLength(status.length) + status.length;
    if (length > this.#joined.length) this.#joined = new Uint8Array(length * 2);
    const joined = this.#joined;
    if (kept === sent && end === known.length) joined.set(known);
    else {
      joined.set(known.subarray(0, sent));
      joined.set(known.subarray(kept, end), sent);
    }
    let at = sent + end - kept;
    joined[at++] = STATUS_TAG;
    at = writeVarint(joined, at, status.length);
    joined.set(status, at);
    this.#blobs.set(row, joined.subarray(0, length));
  }

  /** Forgets a task. */
  delete(row: number): void {
    this.#blobs.delete(row);
  }

  /** Returns how many statuses have come later, and the first and the last of them. */
  #later(known: Uint8Array, sent: number): [count: number, first?: Later, last?: Later] {
    if (known.length === sent) return [0];
    const fields = new Fields(known, sent);
    let [count, start] = [0, sent];
    let first: Later | undefined;
    let last: Later | undefined;
    while (fields.next()) {
      const bytes = fields.bytes();
      last = { bytes, start, end: bytes.byteOffset - known.byteOffset + bytes.length };
      first ??= last;
      start = last.end;
      count++;
    }
    return first && last ? [count, first, last] : [count];
  }
}

/** A status that came later, and where its field is in the message of its task. */
interface Later {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}

function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let [rest, end] = [value, at];
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[end++] = (rest % 128) | 128;
  bytes[end++] = rest;
  return end;
}
