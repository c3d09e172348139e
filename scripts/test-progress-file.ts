import { readFileSync } from 'node:fs';

/** The file to which the process of a test file writes its progress. @param directory its TMPDIR. */
export const progressFile = (directory: string): string => `${directory}.progress`;

/** How far a test file came. */
export interface Progress {
  /** Tests that had begun and not ended, the outer one first. */
  readonly begun: readonly string[];
  /** The test that began last; undefined when none did, or where Node.js does not tell. */
  readonly last?: string | undefined;
}

/** Reads the progress of a test file. @param directory its TMPDIR. */
export function readProgress(directory: string): Progress {
  const begun: string[] = [];
  let last: string | undefined;
  for (const { event, name } of linesOf(progressFile(directory))) {
    if (event === 'begun') {
      begun.push(name);
      last = name;
    } else {
      const index = begun.lastIndexOf(name);
      if (index >= 0) begun.splice(index, 1);
    }
  }
  return { begun, last };
}

function linesOf(file: string): { readonly event: string; readonly name: string }[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1) // what is behind the last end of a line is not whole
      .map(line => JSON.parse(line));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // no test began
    throw error;
  }
}
