import { Directory } from '../../../fetcher/directory.ts';

/** Who owns a directory, as stat(2) has it. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Mode and owner of a directory, as stat(2) has them. */
export interface Ownership extends Owner {
  readonly mode: number;
}

/**
 * Makes the missing directories of a path in a sandbox. Links in the sandbox are not followed, because its owner can
 * make them.
 *
 * @param path relative, without `..`.
 * @param become what the last directory gets, also when it is there.
 * @param owner of what is made. Default: this process's user.
 */
export async function makeInSandbox(
  sandbox: string,
  path: string,
  become: Ownership | undefined,
  owner?: Owner,
): Promise<void> {
  const directory = await enter(sandbox, partsOf(path), owner);
  try {
    if (become) await directory.become(become);
  } finally {
    await directory.close();
  }
}

/**
 * Makes a link in a sandbox, and the missing directories that lead to it. As `makeInSandbox`, it follows no link; it replaces
 * one that is there.
 *
 * @param path relative, without `..`.
 */
export async function linkInSandbox(sandbox: string, path: string, target: string, owner: Owner): Promise<void> {
  const parts = partsOf(path);
  const directory = await enter(sandbox, parts.slice(0, -1), owner);
  try {
    await directory.link(parts.at(-1) ?? '', target);
  } finally {
    await directory.close();
  }
}

async function enter(sandbox: string, parts: readonly string[], owner: Owner | undefined): Promise<Directory> {
  let directory = await Directory.open(sandbox, owner);
  try {
    for (const part of parts) {
      const below = await directory.enter(part, { create: true });
      await directory.close();
      directory = below;
    }
    return directory;
  } catch (error) {
    await directory.close();
    throw error;
  }
}

/** Returns the names in a path. */
export function partsOf(path: string): string[] {
  return path.split('/').filter(part => part !== '' && part !== '.');
}
