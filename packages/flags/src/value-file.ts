import { readFileSync } from 'node:fs';
import { systemProblem } from '@meseta/system/system-problem';

/**
 * Reads the file that a flag's value names, during start-up. One line break at the end is removed, because editors add
 * it.
 *
 * @throws {Error} with the system's reason.
 */
export function readValueFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new Error(`cannot read the file '${path}': ${systemProblem(cause as Error)}`, { cause });
  }
}
