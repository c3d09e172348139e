/** What is below directories in which daemons are at work: what goes away meanwhile is not there. */
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

/** Returns what is read, or the other value when it has gone away; a cgroup says that in its own way. */
export function unlessGone<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENODEV') return otherwise;
    throw error;
  }
}
