/** `-rw-r--r--`: the type and permissions of a file as `ls -l` writes them. */
import { constants } from 'node:fs';

const types: readonly (readonly [bits: number, letter: string])[] = [
  [constants.S_IFDIR, 'd'],
  [constants.S_IFLNK, 'l'],
  [constants.S_IFCHR, 'c'],
  [constants.S_IFBLK, 'b'],
  [constants.S_IFIFO, 'p'],
  [constants.S_IFSOCK, 's'],
];

/** Returns the type and permissions of a file as text. @param mode of `stat`: type and permission bits. */
export function modeText(mode: number): string {
  const type = types.find(([bits]) => (mode & constants.S_IFMT) === bits)?.[1] ?? '-';
  const triple = (bits: number, special: boolean, letter: string) => {
    const execute = (bits & 1) !== 0;
    const last = special ? (execute ? letter : letter.toUpperCase()) : execute ? 'x' : '-';
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${last}`;
  };
  const user = triple((mode >> 6) & 7, (mode & 0o4000) !== 0, 's');
  const group = triple((mode >> 3) & 7, (mode & 0o2000) !== 0, 's');
  const others = triple(mode & 7, (mode & 0o1000) !== 0, 't');
  return type + user + group + others;
}
