const deadlineMs = 20_000;
const lookMs = 5;

/** Waits until there is a value. @param what it is, for the error when it does not come. */
export async function eventually<T>(find: () => T | undefined | false, what: () => string): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const found = find();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what()}`);
    await new Promise(resolve => {
      setTimeout(resolve, lookMs);
    });
  }
}
