/** One timer for all calls: its only purpose is to keep the event loop running. */
const timer = setInterval(() => {}, 2 ** 30).unref();
let holders = 0;

/**
 * Keeps the process running while a module is started. Threads, helpers and back-off timers do not keep it running, so
 * that they do not delay a daemon that ends; but a daemon that starts may have nothing else yet.
 */
export async function holdLoop<T>(work: () => Promise<T>): Promise<T> {
  if (holders++ === 0) timer.ref();
  try {
    return await work();
  } finally {
    if (--holders === 0) timer.unref();
  }
}
