/** What tables do not show of tasks: their whole messages, with the statuses that came later. */
import { Fields } from '../stream/fields.ts';
import { PackedRecords } from './packed-records.ts';
import { withRoomFor } from './room.ts';
import { isRepeated } from './task-status.ts';
import { varintLength, writeVarint } from './varints.ts';

/** The field of a `mesos.v1.Task` that has its statuses: whatever else stands before one more, it is its last. */
const STATUSES = 8;
const STATUS_TAG = STATUSES * 8 + 2;

/** Statuses of one task that are kept beside those in the snapshot: one that goes back and forth all day has many. */
const MAX_STATUSES = 50;

/** The messages of tasks, by their rows. */
export class TaskRecords {
  readonly #records = new PackedRecords();
  /** By row: how long the message was that the master sent. Statuses that came later follow it. */
  #sent = new Uint32Array(64);
  #joined = new Uint8Array(4096);

  /** Keeps a `mesos.v1.Task` in the place of what there is. The tasks of one framework resemble each other. */
  set(row: number, bytes: Uint8Array, frameworkId: string): void {
    this.#records.set(row, bytes, frameworkId);
    this.#sent = withRoomFor(row, this.#sent);
    this.#sent[row] = bytes.length;
  }

  /** Whether the message is the same, and no status has come since. */
  isSame(row: number, bytes: Uint8Array): boolean {
    const known = this.#records.peek(row);
    if (known.length !== bytes.length) return false;
    for (let at = 0; at < bytes.length; at++) if (known[at] !== bytes[at]) return false;
    return this.#sent[row] === bytes.length;
  }

  /** Returns the message of a task with all its statuses; empty: there is none. */
  of(row: number): Uint8Array {
    return this.#records.of(row);
  }

  /** Adds a `mesos.v1.TaskStatus`. One that says the same as the last that came later takes its place. */
  addStatus(row: number, status: Uint8Array): void {
    const known = this.#records.peek(row);
    const sent = this.#sent[row] as number;
    let count = 0;
    let firstEnd = sent;
    let lastStart = sent;
    let lastValue = sent;
    let end = sent;
    for (const later = new Fields(known, sent); later.next(); count++) {
      lastStart = end;
      lastValue = later.start;
      end = later.end;
      if (count === 0) firstEnd = end;
    }
    // A task that reports the same again and again would fill the memory.
    const replaces = count > 0 && isRepeated(new Fields(known, lastValue, end), new Fields(status));
    if (replaces) end = lastStart;
    const kept = count >= MAX_STATUSES && !replaces ? firstEnd : sent;
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
    this.#records.update(row, joined.subarray(0, length));
  }

  /** Forgets a task. */
  delete(row: number): void {
    this.#records.delete(row);
  }
}
