/**
 * Goes on with a value that may take a while: in the same turn where it is there. An `await` would let other work in
 * between also then, which must not overtake.
 */
export function settled<T, R>(value: T | Promise<T>, next: (value: T) => R): R | Promise<Awaited<R>> {
  return value instanceof Promise ? (value.then(next) as Promise<Awaited<R>>) : next(value);
}
