/**
 * Delivers status updates to the master reliably: writes each to disk before it is sent, repeats it until it is
 * acknowledged, and continues after a restart of the agent. Handles disk and timers; the decisions are in `stream.ts`.
 */

import {
  type ExecutorId,
  type FrameworkId,
  isTerminal,
  type StatusUpdate,
  StatusUpdateRecord,
  type TaskId,
  type TaskStatus,
  type WireId,
} from '@meseta/protocol';
import type { Clock } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import type { Disk } from '../disk/disk.ts';
import { encodeLengthPrefixed, readLengthPrefixed } from '../disk/records.ts';
import { isFull } from '../disk/space.ts';
import { untilDone } from '../retry.ts';
import { bytesOf, Held, ownerOf } from './held.ts';
import {
  emptyStream,
  isFull as isFullStream,
  type StreamEffect,
  type StreamInput,
  step,
  type UpdateStream,
} from './stream.ts';

/** Between repetitions of an update: from 10 s, doubled each time, to 10 min. */
const retryMs = { first: 10_000, longest: 600_000 };

/** What the manager of status updates needs of the agent. */
export interface StatusUpdateManagerOptions {
  readonly disk: Pick<Disk, 'perform'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Sends to the master. `latest_state` is set. */
  readonly forward: (update: StatusUpdate) => void;
  /** Changes an update before it is written and sent. Must not reject. */
  readonly decorate?: (update: StatusUpdate) => Promise<StatusUpdate>;
  /** No other agent will read the files, so an update that cannot be written is sent nevertheless. */
  readonly lastAgent?: boolean;
}

interface Entry {
  stream: UpdateStream;
  /** `task.updates`; undefined: the framework does not checkpoint. */
  path: string | undefined;
  /** A disk that is full or read-only does not hold its updates up. */
  mayBeUnwritten: boolean;
  /** The latest input; the next one waits for it. */
  last: Promise<unknown>;
  cancelRetry: (() => void) | undefined;
  retryMs: number;
  /** Updates for which there was no room are lost; the log says so once. */
  hasLost: boolean;
  /** Its framework was removed: what is still coming in is not counted. */
  forgotten: boolean;
}

/** What an acknowledgement came to. `ignored`: it is not for the update that was forwarded, or for an unknown task. */
export type Acknowledged = 'ignored' | 'acknowledged' | 'closed';

/** What was written of a task's updates, see `recover`. */
export interface RecoveredUpdates {
  readonly updates: readonly StatusUpdate[];
  readonly lastForwarded: StatusUpdate | undefined;
  readonly closed: boolean;
}

/**
 * Stores, sends and repeats the status updates of all tasks, by one `UpdateStream` for each task.
 *
 * @see Mesos src/slave/task_status_update_manager.cpp
 */
export class StatusUpdateManager {
  readonly #options: StatusUpdateManagerOptions;
  readonly #streams = new Map<string, Entry>();
  readonly #held = new Held();
  readonly #closing = new AbortController();
  #paused = true;

  /** Begins paused: there is no master yet. */
  constructor(options: StatusUpdateManagerOptions) {
    this.#options = options;
  }

  /** Tasks with updates that are not acknowledged. */
  get size(): number {
    return this.#streams.size;
  }

  /** Tells whether another update of an executor can be held. */
  hasRoom(frameworkId: FrameworkId, executorId: ExecutorId, status: TaskStatus): boolean {
    const owner = ownerOf({ framework_id: { value: frameworkId }, executor_id: { value: executorId } });
    return this.#held.hasRoom(owner, bytesOf(status));
  }

  /**
   * Adds an update. Resolves when it is on disk, so that its executor need not keep it any longer.
   *
   * @param path of `task.updates`; undefined when nothing is to be written.
   * @param mayBeUnwritten on a disk that is full or read-only the update is sent without being written: of a task that was not launched,
   * nothing can be lost.
   * @returns false when it was added before.
   */
  update(
    update: StatusUpdate & { readonly uuid: string },
    path: string | undefined,
    mayBeUnwritten = false,
  ): Promise<boolean> {
    const key = keyOf(update.framework_id.value, update.status.task_id.value);
    let entry = this.#streams.get(key);
    if (!entry) {
      entry = newEntry(path);
      this.#streams.set(key, entry);
    }
    entry.mayBeUnwritten ||= mayBeUnwritten;
    const owner = ownerOf(update);
    const bytes = bytesOf(update);
    this.#held.add(owner, bytes);
    // By now it is in the stream, and counted there, or it is dropped.
    return this.#feed(key, entry, { type: 'update', update }).finally(() => this.#held.add(owner, -bytes));
  }

