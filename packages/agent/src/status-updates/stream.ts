/**
 * The reliable stream of one task's status updates, as a pure state machine: updates leave in order, one at a time,
 * each repeated until it is acknowledged.
 *
 * ```text
 * update ─▶ [ head, …, newest ] ─▶ acknowledged, forgotten
 *             └ forwarded, repeated
 * ```
 *
 * The acknowledgement of a terminal update closes the stream, whatever else is in it.
 *
 * @see Mesos src/slave/task_status_update_manager.cpp
 */
import { isTerminal, type StatusUpdate } from '@meseta/protocol';

/** The state of one task's stream of updates. */
export interface UpdateStream {
  /** Not acknowledged, oldest first; the first is the one that was forwarded. */
  readonly pending: readonly StatusUpdate[];
  /** The uuids that were taken in last: executors repeat. */
  readonly seen: ReadonlySet<string>;
  readonly closed: boolean;
}

/** An update of the task, or the acknowledgement of one. */
export type StreamInput =
  | { readonly type: 'update'; readonly update: StatusUpdate & { readonly uuid: string } }
  | { readonly type: 'ack'; readonly uuid: string };

/** An action for the manager: to store an input, to send an update to the master, or to end the stream. */
export type StreamEffect =
  /** Write the input down; nothing that follows may happen before. */
  | { readonly type: 'checkpoint'; readonly input: StreamInput }
  | { readonly type: 'forward'; readonly update: StatusUpdate }
  | { readonly type: 'close' };

/**
 * How many updates may wait for their acknowledgement: far more than an executor sends that waits for those of the agent. Of one
 * that sends without end, only the terminal update is taken in then.
 */
const maximumPending = 1000;

/** Tells whether a stream takes in no more updates, but for a terminal one. */
export const isFull = ({ pending }: UpdateStream): boolean => pending.length >= maximumPending;

/** The stream of a task without updates. */
export const emptyStream: UpdateStream = { pending: [], seen: new Set(), closed: false };

/**
 * Returns the stream after an input, and the effects to perform. Repeated updates, those for which there is no room, and
 * acknowledgements of anything but the head, change nothing.
 */
export function step(stream: UpdateStream, input: StreamInput): [UpdateStream, StreamEffect[]] {
  if (stream.closed) return [stream, []];
  const { pending, seen } = stream;
  const checkpoint: StreamEffect = { type: 'checkpoint', input };
  switch (input.type) {
    case 'update': {
      const { update } = input;
      if (seen.has(update.uuid) || (isFull(stream) && !isTerminal(update.status.state))) return [stream, []];
      const next = { ...stream, pending: [...pending, update], seen: remember(seen, update.uuid) };
      return [next, pending.length === 0 ? [checkpoint, { type: 'forward', update }] : [checkpoint]];
    }
    case 'ack': {
      const [head, next] = pending;
      if (head === undefined || head.uuid !== input.uuid) return [stream, []];
      if (isTerminal(head.status.state))
        return [{ ...stream, pending: [], closed: true }, [checkpoint, { type: 'close' }]];
      const after = { ...stream, pending: pending.slice(1) };
      return [after, next ? [checkpoint, { type: 'forward', update: next }] : [checkpoint]];
    }
    default:
      throw new Error(`unhandled input ${input satisfies never}`);
  }
}

function remember(seen: ReadonlySet<string>, uuid: string): ReadonlySet<string> {
  const latest = seen.size < 2 * maximumPending ? seen : [...seen].slice(-maximumPending);
  return new Set(latest).add(uuid);
}
