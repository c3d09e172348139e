import { readFileSync } from 'node:fs';
import { systemProblem } from '@meseta/system/system-problem';

/**
 * Reads the file a flag's value names, at start-up. One line break at the end is not part of the value: editors add it.
 *
 * @throws {Error} with the reason the system gives.
 */
export function readValueFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new Error(`cannot read the file '${path}': ${systemProblem(cause as Error)}`, { cause });
  }
}
