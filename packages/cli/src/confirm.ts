/** Asks the user before a command ends or removes something. */
import { createInterface } from 'node:readline';
import type { Option } from './option.ts';
import { printable } from './table.ts';

/** The option of every command that asks first. */
export const confirmOptions = {
  yes: { type: 'boolean', short: 'y', help: 'Do it without being asked' },
} as const satisfies Record<string, Option>;

/** The user did not agree, or could not be asked. Nothing was done. */
export class NotConfirmedError extends Error {
  override readonly name = 'NotConfirmedError';
  readonly code = 'NOT_CONFIRMED';
}

/**
 * Asks on the terminal whether to go on. Without a terminal it refuses, because a script must not wait for an answer.
 *
 * @param consequence a sentence without a full stop that says what will happen.
 * @throws {NotConfirmedError} unless the answer is yes, or `--yes` was given.
 */
export async function confirm(yes: boolean | undefined, consequence: string): Promise<void> {
  if (yes) return;
  const sentence = printable(consequence);
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new NotConfirmedError(`${sentence}. There is no terminal to ask on: nothing was done. To do it, give --yes`);
  }
  const answer = await ask(`${sentence}. Go on? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new NotConfirmedError('Nothing was done');
}

/** Returns the line that the user types; an empty one at Ctrl-C and Ctrl-D. */
function ask(question: string): Promise<string> {
  return new Promise(resolve => {
    const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: true });
    const end = (answer: string) => {
      resolve(answer);
      lines.close();
    };
    lines.on('SIGINT', () => lines.close());
    lines.on('close', () => {
      process.stderr.write('\n');
      resolve('');
    });
    lines.question(question, end);
  });
}
