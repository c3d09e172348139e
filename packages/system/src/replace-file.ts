import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** How a file is replaced. */
export interface ReplaceOptions {
  /** Resolve when the new contents would survive a crash of the machine. */
  readonly durable: boolean;
}

/**
 * Replaces a file as a whole: who reads it, also after a crash of this process, finds the old contents or the new ones.
 * Only this user may read it. Calls for the same file must not overlap.
 */
export async function replaceFile(
  path: string,
  contents: string | Uint8Array,
  { durable }: ReplaceOptions,
): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(contents);
    if (durable) await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  if (durable) await syncDirectory(dirname(path));
}

/** Resolves when the entries of a directory would survive a crash of the machine. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
