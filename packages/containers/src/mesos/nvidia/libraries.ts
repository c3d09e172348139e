/** Finds the driver's libraries by the cache of the dynamic loader. */
import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NvidiaError } from './nvidia-error.ts';

/** A library of the driver. */
export interface Library {
  /** The name by which programs ask for it, such as `libcuda.so.1`. */
  readonly name: string;
  /** The file, all links followed. */
  readonly path: string;
  readonly bits: 32 | 64;
}

const run = promisify(execFile);

/** Libraries that belong to the version of the driver. Those that only hand calls on to them are in images. */
const ofDriver = new RegExp(
  `^lib(${[
    'nvidia-(ml|cfg|gpucomp|opencl|ptxjitcompiler|fatbinaryloader|compiler|nvvm|allocator|opticalflow|encode|fbc|ifr)',
    'nvidia-(eglcore|glcore|glsi|glvkspirv|rtcore|tls)',
    'cuda|cudadebugger|nvcuvid|nvoptix|vdpau_nvidia',
    '(GLX|EGL|GLESv2|GLESv1_CM)_nvidia',
  ].join('|')})\\.so`,
);

/**
 * Finds the libraries.
 *
 * @param root the directory below which the driver is installed.
 * @throws {NvidiaError} the cache cannot be read.
 */
export async function findLibraries(root: string): Promise<Library[]> {
  const cache = join(root, 'etc/ld.so.cache');
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' };
  const { stdout } = await run('ldconfig', ['-p', '-C', cache], { maxBuffer: 1 << 24, env }).catch(cause => {
    throw new NvidiaError(`Cannot find the libraries of the NVIDIA driver: ${cause.message}`, { cause });
  });
  const entries = parseCache(stdout).filter(({ name }) => ofDriver.test(name));
  const found = await Promise.all(
    entries.map(async entry => {
      const path = await realpath(join(root, entry.path)).catch(() => undefined); // the cache may be old
      return path === undefined ? [] : [{ ...entry, path }];
    }),
  );
  // The loader takes the first of a name.
  const firsts = new Map<string, Library>();
  for (const library of found.flat()) {
    const key = `${library.bits} ${library.name}`;
    if (!firsts.has(key)) firsts.set(key, library);
  }
  return [...firsts.values()];
}

/** Reads what `ldconfig -p` prints: `\tlibcuda.so.1 (libc6,x86-64) => /usr/lib/x86_64-linux-gnu/libcuda.so.1`. */
export function parseCache(text: string): Library[] {
  return [...text.matchAll(/^\t(\S+) \(([^)]*)\) => (.*)$/gm)].map(([, name = '', kind = '', path = '']) => {
    return { name, path, bits: /^libc6,[^,:]*64/.test(kind) ? 64 : 32 };
  });
}
