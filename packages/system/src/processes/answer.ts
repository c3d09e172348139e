import { type ProcessId, signalProcess } from './proc.ts';

const continueMs = 1000;

/**
 * Waits for an answer of a process, and sends it SIGCONT once a second: if another program has stopped the process, for
 * instance the one it has just started, it would never answer.
 */
export async function answerOf<T>(teller: ProcessId, answer: Promise<T>): Promise<T> {
  const timer = setInterval(() => {
    try {
      signalProcess(teller, 'SIGCONT');
    } catch {
      // it cannot be read now; in a second it is tried again
    }
  }, continueMs);
  try {
    return await answer;
  } finally {
    clearInterval(timer);
  }
}
