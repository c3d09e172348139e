import type { FileHandle } from 'node:fs/promises';
import type { Directory } from './directory.ts';
import { FetchError } from './fetch-error.ts';
import { needTool, runTool, type ToolOptions } from './tool.ts';
import { gzipProblem, tarProblem, unzipProblem } from './tool-problems.ts';

/** The kinds of archives that are extracted; `gz` is a single compressed file. */
export type ArchiveKind = 'tar' | 'zip' | 'gz';

/** Returns the kind of archive by a file's name. @see Mesos src/launcher/fetcher.cpp, extract */
export function archiveKind(name: string): ArchiveKind | undefined {
  if (/\.(tar|tgz|tar\.gz|tbz2|tar\.bz2|txz|tar\.xz)$/.test(name)) return 'tar';
  if (name.endsWith('.zip')) return 'zip';
  return name.endsWith('.gz') ? 'gz' : undefined;
}

/** An archive, and an empty directory to extract it in. */
export interface Extraction {
  readonly archive: FileHandle;
  /** A path of the archive that the task's user may read, relative to the directory of the tools. */
  readonly path: string;
  /** What the file is called in the sandbox. */
  readonly name: string;
  readonly into: Directory;
  /** Runs tools in `into`. */
  readonly tool: ToolOptions;
}

/**
 * Extracts an archive as the task's user into an empty directory, where nothing waits to be written through.
 *
 * tar and unzip make links to elsewhere last of all, so a member below such a link has no place to go: they fail
 * and name it. They fail for members with `..` too, and cut the first slash off absolute ones.
 *
 * @throws {FetchError} when anything in it could reach out of the directory, or is a device.
 */
export async function extract(kind: ArchiveKind, extraction: Extraction): Promise<void> {
  await extractors[kind](extraction);
  await verify(extraction.tool);
}

const extractors: Readonly<Record<ArchiveKind, (extraction: Extraction) => Promise<void>>> = {
  tar: ({ path, name, tool }) =>
    needTool(['tar', '--extract', `--file=${path}`, '--no-same-owner', '--no-same-permissions'], tool, {
      explain: tarProblem(name),
    }),

  async zip({ path, name, tool }) {
    // unzip takes `..` out of names without a word.
    const list = `unzip -Z1 ${path} | grep -m 1 -E '(^|/)\\.\\.(/|$)'`;
    const { stdout } = await runTool(['sh', '-c', list], tool);
    if (stdout !== '') throw new FetchError(`Member name contains '..': ${stdout.trim()}`);
    await needTool(['unzip', '-q', '-o', path], tool, { explain: unzipProblem(name, path) });
  },

  async gz({ archive, name, into, tool }) {
    const unpacked = name.slice(0, -'.gz'.length);
    const file = await into.create(['', '.', '..'].includes(unpacked) ? name : unpacked);
    try {
      const options = { ...tool, stdin: archive, stdout: file };
      await needTool(['gzip', '--decompress', '--stdout'], options, { explain: gzipProblem(name) });
    } finally {
      await file.close();
    }
  },
};

/**
 * Looks for what the tools should not have let through: devices (root may make them), and hard links to outside. Directories that
 * their owner may not list are opened for that.
 */
async function verify(tool: ToolOptions): Promise<void> {
  const inodes = new Map<string, { readonly names: number; readonly member: string; seen: number }>();
  const devices: string[] = [];
  const odd = ['(', '-type', 'b', '-o', '-type', 'c', '-o', '-type', 'f', '-links', '+1', ')'];
  const closed = ['-type', 'd', '!', '-perm', '-u=rx', '-exec', 'chmod', 'u+rx', '{}', ';'];
  const look = (record: string) => {
    const [, type, inode = '', names, member = ''] = /^(.) (\d+) (\d+) (.*)$/s.exec(record) ?? [];
    if (type !== 'f') return void devices.push(member);
    const known = inodes.get(inode) ?? { names: Number(names), member, seen: 0 };
    inodes.set(inode, { ...known, seen: known.seen + 1 });
  };
  await needTool(['find', '.', '(', ...closed, ')', '-o', ...odd, '-printf', '%y %i %n %P\\0'], {
    ...tool,
    stdout: splitAtNul(look),
  });
  if (devices.length > 0) throw new FetchError(`The archive holds a device: ${devices[0]}`);
  for (const { names, member, seen } of inodes.values()) {
    if (names !== seen) throw new FetchError(`The archive holds a hard link to a file outside: ${member}`);
  }
}

function splitAtNul(take: (record: string) => void): (output: AsyncIterable<Buffer>) => Promise<void> {
  return async output => {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of output) {
      const records = (rest + decoder.decode(chunk, { stream: true })).split('\0');
      rest = records.pop() ?? '';
      records.forEach(take);
    }
  };
}
