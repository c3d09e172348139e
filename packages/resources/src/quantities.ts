import type { ValueScalar } from '@meseta/protocol';
import { ResourceParseError } from './errors.ts';
import { toThousandths } from './scalars.ts';
import { parseValue } from './values.ts';

/** Scalar resources by name, as messages have them: cpus in cores, mem and disk in MB. */
export type Amounts = Readonly<Record<string, number>>;

/** Amounts in thousandths, by resource name. An absent name means zero. */
export type Quantities = ReadonlyMap<string, number>;

/** Limits in thousandths, by resource name. An absent name means no limit; zero allows nothing. */
export type Limits = ReadonlyMap<string, number>;

/** Zero of everything. */
export const noQuantities: Quantities = new Map();

/**
 * Parses `cpus:0.01;mem:32`. Repeated names add up; zeros are left out.
 *
 * @throws {ResourceParseError} with Mesos's message.
 * @see Mesos src/common/resource_quantities.cpp, ResourceQuantities::fromString
 */
export function parseQuantities(text: string): Quantities {
  const quantities = new Map<string, number>();
  for (const { name, thousandths } of parsePairs(text)) {
    if (thousandths > 0) quantities.set(name, (quantities.get(name) ?? 0) + thousandths);
  }
  return quantities;
}

/**
 * Parses the value of `--min_allocatable_resources`: alternatives, of which an offer must contain at least one.
 *
 * @throws {ResourceParseError}
 */
export function parseMinAllocatable(text: string): Quantities[] {
  return text
    .split('|')
    .filter(part => part !== '')
    .map(parseQuantities);
}

function* parsePairs(text: string): Generator<{ name: string; thousandths: number }> {
  for (const token of text.split(';').filter(Boolean)) {
    const [name, value, ...more] = token.split(':').filter(Boolean);
    if (name === undefined || value === undefined || more.length > 0) {
      throw new ResourceParseError(`Failed to parse '${token}': missing or extra ':'`);
    }
    yield { name: name.trim(), thousandths: parseThousandths(value) };
  }
}

function parseThousandths(text: string): number {
  const { scalar } = readValue(text);
  if (scalar) return toThousandths(scalar.value);
  throw new ResourceParseError(`Failed to parse '${text}' to quantity: only scalar values are allowed`);
}

function readValue(text: string): ReturnType<typeof parseValue> {
  try {
    return parseValue(text);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ResourceParseError(`Failed to parse '${text}' to quantity: ${message}`, { cause });
  }
}

/** Converts a message's map of scalars, as in `QuotaConfig`. */
export function quantitiesOf(scalars: Record<string, ValueScalar> | undefined): Quantities {
  return new Map(Object.entries(scalars ?? {}).map(([name, { value }]) => [name, toThousandths(value)]));
}

/** Adds two quantities. */
export function addQuantities(a: Quantities, b: Quantities): Quantities {
  if (b.size === 0) return a;
  const sum = new Map(a);
  for (const [name, amount] of b) sum.set(name, (sum.get(name) ?? 0) + amount);
  return sum;
}

/** Subtracts `b` from `a`. Nothing becomes negative; zeros are removed. */
export function subtractQuantities(a: Quantities, b: Quantities): Quantities {
  const rest = new Map<string, number>();
  for (const [name, amount] of a) {
    const left = amount - (b.get(name) ?? 0);
    if (left > 0) rest.set(name, left);
  }
  return rest;
}

/** Tells whether `a` has at least as much as `b` of everything. */
export function containsQuantities(a: Quantities, b: Quantities): boolean {
  for (const [name, amount] of b) if ((a.get(name) ?? 0) < amount) return false;
  return true;
}
