import { type ProcessId, signalProcess } from './proc.ts';

const continueMs = 1000;

/**
 * Waits for what a process has to tell, and continues it once a second: somebody may have stopped it, for instance the
 * program it has just started, and then nobody would ever hear from it.
 */
export async function answerOf<T>(teller: ProcessId, answer: Promise<T>): Promise<T> {
  const timer = setInterval(() => signalProcess(teller, 'SIGCONT'), continueMs);
  try {
    return await answer;
  } finally {
    clearInterval(timer);
  }
}
