/** Durations and moments as users write and read them. */
import { readableDuration } from '@meseta/system/readable-duration';
import { UsageError } from './usage-error.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;

/** Milliseconds by unit: the short ones, and those of Mesos's flags. */
const units: Readonly<Record<string, number>> = {
  ...{ ms: 1, s: second, m: minute, h: hour, d: day, w: week },
  ...{ secs: second, mins: minute, hrs: hour, days: day, weeks: week },
};
const term = /(\d+(?:\.\d+)?)([a-z]+)/gy;

/**
 * Parses a duration: `90s`, `30m`, `1h30m`, `2d`, `1w`, or in Mesos's form `30mins`.
 *
 * @returns milliseconds; undefined for another text.
 */
export function parseDuration(text: string): number | undefined {
  let sum = 0;
  let end = 0;
  for (const [whole, amount, unit = ''] of text.matchAll(term)) {
    const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
    if (factor === undefined) return undefined;
    sum += Number(amount) * factor;
    end += whole.length;
  }
  return end === text.length && end > 0 && Number.isSafeInteger(Math.round(sum * 1e6)) ? sum : undefined;
}

/** Reads the duration in an option. @returns milliseconds. @throws {UsageError} */
export function readDuration(option: string, text: string): number {
  const duration = parseDuration(text);
  if (duration !== undefined) return duration;
  throw new UsageError(`${option} takes a duration such as 90s, 30m, 1h30m, 2d or 1w, not '${text}'`);
}

/**
 * Parses a moment: `now`, `in 2h`, `22:00` (the next one), `tomorrow 22:00`, `2026-12-24`, `2026-12-24 22:00`, or a date
 * with a time and a zone as in ISO 8601. Without a zone, times are those of this machine.
 *
 * @returns milliseconds since 1970; undefined for another text.
 */
export function parseMoment(text: string, nowMs: number): number | undefined {
  if (text === 'now') return nowMs;
  const [, wait] = /^(?:in |\+)(\S+)$/.exec(text) ?? [];
  if (wait !== undefined) {
    const duration = parseDuration(wait);
    return duration === undefined ? undefined : nowMs + duration;
  }
  const [, tomorrow, hours, minutes] = /^(tomorrow )?(\d\d?):(\d\d)$/.exec(text) ?? [];
  if (hours !== undefined && minutes !== undefined) {
    if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
    const at = new Date(nowMs);
    at.setHours(Number(hours), Number(minutes), 0, 0);
    if (tomorrow !== undefined || at.getTime() < nowMs) at.setDate(at.getDate() + 1);
    return at.getTime();
  }
  const [, date, time] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d.*))?$/.exec(text) ?? [];
  const parsed = date === undefined || !isDay(date) ? Number.NaN : Date.parse(`${date}T${time ?? '00:00'}`);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** Tells whether there is such a day, `2026-02-28`: `Date` takes 31 February for 3 March. */
export function isDay(date: string): boolean {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  return day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Reads the moment in an option. @returns milliseconds since 1970. @throws {UsageError} */
export function readMoment(option: string, text: string, nowMs: number): number {
  const moment = parseMoment(text, nowMs);
  if (moment !== undefined) return moment;
  throw new UsageError(
    `${option} takes a time such as now, 'in 2h', 22:00, 'tomorrow 22:00' or '2026-12-24 22:00', not '${text}'`,
  );
}

/** Formats a moment in the time of this machine: `2026-12-24 22:00`. */
export function formatMoment(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** Formats a moment relative to now: `in 2h`, `5m ago`, `now`. Of two units, the smaller one is left out from a day on. */
export function relative(atMs: number, nowMs: number): string {
  const distance = Math.abs(atMs - nowMs);
  if (distance < second) return 'now';
  const rounded =
    distance >= day ? Math.round(distance / hour) * hour : distance >= hour ? roundTo(distance, minute) : distance;
  const text = readableDuration(rounded);
  return atMs > nowMs ? `in ${text}` : `${text} ago`;
}

const roundTo = (value: number, unit: number) => Math.round(value / unit) * unit;
