/** Files below directories in which daemons are at work: what goes away meanwhile is not there. */
import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Returns the files below a directory, by absolute path. */
export function filesBelow(directory: string): string[] {
  const entries = unlessGone(() => readdirSync(directory, { withFileTypes: true }), [] as Dirent[]);
  return entries.flatMap(entry => {
    const full = path.join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(full) : entry.isFile() ? [full] : [];
  });
}

/** Returns the bytes of a file. */
export const bytesOf = (file: string): Buffer => unlessGone(() => readFileSync(file), Buffer.alloc(0));

function unlessGone<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}
