import type { Storage } from './storage.ts';

/** A term that can be ended because another one begins. */
interface Deposable extends Storage {
  depose(): void | Promise<void>;
}

/**
 * Returns the `openTerm` of an engine: one term is opened at a time, and the one before ends first.
 *
 * @param open opens a term when no other one of this process writes.
 */
export function openingTerms<T extends Deposable>(open: () => Promise<T>): () => Promise<T> {
  let term: T | undefined;
  let opening: Promise<unknown> = Promise.resolve();
  const next = async () => {
    await term?.depose();
    term = await open();
    return term;
  };
  return () => {
    const opened = opening.then(next);
    opening = opened.catch(() => undefined); // the caller gets the error; the next one only waits for the end
    return opened;
  };
}
