/** Values as people read them. */

const units = ['MB', 'GB', 'TB', 'PB'];

/** Returns megabytes with a unit: `512 MB`, `1.5 GB`. */
export function megabytes(value: number): string {
  let [amount, unit] = [value, 0];
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit++;
  }
  return `${trimmed(amount)} ${units[unit]}`;
}

/** Returns bytes with a unit. */
export function bytes(value: number): string {
  return value < 1024 * 1024 ? `${Math.ceil(value / 1024)} kB` : megabytes(value / 1024 / 1024);
}

/** By how many digits follow the point at most. Kept, because making one takes longer than all else in a row of a table. */
const formats = [0, 1, 2, 3, 4].map(digits => new Intl.NumberFormat('en', { maximumFractionDigits: digits }));

/** Returns a number without needless digits: `0.5`, `12`, `1,000`; what is small has more of them: `0.0025`. */
export function trimmed(value: number): string {
  const digits = value < 0.01 ? 4 : value < 0.1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0;
  return (formats[digits] as Intl.NumberFormat).format(value);
}

/** Returns an amount of a resource by its name, with a unit where it has one. */
export function amount(resource: string, value: number): string {
  return resource === 'mem' || resource === 'disk' ? megabytes(value) : trimmed(value);
}

/** Returns ranges of numbers: `80, 31000-31009`. */
export function rangesText(range: readonly { readonly begin: number; readonly end: number }[] = []): string {
  return range.map(({ begin, end }) => (begin === end ? `${begin}` : `${begin}-${end}`)).join(', ');
}

/** Returns a state, reason or source of Mesos without what all of its kind begin with: `running`, `gone by operator`. */
export function wordOf(constant: string): string {
  return constant
    .replace(/^(?:TASK|REASON|SOURCE)_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
}

const spans: readonly (readonly [seconds: number, unit: string])[] = [
  [86400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** Returns a span in its largest unit: `3 d`, `12 min`, `5 s`. */
export function duration(seconds: number): string {
  for (const [length, unit] of spans) if (seconds >= length) return `${Math.floor(seconds / length)} ${unit}`;
  return '0 s';
}

/** Returns a span in all its units: `1 h 30 min`. */
export function exactDuration(seconds: number): string {
  const parts: string[] = [];
  let left = seconds;
  for (const [length, unit] of spans) {
    const number = unit === 's' ? left : Math.floor(left / length);
    if (number > 0) parts.push(`${number} ${unit}`);
    left -= number * length;
  }
  return parts.join(' ') || '0 s';
}

/** Times of which a calendar has a year of four digits, in seconds since the epoch; less a day, for all time zones. */
const times = { first: Date.UTC(1, 0, 2) / 1000, last: Date.UTC(9999, 11, 30) / 1000 };

/** Whether a time is one that can be shown: executors and files of tasks may have any. @param seconds since the epoch. */
export const isTime = (seconds: number): boolean => seconds >= times.first && seconds <= times.last;

/** Returns the time of day, of today or with its date: `14:03:07`, `2026-11-30 14:03:07`. Empty for NaN. */
export function moment(seconds: number, nowMs: number): string {
  if (!Number.isFinite(seconds)) return '';
  if (!isTime(seconds)) return 'no valid time';
  const local = (ms: number) => new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString();
  const text = local(seconds * 1000);
  const day = text.slice(0, 10);
  const time = text.slice(11, 19);
  return day === local(nowMs).slice(0, 10) ? time : `${day} ${time}`;
}

/** Returns a number of things: `1 task`, `2,000 tasks`. */
export function count(number: number, thing: string): string {
  return `${number.toLocaleString('en')} ${thing}${number === 1 ? '' : 's'}`;
}

/** Returns how many of some things are shown: `3 of 2,000 tasks`; `2,000 tasks` where all are. */
export function countOf(shown: number, total: number, thing: string): string {
  return shown === total ? count(total, thing) : `${shown.toLocaleString('en')} of ${count(total, thing)}`;
}

/** Returns labels as they are typed: `team=web, canary`. */
export function labelsText(
  labels: { readonly labels?: readonly { readonly key: string; readonly value?: string }[] } | undefined,
): string {
  return (labels?.labels ?? []).map(({ key, value }) => (value === undefined ? key : `${key}=${value}`)).join(', ');
}
