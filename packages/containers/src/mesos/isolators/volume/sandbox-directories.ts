import { Directory } from '../../../fetcher/directory.ts';

/** Mode and owner of a directory, as stat(2) has them. */
export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Makes the missing directories of a path in a sandbox. Links in the sandbox are not followed, because its owner can
 * make them.
 *
 * @param path relative, without `..`.
 * @param become what the last directory gets, also when it is there.
 */
export async function makeInSandbox(sandbox: string, path: string, become: Ownership | undefined): Promise<void> {
  let directory = await Directory.open(sandbox, undefined);
  try {
    for (const part of partsOf(path)) {
      const below = await directory.enter(part, { create: true });
      await directory.close();
      directory = below;
    }
    if (become) await directory.become(become);
  } finally {
    await directory.close();
  }
}

/** Returns the names in a path. */
export function partsOf(path: string): string[] {
  return path.split('/').filter(part => part !== '' && part !== '.');
}
