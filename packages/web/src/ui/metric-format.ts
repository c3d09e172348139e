/** Units of metrics, which follow from their names. */
import { bytes, megabytes, trimmed } from './format.ts';

/** A unit: its name, and how values are shown. */
export interface Unit {
  /** Empty: the metric counts something. */
  readonly name: string;
  /** Round numbers are those of this base: 1024 for bytes. */
  readonly base: 1000 | 1024;
  /** The top of the scale of a plot that has only zeros: half of it is shown, too. Default: 1. */
  readonly emptyTop?: number;
  format(value: number): string;
}

const withUnit = (name: string): Unit => ({ name, base: 1000, format: value => `${trimmed(value)} ${name}` });

/** Processors. */
export const cores: Unit = { ...withUnit('cores'), format: value => `${trimmed(value)} core${value === 1 ? '' : 's'}` };
/** Amounts of memory. */
export const byteUnit: Unit = { name: 'bytes', base: 1024, emptyTop: 2 * 1024, format: bytes };

const units: readonly (readonly [pattern: RegExp, unit: Unit])[] = [
  [/cpu_secs_per_sec$/, cores],
  [/_per_sec$/, { name: 'per second', base: 1000, format: value => `${trimmed(value)}/s` }],
  [/_ms(\/|$)/, withUnit('ms')],
  [/_secs$/, withUnit('s')],
  [/_bytes$/, byteUnit],
  [/(^|_|\/)percent$/, { name: '%', base: 1000, format: value => `${trimmed(value * 100)} %` }],
  [/\/(mem|disk)(_|\/|$)/, { name: 'MB', base: 1024, format: megabytes }],
  [/\/cpus(_|\/|$)/, cores],
];

const plain: Unit = { name: '', base: 1000, format: trimmed };

/** Returns the unit of a metric. Counters and what is counted have none. */
export function unitOf(metric: string): Unit {
  if (/_ms\/count$/.test(metric)) return plain;
  return units.find(([pattern]) => pattern.test(metric))?.[1] ?? plain;
}
