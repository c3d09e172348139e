import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./special-files.pl', import.meta.url));
const outputBytes = 16 * 1024 * 1024;

/** Bits of a mode that give the kind of a file. */
export const kindBits = { fifo: 0o010000, character: 0o020000, block: 0o060000 } as const;

/** A device or a FIFO. */
export interface NodeRequest {
  readonly path: string;
  /** With the bits of its kind. */
  readonly mode: number;
  readonly major: number;
  readonly minor: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
}

/** An extended attribute; the value in hexadecimal digits. */
export interface XattrRequest {
  readonly path: string;
  readonly name: string;
  readonly value: string;
}

/**
 * Makes devices, FIFOs and extended attributes below a directory (see special-files.pl). Synchronous, for threads that
 * do nothing else.
 *
 * @returns the number of attributes that the file system or the user cannot have.
 * @throws {Error} with the operation, the path and the reason.
 */
export function makeSpecialFiles(
  directory: string,
  nodes: readonly NodeRequest[],
  xattrs: readonly XattrRequest[],
): number {
  if (nodes.length === 0 && xattrs.length === 0) return 0;
  const requests = [
    ...nodes.map(({ path, mode, major, minor, uid, gid, mtime }) =>
      ['node', path, mode, major, minor, uid, gid, Math.floor(mtime)].join('\0'),
    ),
    ...xattrs.map(({ path, name, value }) => ['xattr', path, name, value].join('\0')),
  ];
  const input = Buffer.from(requests.map(request => `${request.length}:${request}`).join(''), 'latin1');
  const { status, signal, error, stdout, stderr } = spawnSync('perl', [program, directory], {
    input,
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    maxBuffer: outputBytes,
  });
  if (error !== undefined) throw new Error('Cannot start perl (Debian package perl-base)', { cause: error });
  if (status !== 0)
    throw new Error(stderr.toString('utf8').trim() || `perl ended with ${signal ?? `status ${status}`}`);
  return Number(stdout.toString('latin1'));
}
