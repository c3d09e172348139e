/** Defines the types of flag values: how each is parsed from text, and formatted as Mesos prints it in `/flags`. */
import { isIP } from 'node:net';
import { fromJson, type MessageType, parseJson } from '@meseta/protocol';
import { redactUrl } from '@meseta/telemetry';
import { formatBytes, parseBytes } from './bytes.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { checkNames } from './unknown-fields.ts';
import { readValueFile } from './value-file.ts';

/** A type of flag values. */
export interface FlagType<T> {
  /** The placeholder of the value in the help text: `--port=PORT`. */
  readonly placeholder: string;
  /** The meaning of a `file://` value: the file's content (the default) or the path, which `parse` handles. */
  readonly file?: 'content' | 'path';
  /** True for the type that allows `--no-name` and `--name` alone. */
  readonly boolean?: true;
  /** Texts of this type may contain secrets: errors do not quote them. */
  readonly secret?: true;
  /**
   * Parses a value.
   *
   * @param warn receives a warning for the operator about a value that is accepted.
   * @throws {Error} with a message that says what is wrong with the value.
   */
  parse(text: string, warn: (message: string) => void): T;
  /** Formats a value for `parse`, without secrets. */
  format(value: T): string;
}

/** A flag that is on or off: `--name`, `--name=true`, `--name=1`, `--no-name`, `--name=false`, `--name=0`. */
export const bool: FlagType<boolean> = {
  placeholder: 'BOOL',
  boolean: true,
  parse(text) {
    if (text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
    throw new Error('not a boolean; allowed: true, false, 1, 0');
  },
  format: String,
};

/** Any text. */
export const string: FlagType<string> = { placeholder: 'VALUE', parse: text => text, format: value => value };

/** A path: the file is not read; the prefix `file://` is removed. */
export const path: FlagType<string> = {
  placeholder: 'PATH',
  file: 'path',
  parse(text) {
    const value = text.startsWith('file://') ? text.slice('file://'.length) : text;
    if (value === '') throw new Error('not a path; leave the flag out for none');
    return value;
  },
  format: value => value,
};

/** A whole number, not negative. */
export const integer: FlagType<number> = {
  placeholder: 'N',
  parse(text) {
    const value = Number(text);
    if (!/^\+?\d+$/.test(text) || !Number.isSafeInteger(value)) {
      throw new Error(`not a whole number; allowed: 0 to ${Number.MAX_SAFE_INTEGER}`);
    }
    return value;
  },
  format: String,
};

/** A finite number, not negative. */
export const number: FlagType<number> = {
  placeholder: 'NUMBER',
  parse(text) {
    const value = Number(text);
    if (!/^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || !Number.isFinite(value)) {
      throw new Error('not a number; allowed: from 0 up, with or without a decimal point');
    }
    return value;
  },
  format: String,
};

/** A TCP port; 0 lets the system choose one. */
export const port: FlagType<number> = {
  placeholder: 'PORT',
  parse(text) {
    const value = Number(text);
    if (!/^\+?\d+$/.test(text) || value > 65_535)
      throw new Error('not a port; allowed: a whole number from 0 to 65535');
    return value;
  },
  format: String,
};

/** An IPv4 or IPv6 address; names are not looked up. */
export const ip: FlagType<string> = {
  placeholder: 'IP',
  parse(text) {
    if (isIP(text) === 0)
      throw new Error('not an IP address; allowed: IPv4 or IPv6, such as 10.0.0.1; names are not looked up');
    return text;
  },
  format: value => value,
};

/** A duration (`10secs`, `1.5hrs`), in milliseconds. */
export const duration: FlagType<number> = {
  placeholder: 'DURATION',
  parse: text => {
    try {
      return parseDuration(text);
    } catch (cause) {
      const largest = /^[\d.]+(ns|us|ms|secs|mins|hrs|days|weeks)$/.test(text) ? ', at most 15250weeks' : '';
      throw new Error(`not a duration; allowed: a number with ns, us, ms, secs, mins, hrs, days or weeks${largest}`, {
        cause,
      });
    }
  },
  format: formatDuration,
};

/** A size (`2GB`), in bytes. */
export const bytes: FlagType<number> = {
  placeholder: 'SIZE',
  parse: text => {
    try {
      return parseBytes(text);
    } catch (cause) {
      throw new Error('not a size; allowed: a whole number with B, KB, MB, GB or TB, up to 8191TB', { cause });
    }
  },
  format: formatBytes,
};

/** A percentage, `0%` to `100%`, as a fraction from 0 to 1. */
export const percent: FlagType<number> = {
  placeholder: 'PERCENT',
  parse(text) {
    const digits = /^(\d+\.?\d*|\.\d+)%$/.exec(text)?.[1];
    const value = Number(digits);
    if (digits === undefined || value > 100) throw new Error('not a percentage; allowed: 0% to 100%');
    return value / 100;
  },
  format: value => `${Number((value * 100).toPrecision(15))}%`,
};

/** A list of texts, separated by commas, in order. Spaces around items and empty items are dropped. */
export const list: FlagType<readonly string[]> = {
  placeholder: 'LIST',
  parse: text =>
    text
      .split(',')
      .map(item => item.trim())
      .filter(item => item !== ''),
  format: value => value.join(','),
};

/** A rate: at most `permits` in every `intervalMs`. */
export interface Rate {
  readonly permits: number;
  readonly intervalMs: number;
}

/** A rate in the form `<number>/<duration>` (`1/10mins`). */
export const rate: FlagType<Rate> = {
  placeholder: 'N/DURATION',
  parse(text) {
    const [permits = '', interval = '', ...rest] = text.split('/');
    try {
      const value = { permits: integer.parse(permits, () => {}), intervalMs: parseDuration(interval) };
      if (rest.length === 0 && value.permits > 0 && value.intervalMs > 0) return value;
    } catch {
      // the error below covers it
    }
    throw new Error('not a rate; allowed: a whole number, /, and a duration, neither of them zero, such as 1/10mins');
  },
  format: value => `${value.permits}/${formatDuration(value.intervalMs)}`,
};

function jsonText(text: string, warn: (message: string) => void): unknown {
  if (!text.startsWith('/')) return parseJson(text);
  warn(
    `Naming a file by its bare path is deprecated where JSON is expected: write 'file://${text}' instead of '${text}'`,
  );
  return parseJson(readValueFile(text));
}

/** A JSON object, inline, from `file://…`, or (deprecated) from a bare absolute path. Its fields are not checked here. */
export const json: FlagType<Record<string, unknown>> = {
  placeholder: 'JSON',
  parse(text, warn) {
    const value = jsonText(text, warn);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Error('not a JSON object; allowed: {…}, or file:///path of a file with it');
    return value as Record<string, unknown>;
  },
  format: value => JSON.stringify(value),
};

/** A message in JSON, given like `json`. Wrong values are named; names that would be ignored are warned of or refused. */
export function message<T>(type: MessageType<T>): FlagType<T> {
  return {
    placeholder: 'JSON',
    parse(text, warn) {
      const value = json.parse(text, warn);
      const read = fromJson(type, value);
      checkNames(type as MessageType<unknown>, value, warn);
      return read;
    },
    format: value => JSON.stringify(value),
  };
}

/** A value that may contain a password, or comes from a file so that the list of processes does not show it. */
export interface SecurePathOrValue {
  readonly value: string;
  /** The file that the value was read from; it is shown instead of the value. */
  readonly path?: string;
}

/** A text or `file://…`. Formatted as the path it was read from, or else without the user part of its URL. */
export const securePathOrValue: FlagType<SecurePathOrValue> = {
  placeholder: 'VALUE',
  file: 'path',
  parse(text) {
    if (!text.startsWith('file://')) return { value: text };
    const file = text.slice('file://'.length);
    return { value: readValueFile(file), path: file };
  },
  format: ({ value, path: file }) => file ?? redactUrl(value),
};
