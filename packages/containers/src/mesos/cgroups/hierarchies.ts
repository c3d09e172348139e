/**
 * The cgroup hierarchies of this machine. With version 1 each controller (or a few together) has a hierarchy of its own;
 * with version 2 there is one for all. A machine may have both.
 *
 * @see cgroups(7)
 */
import { readFile } from 'node:fs/promises';

/** A hierarchy that is mounted. */
export interface Hierarchy {
  /** Where it is mounted. */
  readonly path: string;
  readonly version: 1 | 2;
  /** Its controllers; with version 1 also a name, `name=systemd`. */
  readonly controllers: readonly string[];
}

/** Options of a mount of version 1 that are no controllers. */
const otherOptions = new Set(['rw', 'ro', 'xattr', 'clone_children', 'noprefix', 'release_agent', 'favordynmods']);

/**
 * Parses /proc/mounts.
 *
 * @param controllersOf the controllers of a hierarchy of version 2, by its path.
 */
export function parseHierarchies(mounts: string, controllersOf: (path: string) => readonly string[]): Hierarchy[] {
  const found = new Map<string, Hierarchy>();
  for (const line of mounts.split('\n')) {
    const [, encoded = '', type, options = ''] = line.split(' ');
    const path = encoded.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
    if (type === 'cgroup2') found.set(path, { path, version: 2, controllers: controllersOf(path) });
    if (type === 'cgroup') {
      const controllers = options
        .split(',')
        .filter(option => !otherOptions.has(option) && !/^(?:rel|no|lazy|sec|dir)/.test(option));
      found.set(path, { path, version: 1, controllers });
    }
  }
  return [...found.values()];
}

/** Reads the hierarchies that are mounted below a directory: `--cgroups_hierarchy`. */
export async function readHierarchies(below: string): Promise<Hierarchy[]> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  const inside = (path: string) => path === below || path.startsWith(`${below.replace(/\/$/, '')}/`);
  const all = parseHierarchies(mounts, () => []).filter(({ path }) => inside(path));
  return Promise.all(
    all.map(async hierarchy => {
      if (hierarchy.version === 1) return hierarchy;
      const controllers = (await readFile(`${hierarchy.path}/cgroup.controllers`, 'utf8')).trim();
      return { ...hierarchy, controllers: controllers === '' ? [] : controllers.split(' ') };
    }),
  );
}
