/** The types of the values of settings. `parse` throws an Error that says what was expected. */

/** A type of value: its name, and how it is parsed from a variable. */
export interface ValueType<T> {
  /** For documentation. */
  readonly name: string;
  parse(text: string): T;
}

const goUnits: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3600_000,
};
const mesosUnits: Readonly<Record<string, number>> = {
  ...{ ns: 1e-6, us: 1e-3, ms: 1, secs: 1000, mins: 60_000, hrs: 3600_000 },
  ...{ days: 86_400_000, weeks: 604_800_000 },
};

/**
 * Parses a duration in the form of Go (`1h30m`, `1.5s`) or of Mesos (`90mins`, `5secs`).
 *
 * @returns milliseconds, which may be negative.
 * @throws for any other text.
 */
export function parseDuration(text: string): number {
  const problem = new Error('expected a duration like 90s, 1h30m, 5secs or 15mins');
  const [sign, rest] = text.startsWith('-') ? [-1, text.slice(1)] : [1, text.replace(/^\+/, '')];
  if (rest === '0') return 0;
  const mesos = /^(\d+\.?\d*|\.\d+)([a-z]+)$/.exec(rest);
  const factor = mesosUnits[mesos?.[2] ?? ''];
  if (mesos && factor !== undefined) return sign * Number(mesos[1]) * factor;
  if (!/^((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+$/.test(rest)) throw problem;
  const parts = [...rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)];
  return sign * parts.reduce((sum, [, count, unit]) => sum + Number(count) * (goUnits[unit ?? ''] ?? 0), 0);
}

/** Any text. */
export const text: ValueType<string> = { name: 'text', parse: value => value };

/** A list separated by commas. */
export const list: ValueType<readonly string[]> = {
  name: 'comma-separated list',
  parse: value =>
    value
      .split(',')
      .map(item => item.trim())
      .filter(item => item !== ''),
};

/** A duration in milliseconds. A setting of zero or less gets its default, see `readSetting`. */
export const duration: ValueType<number> = { name: 'duration', parse: parseDuration };

/** A whole number, at least 0. */
export const count: ValueType<number> = {
  name: 'number',
  parse: value => {
    if (!/^\d{1,15}$/.test(value)) throw new Error('expected a whole number, 0 or more');
    return Number(value);
  },
};

/** True or false, in the spellings that Go's strconv.ParseBool takes. */
export const boolean: ValueType<boolean> = {
  name: 'boolean',
  parse: value => {
    if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true;
    if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return false;
    throw new Error('expected true or false');
  },
};

/** A TCP or UDP port, from 1 to 65535. */
export const port: ValueType<number> = {
  name: 'port',
  parse: value => {
    const number = /^\d+$/.test(value) ? Number(value) : 0;
    if (number < 1 || number > 65_535) throw new Error('expected a port from 1 to 65535');
    return number;
  },
};

/** A host, without the brackets of an IPv6 address, and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port`; an IPv6 address stands in brackets. */
export const hostPort: ValueType<HostPort> = {
  name: 'host:port',
  parse: value => {
    const match = /^(\[[0-9a-fA-F:.%]+\]|[^:[\]/\s]*):(\d+)$/.exec(value);
    const number = Number(match?.[2]);
    if (!match || !(number <= 65_535)) throw new Error('expected host:port');
    return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port: number };
  },
};

/** An http or https URL. */
export const url: ValueType<URL> = {
  name: 'URL',
  parse: value => {
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    if (!parsed || !/^https?:$/.test(parsed.protocol)) throw new Error('expected an http or https URL');
    return parsed;
  },
};

/** Makes a type that takes only the given values. */
export function oneOf<const T extends string>(...values: readonly T[]): ValueType<T> {
  return {
    name: values.join(', '),
    parse: value => {
      const found = values.find(allowed => allowed === value);
      if (found === undefined) throw new Error(`expected one of ${values.join(', ')}`);
      return found;
    },
  };
}
