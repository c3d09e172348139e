import { lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join, parse, sep } from 'node:path';

/** The kernel's limit of links in one path. */
const MAX_LINKS = 40;

/**
 * Explains why a directory cannot be trusted. Each existing directory of its path must belong to root or to this
 * process's user, and only they may rename its entries. Links in the path must belong to them, too.
 *
 * @param directory absolute; parts at its end may be missing.
 * @returns a clause that says what is wrong and what to do; undefined when the directory can be trusted.
 * @throws {NodeJS.ErrnoException} when a part cannot be examined.
 */
export function findDirectoryProblem(directory: string): string | undefined {
  let links = 0;
  let current = parse(directory).root;
  let rest = partsOf(directory);
  while (true) {
    const stats = lstatSync(current, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (stats.isSymbolicLink()) {
      if (isForeign(stats, current))
        return `${named(current, directory)} is a link that the ${user(stats)} made. Name another`;
      if (++links > MAX_LINKS) throw Object.assign(new Error('Too many links'), { code: 'ELOOP', path: directory });
      const target = readlinkSync(current);
      rest = [...partsOf(target), ...rest];
      current = isAbsolute(target) ? parse(target).root : dirname(current);
    } else {
      const problem = rest.length === 0 ? problemOf(stats) : problemOfParent(stats, current);
      if (problem !== undefined) return `${named(current, directory)} ${problem}`;
    }
    const next = rest.shift();
    if (next === undefined) return undefined;
    current = join(current, next); // `..` in a link is relative to the link's directory, which is `current`
  }
}

const partsOf = (path: string) => path.split(sep).filter(part => part !== '');
const named = (path: string, directory: string) => (path === directory ? 'it' : `'${path}', which leads there,`);
const user = ({ uid }: Stats) => `user with id ${uid}`;
const modeOf = ({ mode }: Stats) => (mode & 0o7777).toString(8).padStart(4, '0');

function isOurs({ uid }: Stats): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

/**
 * Tells whether users other than the owner may write. The process's own group counts as the owner, because on most
 * systems a user has a private group.
 */
function othersWrite({ mode, gid }: Stats): boolean {
  return (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== process.getegid?.());
}

function problemOf(stats: Stats): string | undefined {
  if (!stats.isDirectory()) return 'is not a directory';
  if (!isOurs(stats)) return `belongs to the ${user(stats)}, who could change what is in it. Name another`;
  if (!othersWrite(stats)) return undefined;
  return `may be written to by others (mode ${modeOf(stats)}). Name another, or take that right away: chmod go-w`;
}

/**
 * Explains what is wrong with a directory in the path, such as /tmp: with the sticky bit, only the owners of its
 * entries may rename them.
 */
function problemOfParent(stats: Stats, path: string): string | undefined {
  if (!stats.isDirectory()) return 'is not a directory';
  if (isForeign(stats, path))
    return `belongs to the ${user(stats)}, who could put another directory in its place. Name another`;
  if (!othersWrite(stats) || (stats.mode & 0o1000) !== 0) return undefined;
  return `may be written to by others (mode ${modeOf(stats)}), who could put another directory in its place. Name another, or take that right away: chmod go-w`;
}

/**
 * Tells whether another user created an entry. Users outside of a user namespace cannot be told apart: their entries
 * count as root's where only root could have created them.
 */
function isForeign(stats: Stats, path: string): boolean {
  return !isOurs(stats) && (!isUnmapped(stats) || othersWrite(lstatSync(dirname(path))));
}

/**
 * Tells whether an entry belongs to a user outside of this user namespace, such as the root directory: they all have
 * the same id.
 */
function isUnmapped({ uid }: Stats): boolean {
  try {
    const all = /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'latin1'));
    return !all && uid === Number(readFileSync('/proc/sys/kernel/overflowuid', 'latin1'));
  } catch {
    return false; // without /proc, this cannot be determined
  }
}
