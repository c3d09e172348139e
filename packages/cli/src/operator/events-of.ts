/** The events of a cluster, through changes of its master. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MasterEvent } from '@meseta/protocol';
import type { Masters } from '../masters.ts';
import { isLoss } from './is-loss.ts';

/** How long a change of master may take, and the time between two tries, milliseconds. */
const [failoverMs, pauseMs] = [30_000, 1000];

/**
 * Yields the events of the master that leads, and when it is lost, those of the next one, each beginning with SUBSCRIBED.
 * Ends when a master closes the stream and still leads.
 *
 * @param note is told of a loss.
 * @throws {HttpAnswerError} {HttpConnectionError} {NoLeaderError} the last problem, when no master answers in time.
 */
export async function* eventsOf(
  masters: Masters,
  signal: AbortSignal,
  note: (problem: string) => void,
): AsyncGenerator<MasterEvent> {
  let { client } = masters;
  let lostMs: number | undefined;
  for (;;) {
    try {
      if (lostMs !== undefined) client = await masters.find({ signal });
      for await (const event of client.subscribe(signal)) {
        lostMs = undefined;
        yield event;
      }
      if ((await masters.find({ signal })) === client) return;
      lostMs = performance.now();
    } catch (error) {
      signal.throwIfAborted();
      if (!isLoss(error)) throw error;
      if (lostMs === undefined) note('Lost the master, looking for the one that leads');
      lostMs ??= performance.now();
      if (performance.now() > lostMs + failoverMs) throw error;
    }
    await sleep(pauseMs, undefined, { signal });
  }
}
