/**
 * Passes a value, or a promise's result, to `next`. A plain value is passed on in the same tick. An `await` would let
 * other work overtake it.
 */
export function settled<T, R>(value: T | Promise<T>, next: (value: T) => R): R | Promise<Awaited<R>> {
  return value instanceof Promise ? (value.then(next) as Promise<Awaited<R>>) : next(value);
}
