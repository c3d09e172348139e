/** Kinds of values of settings. `parse` throws an Error that says what is allowed. */

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

/** Go's `1h30m`, `1.5s` and Mesos's `90mins`, `5secs`, in milliseconds. */
export function parseDuration(text: string): number {
  const problem = new Error('a duration like 90s, 1h30m, 5secs or 15mins is allowed');
  const [sign, rest] = text.startsWith('-') ? [-1, text.slice(1)] : [1, text.replace(/^\+/, '')];
  if (rest === '0') return 0;
  const mesos = /^(\d+\.?\d*|\.\d+)([a-z]+)$/.exec(rest);
  const factor = mesosUnits[mesos?.[2] ?? ''];
  if (mesos && factor !== undefined) return sign * Number(mesos[1]) * factor;
  if (!/^((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+$/.test(rest)) throw problem;
  const parts = [...rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)];
  return sign * parts.reduce((sum, [, count, unit]) => sum + Number(count) * (goUnits[unit ?? ''] ?? 0), 0);
}

export const text: ValueType<string> = { name: 'text', parse: value => value };

export const list: ValueType<readonly string[]> = {
  name: 'comma-separated list',
  parse: value =>
    value
      .split(',')
      .map(item => item.trim())
      .filter(item => item !== ''),
};

/** Milliseconds. What is 0 or less means the default, so nothing here is. */
export const duration: ValueType<number> = { name: 'duration', parse: parseDuration };

export const count: ValueType<number> = {
  name: 'number',
  parse: value => {
    if (!/^\d{1,15}$/.test(value)) throw new Error('a whole number, 0 or more, is allowed');
    return Number(value);
  },
};

export const boolean: ValueType<boolean> = {
  name: 'boolean',
  parse: value => {
    if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true;
    if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return false;
    throw new Error('true and false are allowed');
  },
};

export const port: ValueType<number> = {
  name: 'port',
  parse: value => {
    const number = /^\d+$/.test(value) ? Number(value) : 0;
    if (number < 1 || number > 65_535) throw new Error('a port from 1 to 65535 is allowed');
    return number;
  },
};

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export const hostPort: ValueType<HostPort> = {
  name: 'host:port',
  parse: value => {
    const match = /^(\[[0-9a-fA-F:.%]+\]|[^:[\]/\s]*):(\d+)$/.exec(value);
    const number = Number(match?.[2]);
    if (!match || !(number <= 65_535)) throw new Error('host:port is allowed');
    return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port: number };
  },
};

export const url: ValueType<URL> = {
  name: 'URL',
  parse: value => {
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    if (!parsed || !/^https?:$/.test(parsed.protocol)) throw new Error('an http or https URL is allowed');
    return parsed;
  },
};

export function oneOf<const T extends string>(...values: readonly T[]): ValueType<T> {
  return {
    name: values.join(', '),
    parse: value => {
      const found = values.find(allowed => allowed === value);
      if (found === undefined) throw new Error(`${values.join(', ')} are allowed`);
      return found;
    },
  };
}
