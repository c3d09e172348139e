/** Amounts of resources as users write and read them. */
import type { Resource, ValueScalar } from '@meseta/protocol';
import { parseResourceList, Resources } from '@meseta/resources';
import { UsageError } from './usage-error.ts';

const sizes: Readonly<Record<string, number>> = { MB: 1, GB: 1024, TB: 1024 ** 2 };

/** Reads a size: `512`, `512MB`, `2GB`. @returns megabytes. @throws {UsageError} */
export function readSize(what: string, text: string): number {
  const [, amount, unit = 'MB'] = /^(\d+(?:\.\d+)?)(MB|GB|TB)?$/i.exec(text) ?? [];
  const megabytes = Number(amount) * (sizes[unit.toUpperCase()] ?? 0);
  if (amount !== undefined && megabytes > 0) return megabytes;
  throw new UsageError(`${what} takes a size above zero in MB, such as 512 or 2GB, not '${text}'`);
}

/**
 * Reads resources without reservations: `cpus:2;mem:512;ports:[31000-31009]`, in one word or several.
 *
 * @throws {UsageError} for another text.
 */
export function readResources(words: readonly string[]): Resource[] {
  const text = words.join(';');
  const resources = parsed(text);
  if (resources.length === 0)
    throw new UsageError(`'${text}' names no resources; expecting some such as cpus:2;mem:512`);
  for (const resource of resources) {
    const { name, reservations } = resource;
    if (reservations?.length) throw new UsageError(`'${name}' names a role; give the role by --role only`);
    if (Resources.of([resource]).isEmpty)
      throw new UsageError(`There is nothing of ${name}; give an amount above zero`);
  }
  return resources;
}

/** Reads scalars, such as `cpus:2;mem:512`. @throws {UsageError} */
export function readScalars(option: string, text: string): Record<string, ValueScalar> {
  const amounts = new Map<string, ValueScalar>();
  for (const { name, scalar } of parsed(text)) {
    if (!scalar) throw new UsageError(`${option} takes numbers, such as cpus:2;mem:512; ${name} is none`);
    if (amounts.has(name)) throw new UsageError(`${option} names ${name} twice`);
    amounts.set(name, scalar);
  }
  if (amounts.size === 0) throw new UsageError(`${option} names no resources; expecting some such as cpus:2;mem:512`);
  return Object.fromEntries(amounts);
}

function parsed(text: string): Resource[] {
  try {
    return parseResourceList(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${reason}; expecting resources such as cpus:2;mem:512`, { cause: error });
  }
}

/** Prints resources without their reservations: `cpus:2; mem:512`. */
export function printAmounts(resources: readonly Resource[] | undefined): string {
  const bare = (resources ?? []).map(({ name, type, scalar, ranges, set }): Resource => {
    return { name, type, ...(scalar && { scalar }), ...(ranges && { ranges }), ...(set && { set }) };
  });
  const sum = Resources.of(bare);
  return sum.isEmpty ? '-' : sum.toString();
}

/** Prints scalars by name: `cpus:2; mem:512`. */
export function printScalars(scalars: Readonly<Record<string, ValueScalar | number>> | undefined): string {
  const texts = Object.entries(scalars ?? {}).map(([name, amount]) => {
    return `${name}:${typeof amount === 'number' ? amount : amount.value}`;
  });
  return texts.join('; ') || '-';
}
