/** Far beyond any call. */
const intervalMs = 2 ** 30;

/**
 * Keeps the event loop from running empty while a module is waited for: threads, helpers and their back-off do not, so
 * that they hold up no daemon that ends. One that starts may have nothing else yet.
 */
export async function holdLoop<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, intervalMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