  /** A framework's acknowledgement, by way of the master. */
  async acknowledge(frameworkId: WireId<'framework'>, taskId: WireId<'task'>, uuid: string): Promise<Acknowledged> {
    const key = keyOf(frameworkId, taskId);
    const entry = this.#streams.get(key);
    if (!entry || !(await this.#feed(key, entry, { type: 'ack', uuid }))) return 'ignored';
    return entry.stream.closed ? 'closed' : 'acknowledged';
  }

  /** Sends nothing more: there is no master. */
  pause(): void {
    this.#paused = true;
    for (const entry of this.#streams.values()) entry.cancelRetry?.();
  }

  /** Sends the first update of every stream again, and from then on as usual. */
  resume(): void {
    this.#paused = false;
    this.#sendAgain('');
  }

  /**
   * Sends the first update of every stream of a framework again, because its scheduler has reconnected and may not have
   * received it.
   */
  resumeFramework(frameworkId: FrameworkId): void {
    if (!this.#paused) this.#sendAgain(prefixOf(frameworkId));
  }

  #sendAgain(prefix: string): void {
    for (const [key, entry] of this.#streams) {
      if (!key.startsWith(prefix)) continue;
      const [head] = entry.stream.pending;
      entry.retryMs = retryMs.first;
      if (head) this.#forward(entry, head);
    }
  }

  /**
   * Reads what an earlier agent left of a task's updates; a torn last record is cut off. What is pending is sent on
   * `resume`.
   *
   * @param onDamage receives what is wrong with the file; then it is cut off before that. By default that is thrown.
   * @returns every update there ever was, oldest first; the one that was sent last, if any; whether the terminal one
   *   is acknowledged.
   * @throws {DecodeError} when the file is damaged, and there is no `onDamage`.
   */
  recover(
    frameworkId: FrameworkId,
    taskId: TaskId,
    path: string,
    onDamage?: (error: unknown) => void,
  ): RecoveredUpdates {
    const entry = newEntry(path);
    const updates: StatusUpdate[] = [];
    for (const { type, update, uuid } of readLengthPrefixed(StatusUpdateRecord, path, onDamage)) {
      const input = inputOf(type, update, uuid);
      if (!input) continue;
      if (input.type === 'update') updates.push(input.update);
      this.#move(entry, step(entry.stream, input)[0]);
    }
    if (updates.length > 0 && !entry.stream.closed) this.#streams.set(keyOf(frameworkId, taskId), entry);
    return { updates, lastForwarded: entry.stream.pending[0] ?? updates.at(-1), closed: entry.stream.closed };
  }

  /** Drops the updates of a removed framework, because they will not be acknowledged. */
  forget(frameworkId: WireId<'framework'>): void {
    const prefix = prefixOf(frameworkId);
    for (const [key, entry] of this.#streams) {
      if (!key.startsWith(prefix)) continue;
      this.#move(entry, emptyStream);
      entry.forgotten = true;
      entry.cancelRetry?.();
      this.#streams.delete(key);
    }
  }

  /** Stops the timers. Resolves when all updates are on disk. Failing writes are given up. */
  async close(): Promise<void> {
    this.pause();
    const writes = Promise.allSettled([...this.#streams.values()].map(({ last }) => last));
    const giveUp = setTimeout(() => this.#closing.abort(), 1000);
    await writes;
    clearTimeout(giveUp);
  }

  /** One input after the other. @returns whether it had any effect. */
  #feed(key: string, entry: Entry, input: StreamInput): Promise<boolean> {
    const done = entry.last.then(() => this.#perform(key, entry, input));
    entry.last = done;
    return done;
  }

  async #perform(key: string, entry: Entry, given: StreamInput): Promise<boolean> {
    const input = await this.#decorated(entry, given);
    const [next, effects] = step(entry.stream, input);
    if (effects.length === 0 && input.type === 'update' && isFullStream(entry.stream))
      this.#warnOfLoss(entry, input.update);
    for (const effect of effects) {
      if (effect.type === 'checkpoint') await this.#checkpoint(entry, effect);
      this.#move(entry, next); // at the latest with the first effect that is not writing it down
      if (effect.type === 'forward') this.#onHead(entry, effect.update);
      if (effect.type === 'close') this.#drop(key, entry);
    }
    return effects.length > 0;
  }

  /** Replaces the state of a stream, and counts what it holds now. */
  #move(entry: Entry, next: UpdateStream): void {
    const { pending } = entry.stream;
    entry.stream = next;
    if (entry.forgotten) return;
    for (const update of pending) {
      if (update === next.pending[0]) break;
      this.#held.add(ownerOf(update), -bytesOf(update));
    }
    const newest = next.pending.at(-1);
    if (newest && newest !== pending.at(-1)) this.#held.add(ownerOf(newest), bytesOf(newest));
  }

  #warnOfLoss(entry: Entry, { framework_id, executor_id, status }: StatusUpdate): void {
    if (entry.hasLost) return;
    entry.hasLost = true;
    this.#options.log.warning(
      'Dropping status updates of a task: its executor sends them faster than its framework acknowledges them',
      { task_id: status.task_id.value, executor_id: executor_id?.value, framework_id: framework_id.value },
    );
  }

  async #decorated({ stream }: Entry, input: StreamInput): Promise<StreamInput> {
    const { decorate } = this.#options;
    if (!decorate || input.type !== 'update' || step(stream, input)[1].length === 0) return input;
    const { uuid } = input.update;
    return { type: 'update', update: { ...(await decorate(input.update)), uuid } };
  }

  async #checkpoint(entry: Entry, { input }: StreamEffect & { type: 'checkpoint' }): Promise<void> {
    const { path } = entry;
    if (path === undefined) return;
    const record: StatusUpdateRecord =
      input.type === 'update' ? { type: 'UPDATE', update: input.update } : { type: 'ACK', uuid: input.uuid };
    // A task's processes do not survive a loss of power, so earlier updates and acknowledgements may be lost with them.
    // Only the final status must never change.
    const sync = input.type === 'update' && isTerminal(input.update.status.state);
    const data = encodeLengthPrefixed(StatusUpdateRecord, record);
    const { disk, clock, log, lastAgent = false } = this.#options;
    const write = async () => {
      try {
        await disk.perform([{ type: 'append', path, data, sync }]);
      } catch (error) {
        if (!lastAgent && !(entry.mayBeUnwritten && isFull(error))) throw error;
        entry.path = undefined;
        log.warning('Sending a status update that could not be written to disk', { error, path });
      }
    };
    await untilDone(
      write,
      clock,
      error => log.error('Failed to write a status update down, trying again', { error, path }),
      this.#closing.signal,
    );
  }

