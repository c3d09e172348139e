import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** Describes an error number of the system: `ENOENT (no such file or directory)`. */
export function describeErrno(errno: number): string {
  const [name = names.get(errno) ?? `errno ${errno}`, text] = getSystemErrorMap().get(-errno) ?? [];
  return text === undefined ? name : `${name} (${text})`;
}
