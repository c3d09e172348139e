/**
 * A list whose elements are made when their turn comes, for `jsonPieces` and `encodeInPieces`.
 *
 * @param items copied now: whatever happens to the collection meanwhile, each of them is listed once.
 * @param view makes an element.
 */
export function listed<T, V>(items: Iterable<T>, view: (item: T) => V): Iterable<V> {
  const fixed = [...items];
  return {
    *[Symbol.iterator]() {
      for (const item of fixed) yield view(item);
    },
  };
}
