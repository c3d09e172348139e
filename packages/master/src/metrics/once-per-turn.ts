/**
 * Makes a computation whose result serves for the rest of this turn of the event loop: many gauges read from one count.
 */
export function oncePerTurn<T>(compute: () => T): () => T {
  let result: { readonly value: T } | undefined;
  return () => {
    if (!result) {
      result = { value: compute() };
      setImmediate(() => {
        result = undefined;
      });
    }
    return result.value;
  };
}
