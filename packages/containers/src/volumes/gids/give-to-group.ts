import type { Directory } from '../../fetcher/directory.ts';

/** How deep directories are followed: one is open for each level. */
const deepest = 200;

/**
 * Gives a directory and everything in it to a group. Containers may change the tree meanwhile: no link is followed, and a
 * file of root's with several names keeps its group, because it may be one from elsewhere.
 *
 * @param shared directories become writable for the group, and what is made in them belongs to it (setgid). Otherwise they lose
 *   both again. The outermost directory comes last: when it is the group's, everything is.
 * @throws what the system says, ELOOP for a tree that is too deep.
 * @see Mesos src/slave/volume_gid_manager/volume_gid_manager.cpp, setVolumeOwnership
 */
export async function giveToGroup(directory: Directory, gid: number, shared: boolean, depth = 0): Promise<void> {
  if (depth > deepest) throw Object.assign(new Error(`more than ${deepest} levels of directories`), { code: 'ELOOP' });
  for await (const { name, isDirectory, uid, links } of directory.entries()) {
    try {
      if (!isDirectory) {
        if (uid !== 0 || links === 1) await directory.giveFile(name, uid, gid);
        continue;
      }
      const below = await directory.enter(name);
      try {
        await giveToGroup(below, gid, shared, depth + 1);
      } finally {
        await below.close();
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error; // a container has replaced it
    }
  }
  const { uid, mode } = await directory.ownership();
  const rights = 0o2020; // setgid, and writable for the group
  await directory.become({ uid, gid, mode: shared ? mode | rights : mode & ~rights });
}

/** Tells whether a directory is a group's, and shared. */
export async function isGroups(directory: Directory, gid: number): Promise<boolean> {
  const found = await directory.ownership();
  return found.gid === gid && (found.mode & 0o2020) === 0o2020;
}
