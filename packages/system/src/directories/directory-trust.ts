import { lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join, parse, sep } from 'node:path';

/** As the kernel bounds the links of one path. */
const MAX_LINKS = 40;

/**
 * Says why a directory cannot be trusted, or what is there of its path: each directory from the root on must belong to
 * root or to this process's user, and only they may rename what is in it. Links on the way must be theirs, too.
 *
 * @param directory absolute; parts at its end may be missing, which is no problem.
 * @returns a clause that names what is wrong and what to do.
 * @throws {NodeJS.ErrnoException} when a part cannot be looked at.
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
    current = join(current, next); // `..` of a link is of where it stands, which `current` is by now
  }
}

const partsOf = (path: string) => path.split(sep).filter(part => part !== '');
const named = (path: string, directory: string) => (path === directory ? 'it' : `'${path}', which leads there,`);
const user = ({ uid }: Stats) => `user with id ${uid}`;
const modeOf = ({ mode }: Stats) => (mode & 0o7777).toString(8).padStart(4, '0');

function isOurs({ uid }: Stats): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

/** Whether users other than its owner may write. The own group is a user's private one on most systems. */
function othersWrite({ mode, gid }: Stats): boolean {
  return (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== process.getegid?.());
}

function problemOf(stats: Stats): string | undefined {
  if (!stats.isDirectory()) return 'is not a directory';
  if (!isOurs(stats)) return `belongs to the ${user(stats)}, who could change what is in it. Name another`;
  if (!othersWrite(stats)) return undefined;
  return `may be written to by others (mode ${modeOf(stats)}). Name another, or take that right away: chmod go-w`;
}

/** Of a directory on the way, as /tmp is: with the sticky bit only the owners of its entries may rename them. */
function problemOfParent(stats: Stats, path: string): string | undefined {
  if (!stats.isDirectory()) return 'is not a directory';
  if (isForeign(stats, path))
    return `belongs to the ${user(stats)}, who could put another directory in its place. Name another`;
  if (!othersWrite(stats) || (stats.mode & 0o1000) !== 0) return undefined;
  return `may be written to by others (mode ${modeOf(stats)}), who could put another directory in its place. Name another, or take that right away: chmod go-w`;
}

/**
 * Whether another user made it. Users outside of a user namespace cannot be told apart: what is theirs is taken for root's
 * where root alone could have made it.
 */
function isForeign(stats: Stats, path: string): boolean {
  return !isOurs(stats) && (!isUnmapped(stats) || othersWrite(lstatSync(dirname(path))));
}

/** In a user namespace, what belongs to users outside, as the root directory does, shows as one id that nobody has. */
function isUnmapped({ uid }: Stats): boolean {
  try {
    const all = /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'latin1'));
    return !all && uid === Number(readFileSync('/proc/sys/kernel/overflowuid', 'latin1'));
  } catch {
    return false; // without /proc there is nothing to tell it by
  }
}
