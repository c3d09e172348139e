import { randomUUID } from 'node:crypto';
import { EventStream, JSON_TYPE, type MessageType } from '@meseta/process';
import { encode, encodeRecord, excerpt, SchedulerEvent, type SchedulerEventSubscribed } from '@meseta/protocol';
import { type Clock, every } from '@meseta/system';
import type { SchedulerConnection } from '../../state/framework.ts';

/**
 * How much may wait for a scheduler that reads slowly before it counts as gone: more than all offers of a large
 * cluster, which come at once.
 */
const LIMIT_BYTES = 64 * 1024 * 1024;

const heartbeat: SchedulerEvent = { type: 'HEARTBEAT' };

/** The stream of events that answers a v1 SUBSCRIBE. Its body is `stream`. */
export class StreamConnection implements SchedulerConnection {
  readonly kind = 'http';
  readonly streamId = randomUUID();
  readonly stream = new EventStream({ limitBytes: LIMIT_BYTES });
  readonly #clock: Clock;
  readonly #type: MessageType;
  #stopHeartbeats: () => void = () => undefined;

  /** @param type in which events are encoded. */
  constructor(clock: Clock, type: MessageType) {
    this.#clock = clock;
    this.#type = type;
  }

  open(subscribed: SchedulerEventSubscribed, _again: boolean, lost: () => void): void {
    this.send({ type: 'SUBSCRIBED', subscribed });
    const record = this.#record(heartbeat);
    this.stream.send(record);
    const intervalMs = (subscribed.heartbeat_interval_seconds ?? 0) * 1000;
    this.#stopHeartbeats = every(this.#clock, intervalMs, () => this.stream.send(record));
    this.stream.onClose(reason => {
      this.#stopHeartbeats();
      if (reason !== 'closed') lost();
    });
  }

  send(event: SchedulerEvent): void {
    this.stream.send(this.#record(event));
  }

  close(reason?: string): void {
    if (reason !== undefined) this.send({ type: 'ERROR', error: { message: excerpt(reason) } });
    this.stream.close();
  }

  #record(event: SchedulerEvent): Buffer {
    return encodeRecord(this.#type === JSON_TYPE ? JSON.stringify(event) : encode(SchedulerEvent, event));
  }
}
