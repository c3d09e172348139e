import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Threads work on chunks of a fixed size; what they keep grows with the number of entries of a layer. */
const maximumHeapMegabytes = 512;

/**
 * Runs a module as a thread that posts one message and ends.
 *
 * @returns its message.
 * @throws {Error} when it ends without one; the reason of `signal`, when that is aborted.
 */
export async function runThread<Result>(
  module: URL,
  { name, data, signal }: { readonly name: string; readonly data: unknown; readonly signal: AbortSignal },
): Promise<Result> {
  signal.throwIfAborted();
  const worker = new Worker(module, {
    name,
    workerData: data,
    execArgv: ['--disable-warning=ExperimentalWarning'], // the program's own options may not be valid for a thread
    resourceLimits: { maxOldGenerationSizeMb: maximumHeapMegabytes, maxYoungGenerationSizeMb: 4 },
  });
  const ended = once(worker, 'exit'); // also when it fails, so that nothing of it runs on
  ended.catch(() => undefined); // the race below gets it, too
  try {
    const [result] = (await Promise.race([
      once(worker, 'message', { signal }),
      ended.then(() => Promise.reject(new Error(`The thread '${name}' ended without a result`))),
    ])) as [Result];
    await ended;
    return result;
  } catch (error) {
    await worker.terminate();
    throw signal.aborted ? signal.reason : error;
  }
}
