import type { ReactNode } from 'react';
import { useNow } from './clock.ts';
import { isTime, moment } from './format.ts';

/** Shows a time, of today or with its date. @param props.seconds since the epoch; NaN or undefined: nothing is shown. */
export function Moment({ seconds }: { readonly seconds: number | undefined }) {
  return timeAt(seconds, useNow(60_000));
}

/** Returns what {@link Moment} shows, where the time is known: a clock of its own is too much for each row of a table. */
export function timeAt(seconds: number | undefined, nowMs: number): ReactNode {
  if (seconds === undefined || !Number.isFinite(seconds)) return null;
  if (!isTime(seconds)) return moment(seconds, nowMs);
  const date = new Date(seconds * 1000);
  // The day and the time zone are in the title: daemons log in that of their machine.
  return (
    <time dateTime={date.toISOString()} title={String(date)}>
      {moment(seconds, nowMs)}
    </time>
  );
}

/** Returns what shows a time of the master; undefined: there is none. */
export const momentOf = (time: { readonly nanoseconds: number } | undefined) =>
  time && <Moment seconds={time.nanoseconds / 1e9} />;
