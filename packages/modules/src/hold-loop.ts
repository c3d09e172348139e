/** One for all: it is about nothing but its hold on the loop. */
const timer = setInterval(() => {}, 2 ** 30).unref();
let holders = 0;

/**
 * Keeps the event loop from running empty while a module is waited for: threads, helpers and their back-off do not, so
 * that they hold up no daemon that ends. One that starts may have nothing else yet.
 */
export async function holdLoop<T>(work: () => Promise<T>): Promise<T> {
  if (holders++ === 0) timer.ref();
  try {
    return await work();
  } finally {
    if (--holders === 0) timer.unref();
  }
}
