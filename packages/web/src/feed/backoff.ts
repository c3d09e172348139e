/** When to try again after the stream of events has ended. */

const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
/** A stream that lasted this long was a good one: what follows is a new trouble. */
const GOOD_MS = 60_000;

/** Returns how many attempts have failed in a row, when another stream has ended after `lastedMs`. */
export function attemptsAfter(attempts: number, lastedMs: number): number {
  return lastedMs >= GOOD_MS ? 1 : attempts + 1;
}

/**
 * Returns how long to wait before the next attempt, in milliseconds: 1 s at first, then up to twice as long each time, up to 30 s. A
 * part of it is chance, as all browsers lose a master at the same time.
 *
 * @param attempts how many have failed, at least 1.
 * @param random at least 0, below 1.
 */
export function pauseMs(attempts: number, random: number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempts - 1));
  return Math.round(FIRST_MS + random * (longest - FIRST_MS));
}

/** How long a page waits that others have displaced twice, in milliseconds: it would displace one of them in turn. */
const CROWDED_MS = 300_000;

/**
 * Returns how many streams the master has ended in a row. It ends the oldest ones when it has too many subscribers, and all when it stops:
 * then the next attempt is refused, and they count anew.
 */
export function endedInARow(before: number, isEndedByMaster: boolean, lastedMs: number): number {
  return isEndedByMaster ? (lastedMs >= GOOD_MS ? 1 : before + 1) : 0;
}

/** Returns how long to wait when the master has so many subscribers that this one is not let stay; undefined: that is not so. */
export const crowdedPauseMs = (ended: number): number | undefined => (ended >= 2 ? CROWDED_MS : undefined);