  #onHead(entry: Entry, update: StatusUpdate): void {
    entry.retryMs = retryMs.first;
    if (!this.#paused) this.#forward(entry, update);
  }

  #forward(entry: Entry, update: StatusUpdate): void {
    const newest = entry.stream.pending.at(-1) ?? update;
    this.#options.forward({ ...update, latest_state: newest.status.state });
    entry.cancelRetry?.();
    entry.cancelRetry = this.#options.clock.after(entry.retryMs, () => {
      entry.retryMs = Math.min(entry.retryMs * 2, retryMs.longest);
      const [head] = entry.stream.pending;
      if (head && !this.#paused) this.#forward(entry, head);
    });
  }

  #drop(key: string, entry: Entry): void {
    entry.cancelRetry?.();
    if (this.#streams.get(key) === entry) this.#streams.delete(key);
  }
}

function newEntry(path: string | undefined): Entry {
  return {
    stream: emptyStream,
    path,
    mayBeUnwritten: false,
    last: Promise.resolve(),
    cancelRetry: undefined,
    retryMs: retryMs.first,
    hasLost: false,
    forgotten: false,
  };
}

function keyOf(frameworkId: WireId<'framework'>, taskId: WireId<'task'>): string {
  return prefixOf(frameworkId) + taskId;
}

/** What the keys of a framework's tasks begin with. Ids hold no slash. */
function prefixOf(frameworkId: WireId<'framework'>): string {
  return `${frameworkId}/`;
}

function inputOf(
  type: StatusUpdateRecord['type'],
  update: StatusUpdate | undefined,
  uuid: string | undefined,
): StreamInput | undefined {
  if (type === 'ACK') return uuid === undefined ? undefined : { type: 'ack', uuid };
  if (update?.uuid === undefined) return undefined;
  return { type: 'update', update: { ...update, uuid: update.uuid } };
}
