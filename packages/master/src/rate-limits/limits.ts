/** Reads `--rate_limits`. */
import { checkKeys, type FlagType, flagTypes } from '@meseta/flags';
import { excerpt } from '@meseta/protocol';

/** How fast the messages of some frameworks are taken. */
export interface RateLimit {
  /** Messages per second. */
  readonly qps: number;
  /** How many may wait; {@link mostWaiting} where the flag sets none. */
  readonly capacity: number;
}

/** The value of `--rate_limits`. */
export interface RateLimits {
  /** By principal. Undefined: as fast as they come. */
  readonly limits: ReadonlyMap<string, RateLimit | undefined>;
  /** For all frameworks together whose principal is not in `limits`; undefined: as fast as they come. */
  readonly others: RateLimit | undefined;
  /** As given, for `/flags`. */
  readonly source: Readonly<Record<string, unknown>>;
}

/** How many messages may wait where no capacity is set: Mesos has no limit then. */
const mostWaiting = 100_000;

/**
 * The type of `--rate_limits`: JSON, `file://…` or a path, checked.
 *
 * @see Mesos include/mesos/mesos.proto, RateLimits
 */
export const rateLimitsFlag: FlagType<RateLimits> = {
  placeholder: 'JSON',
  parse: (text, warn) => parseRateLimits(flagTypes.json.parse(text, warn), warn),
  format: ({ source }) => JSON.stringify(source),
};

/**
 * Reads rate limits from JSON.
 *
 * @param warn receives warnings for the operator, such as of fields that are not known and ignored.
 * @throws {Error} naming the field that is wrong or mistyped, and what is allowed there.
 */
export function parseRateLimits(
  source: Readonly<Record<string, unknown>>,
  warn: (message: string) => void,
): RateLimits {
  checkKeys(source, ['limits', 'aggregate_default_qps', 'aggregate_default_capacity'], warn);
  const { limits: list = [] } = source;
  if (!Array.isArray(list)) throw wrong('limits', list, 'a list such as [{"principal": "web", "qps": 50}]');
  const limits = new Map<string, RateLimit | undefined>();
  for (const [index, entry] of (list as unknown[]).entries()) {
    const where = `limits[${index}]`;
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      throw wrong(where, entry, '{"principal": "web", "qps": 50, "capacity": 1000}');
    }
    const fields = entry as Readonly<Record<string, unknown>>;
    checkKeys(fields, ['principal', 'qps', 'capacity'], warn, where);
    const { principal } = fields;
    if (typeof principal !== 'string') throw wrong(`${where}.principal`, principal, 'a text; it is required');
    if (limits.has(principal)) {
      throw new Error(
        `Duplicate principal ${excerpt(principal, 100)} found in RateLimits configuration, at '${where}'`,
      );
    }
    limits.set(principal, limitOf(fields, 'qps', 'capacity', `${where}.`));
  }
  return { limits, others: limitOf(source, 'aggregate_default_qps', 'aggregate_default_capacity', ''), source };
}

/** Returns a limit; undefined without a rate: the capacity counts for nothing then. */
function limitOf(
  fields: Readonly<Record<string, unknown>>,
  rate: string,
  most: string,
  where: string,
): RateLimit | undefined {
  const { [rate]: qps, [most]: capacity = mostWaiting } = fields;
  if (typeof capacity !== 'number' || !Number.isSafeInteger(capacity) || capacity < 0) {
    throw wrong(where + most, capacity, 'a whole number, not negative');
  }
  if (qps === undefined) return undefined;
  if (typeof qps !== 'number') throw wrong(where + rate, qps, 'a positive number');
  if (qps > 0) return { qps, capacity };
  throw new Error(`Invalid ${rate}: ${qps}. It must be a positive number${where && `, at '${where}${rate}'`}`);
}

function wrong(where: string, value: unknown, allowed: string): Error {
  const shown = value === undefined ? 'missing' : excerpt(JSON.stringify(value), 100);
  return new Error(`'${where}' is ${shown}; allowed: ${allowed}`);
}
