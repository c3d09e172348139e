/** What writers write, and what must be true of it afterwards. See `zookeeper-writer-process.ts`. */
import assert from 'node:assert/strict';
import { StorageError } from '../errors.ts';
import type { Variable } from '../storage.ts';

/** Each lane is a sequence of commits, beside the others. */
export const lanes = ['a', 'b'] as const;

/** More than two nodes hold. */
export const largeBytes = 1_100_000;

/** Tells whether a commit sets the large value of its lane: the fifth does, and few later ones. */
export function isLarge(count: number): boolean {
  return count % 25 === 5;
}

/** Returns a value that tells its number everywhere. */
export function largeValue(count: number): Buffer {
  return Buffer.alloc(largeBytes, `${count}.`);
}

/** Tells whether an error is one of storages. */
export function isStorageError(error: unknown): error is StorageError {
  return error instanceof StorageError;
}

/** A commit of which its writer knows that it is stored. */
export interface Acknowledged {
  readonly writer: string;
  readonly lane: string;
  readonly count: number;
}

/**
 * Checks that no acknowledged commit is lost, that none is half applied, that no number was used for two, and that the
 * writers followed one another: none wrote after a later one had written.
 */
export function checkHistory(variables: Iterable<Variable>, acknowledged: readonly Acknowledged[]): void {
  const stored = new Map([...variables].map(variable => [variable.name, variable]));
  const text = (name: string) => {
    const variable = stored.get(name);
    return variable && Buffer.from(variable.value).toString();
  };
  const entries: { version: number; writer: string }[] = [];
  for (const lane of lanes) {
    const last = Number(text(`${lane}/count`) ?? 0);
    for (let count = 1; count <= last; count++) {
      const writer = text(`${lane}/${count}`);
      assert.ok(writer !== undefined, `commit ${count} of lane ${lane} is there`);
      entries.push({ writer, version: stored.get(`${lane}/${count}`)?.version ?? 0 });
    }
    assert.equal(stored.has(`${lane}/${last + 1}`), false, `lane ${lane} has no half commit`);
    const lastLarge = Array.from({ length: last }, (_, index) => index + 1).findLast(isLarge);
    if (lastLarge !== undefined) {
      assert.ok(Buffer.from(stored.get(`${lane}/large`)?.value ?? []).equals(largeValue(lastLarge)), `large ${lane}`);
    }
  }
  for (const { writer, lane, count } of acknowledged) {
    assert.equal(text(`${lane}/${count}`), writer, `acknowledged commit ${count} of lane ${lane} is stored`);
  }
  const order = entries.toSorted((a, b) => a.version - b.version).map(({ writer }) => writer);
  const turns = order.filter((writer, index) => writer !== order[index - 1]);
  assert.deepEqual(turns, [...new Set(turns)], 'no writer wrote after a later one');
}
